import type { FlagsOf } from "../command.ts";
import { type Io, lakeOption, shellWord } from "../io.ts";
import { mirrorLakes } from "../mirror.ts";
import type { command } from "./backup.command.ts";

export function action(io: Io, flags: FlagsOf<typeof command>, destination: string): Promise<number> {
  return mirrorLakes(io, flags, destination, (lake) => ({
    verb: "back up to",
    from: lake,
    to: destination,
    document: { lake, destination },
    next: `To bring it back: vantageflow restore-from ${shellWord(destination)}${lakeOption(lake)}`,
  }));
}
