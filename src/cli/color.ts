import { Chalk, type ChalkInstance } from "chalk";
import type { GlobalFlags, Io } from "./io.ts";

/** Colour: flag, then FORCE_COLOR, then NO_COLOR (no-color.org: set and not empty), then whether it is a terminal. */
export function colorsFor(io: Io, flags: GlobalFlags, stream: { isTTY?: boolean }): ChalkInstance {
  return new Chalk({ level: wantsColor(io, flags, stream) ? 1 : 0 });
}

function wantsColor(io: Io, flags: GlobalFlags, stream: { isTTY?: boolean }): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = io.environment;
  if (flags.color !== undefined) return flags.color;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return stream.isTTY === true && TERM !== "dumb";
}
