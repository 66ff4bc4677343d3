import type { Detectors } from "../detection/detectors.ts";
import { REASON_TEXTS } from "../detection/reasons.ts";
import { DETECTOR_VERSION } from "../detection/state.ts";
import type { DetectionRow } from "../tables/detections/layout.ts";
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

/** What these have seen. */
export function seenBy({ count, learned, passed }: Detectors): Omit<SeenSoFar, "unreadable"> {
  return { devices: count, learned, passed };
}

/** Prints what was found, the earliest first, and says on what that rests. `of` is where it was looked for. */
export async function printDetections(
  io: Io,
  flags: GlobalFlags,
  of: object,
  seen: Omit<SeenSoFar, "unreadable">,
  found: readonly DetectionRow[],
): Promise<void> {
  const sorted = found.toSorted((a, b) => a.time - b.time);
  if (flags.json) {
    const detections = sorted.map(documentOf);
    await printJson(io, { version: 1, ...of, detector: DETECTOR_VERSION, devices: seen.devices, detections });
  } else await printTable(io, flags, COLUMNS, sorted.map(cellsOf));
  sayPassed(io, flags, seen);
  if (seen.devices > 0 && seen.learned === 0) {
    notice(io, flags, "No device has 150 readings yet, and before there is nothing to compare with.");
  } else if (!flags.json)
    notice(io, flags, `${plural(found.length, "detection")} of ${plural(seen.devices, "device")}.`);
}

export function sayPassed(io: Io, flags: GlobalFlags, { passed }: Pick<SeenSoFar, "passed">): void {
  if (passed === 0) return;
  notice(io, flags, `${plural(passed, "reading")} of a time that its device had already reported did not count.`);
}

function documentOf({ device, time, value, expected, low, high, onceInDays, reason, score, detector }: DetectionRow) {
  return {
    timestamp: new Date(time).toISOString(),
    device_id: device,
    value,
    expected,
    band: [low, high],
    once_in_days: onceInDays,
    reason,
    score,
    detector,
  };
}

function cellsOf({ time, device, value, expected, onceInDays, reason }: DetectionRow) {
  const when = new Date(time).toISOString();
  return [when, device, String(value), shown(expected), shown(onceInDays), REASON_TEXTS[reason]];
}

/** Four digits are enough to compare with a value. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
