import { type Io, lakeOption, shellWord } from "../io.ts";
import { type MirrorFlags, mirrorLakes } from "../mirror.ts";
import { concurrencyOf, loadSettings } from "../settings.ts";

export async function backup(io: Io, flags: MirrorFlags, destination: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  return mirrorLakes(io, flags, {
    verb: "back up to",
    from: lake,
    to: destination,
    document: { lake, destination },
    concurrency: concurrencyOf(settings, lake, destination),
    next: `To bring it back: vantageflow restore-from ${shellWord(destination)}${lakeOption(lake)}`,
  });
}
