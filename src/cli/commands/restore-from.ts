import { type Io, lakeOption } from "../io.ts";
import { type MirrorFlags, mirrorLakes } from "../mirror.ts";
import { loadSettings } from "../settings.ts";

export async function restoreFrom(io: Io, flags: MirrorFlags, source: string): Promise<number> {
  const { lake, concurrency } = (await loadSettings(io, flags)).config;
  return mirrorLakes(io, flags, {
    verb: "restore from",
    from: source,
    to: lake,
    document: { lake, source },
    concurrency,
    next: `Next: vantageflow run${lakeOption(lake)}`,
  });
}
