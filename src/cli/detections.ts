import type { Detectors } from "../detection/detectors.ts";
import { REASON_TEXTS } from "../detection/reasons.ts";
import { DETECTOR_VERSION } from "../detection/state.ts";
import { detectionDocument } from "../monitor/detection-page.ts";
import type { DetectionRow } from "../tables/detections/layout.ts";
import { type Mute, muteOf } from "../tables/detections/mutes.ts";
import type { SeenSoFar } from "../tables/detections/view-state.ts";
import { type GlobalFlags, type Io, notice, printJson } from "./io.ts";
import { plural } from "./plural.ts";
import { printTable } from "./table.ts";

const COLUMNS = [
  { head: "time" },
  { head: "device" },
  ...["value", "expected", "once in days"].map((head) => ({ head, align: "right" as const })),
  { head: "reason" },
];
const MUTED_COLUMN = { head: "muted" };

/** What was said of detections, and whether those are shown that nobody is to be told of. */
interface Muting {
  readonly mutes: readonly Mute[];
  readonly muted?: boolean | undefined;
}

/** What these have seen. */
export function seenBy({ count, learned, passed }: Detectors): Omit<SeenSoFar, "unreadable"> {
  return { devices: count, learned, passed };
}

/**
 * Prints what was found, the earliest first, and says on what that rests. `of` is where it was looked for. What is muted stands in
 * JSON with who said so and why; on a table only where it was asked for.
 */
export async function printDetections(
  io: Io,
  flags: GlobalFlags,
  of: object,
  seen: Omit<SeenSoFar, "unreadable">,
  found: readonly DetectionRow[],
  { mutes, muted: isMutedShown = false }: Muting,
): Promise<void> {
  const sorted = found
    .toSorted((a, b) => a.time - b.time)
    .map((row) => ({ row, mute: muteOf(mutes, row.device, row.time) }));
  const told = sorted.filter(({ mute }) => mute === null);
  if (flags.json) {
    const detections = sorted.map(({ row, mute }) => detectionDocument(row, mute));
    await printJson(io, { version: 1, ...of, detector: DETECTOR_VERSION, devices: seen.devices, detections });
  } else if (isMutedShown) {
    const cells = sorted.map(({ row, mute }) => [...cellsOf(row), mute === null ? "" : `${mute.who}: ${mute.why}`]);
    await printTable(io, flags, [...COLUMNS, MUTED_COLUMN], cells);
  } else {
    await printTable(
      io,
      flags,
      COLUMNS,
      told.map(({ row }) => cellsOf(row)),
    );
  }
  sayPassed(io, flags, seen);
  if (seen.devices > 0 && seen.learned === 0) {
    notice(io, flags, "No device has 150 readings yet, and before there is nothing to compare with.");
    return;
  }
  if (flags.json) return;
  const hidden = found.length - told.length;
  const left = hidden === 0 || isMutedShown ? "" : `, without ${hidden} muted: vantageflow detect --muted`;
  const shown = isMutedShown ? found.length : told.length;
  notice(io, flags, `${plural(shown, "detection")} of ${plural(seen.devices, "device")}${left || "."}`);
}

export function sayPassed(io: Io, flags: GlobalFlags, { passed }: Pick<SeenSoFar, "passed">): void {
  if (passed === 0) return;
  notice(io, flags, `${plural(passed, "reading")} of a time that its device had already reported did not count.`);
}

function cellsOf({ time, device, value, expected, onceInDays, reason }: DetectionRow) {
  const when = new Date(time).toISOString();
  return [when, device, String(value), shown(expected), shown(onceInDays), REASON_TEXTS[reason]];
}

/** Four digits are enough to compare with a value. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
