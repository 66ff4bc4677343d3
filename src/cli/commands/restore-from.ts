import type { FlagsOf } from "../command.ts";
import { type Io, lakeOption } from "../io.ts";
import { mirrorLakes } from "../mirror.ts";
import type { command } from "./restore-from.command.ts";

export function action(io: Io, flags: FlagsOf<typeof command>, source: string): Promise<number> {
  return mirrorLakes(io, flags, source, (lake) => ({
    verb: "restore from",
    from: source,
    to: lake,
    document: { lake, source },
    next: `Next: vantageflow run${lakeOption(lake)}`,
  }));
}
