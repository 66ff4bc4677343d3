import { userInfo } from "node:os";
import { REASON_TEXTS } from "../../../detection/reasons.ts";
import { VantageflowError } from "../../../errors.ts";
import type { DetectionRow } from "../../../tables/detections/layout.ts";
import { addMute, muteOf } from "../../../tables/detections/mutes.ts";
import { readDetections } from "../../../tables/detections/read.ts";
import type { FlagsOf } from "../../command.ts";
import { type Io, lakeOption, notice } from "../../io.ts";
import { openMutes, printMutes } from "../../mutes.ts";
import { plural } from "../../plural.ts";
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
  const rows = (await readDetections(storage, { device }))?.rows ?? [];
  const exact = flags.at === undefined ? span : pointOf(rows, device, span.from);
  const mute = await addMute(storage, { device, ...exact, why, who, said: io.now() });
  await printMutes(io, flags, lake, [mute]);
  const count = rows.filter(({ time }) => muteOf([mute], device, time) !== null).length;
  notice(
    io,
    flags,
    count === 0
      ? "There is no such detection yet."
      : `${plural(count, "detection")} of it ${count === 1 ? "is" : "are"} muted.`,
  );
  notice(io, flags, `Take it back: vantageflow detect unmute ${mute.id}${lakeOption(lake)}`);
  return 0;
}

/** The detection that is meant by a time, whose fraction nobody writes. Throws `usage` where there is none: it would be muted in vain. */
function pointOf(rows: readonly DetectionRow[], device: string, at: number) {
  const off = ({ time }: DetectionRow) => Math.abs(time - at);
  const [nearest] = rows.toSorted((a, b) => off(a) - off(b));
  if (nearest === undefined) throw refuse(`nothing is told of "${device}". See what is: vantageflow detect`);
  const { time, reason } = nearest;
  if (Math.floor(time / 1000) === Math.floor(at / 1000)) return { from: time, to: time };
  const [asked, other] = [at, time].map((ms) => new Date(ms).toISOString());
  const next = `The nearest is of ${other} (${REASON_TEXTS[reason]})`;
  throw refuse(`"${device}" has no detection of ${asked}. ${next}. Times are UTC where they name no zone`);
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
