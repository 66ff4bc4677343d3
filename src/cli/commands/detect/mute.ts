import { userInfo } from "node:os";
import { VantageflowError } from "../../../errors.ts";
import { addMute } from "../../../tables/detections/mutes.ts";
import type { FlagsOf } from "../../command.ts";
import { type Io, lakeOption, notice } from "../../io.ts";
import { openMutes, printMutes } from "../../mutes.ts";
import { parseSince } from "../../since.ts";
import type { command } from "./mute.command.ts";

/** So many characters of a reason are read by somebody. */
const MAX_WHY = 500;

export async function action(io: Io, flags: FlagsOf<typeof command>, device: string): Promise<number> {
  const { why } = flags;
  if (why.trim() === "" || why.length > MAX_WHY) throw refuse(`--why is a text of 1 to ${MAX_WHY} characters`);
  const span = spanOf(io, flags);
  const who = flags.by ?? userName();
  const { lake, storage } = await openMutes(io, flags, "mute a device of");
  const mute = await addMute(storage, { device, ...span, why, who, said: io.now() });
  await printMutes(io, flags, lake, [mute]);
  notice(io, flags, `Take it back: vantageflow detect unmute ${mute.id}${lakeOption(lake)}`);
  return 0;
}

function spanOf(io: Io, { at, from, to }: FlagsOf<typeof command>) {
  const now = io.now();
  if (at !== undefined) {
    if (from !== undefined || to !== undefined) throw refuse("--at is of one detection. Leave out --from and --to");
    const time = parseSince(at, now, "--at");
    return { from: time, to: time };
  }
  const span = {
    from: from === undefined ? now : parseSince(from, now, "--from"),
    to: to === undefined ? null : parseSince(to, now, "--to"),
  };
  if (span.to !== null && span.to < span.from) throw refuse("--to is before --from, or before now");
  return span;
}

/** A machine may know no name for who runs this. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    throw refuse("nobody is logged in. Say who you are: --by NAME");
  }
}

function refuse(why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot mute: ${why}.`);
}
