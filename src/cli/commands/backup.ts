import { type Io, lakeOption, shellWord } from "../io.ts";
import { type MirrorFlags, mirrorLakes } from "../mirror.ts";
import { loadSettings } from "../settings.ts";

export async function backup(io: Io, flags: MirrorFlags, destination: string): Promise<number> {
  const { lake, concurrency } = (await loadSettings(io, flags)).config;
  return mirrorLakes(io, flags, {
    verb: "back up to",
    from: lake,
    to: destination,
    document: { lake, destination },
    concurrency,
    next: `To bring it back: vantageflow restore-from ${shellWord(destination)}${lakeOption(lake)}`,
  });
}
