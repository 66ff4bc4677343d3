import { type Io, lakeOption } from "../io.ts";
import { type MirrorFlags, mirrorLakes } from "../mirror.ts";
import { concurrencyOf, loadSettings } from "../settings.ts";

export async function restoreFrom(io: Io, flags: MirrorFlags, source: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  return mirrorLakes(io, flags, {
    verb: "restore from",
    from: source,
    to: lake,
    document: { lake, source },
    concurrency: concurrencyOf(settings, lake, source),
    next: `Next: vantageflow run${lakeOption(lake)}`,
  });
}
