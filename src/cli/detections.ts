import type { Detection } from "../detection/detector.ts";
import type { Detectors } from "../detection/detectors.ts";
import { REASON_TEXTS } from "../detection/reasons.ts";
import { DAY_MS } from "../time.ts";
import { VERSION } from "../version.ts";
import { type GlobalFlags, type Io, notice, printJson } from "./io.ts";
import { plural } from "./plural.ts";
import { printTable } from "./table.ts";

/** A detection, and of which device. */
export type Found = Detection & { readonly device: string };

const COLUMNS = [
  { head: "time" },
  { head: "device" },
  ...["value", "expected", "once in days"].map((head) => ({ head, align: "right" as const })),
  { head: "reason" },
];

/** Prints what was found, the earliest first, and says on what that rests. `of` is where it was looked for. */
export async function printDetections(
  io: Io,
  flags: GlobalFlags,
  of: object,
  detectors: Detectors,
  found: readonly Found[],
): Promise<void> {
  const sorted = found.toSorted((a, b) => a.time - b.time);
  if (flags.json) {
    const detections = sorted.map(documentOf);
    await printJson(io, { version: 1, ...of, detector: VERSION, devices: detectors.count, detections });
  } else await printTable(io, flags, COLUMNS, sorted.map(cellsOf));
  sayPassed(io, flags, detectors);
  if (detectors.count > 0 && detectors.learned === 0) {
    notice(io, flags, "No device has 150 readings yet, and before there is nothing to compare with.");
  } else if (!flags.json)
    notice(io, flags, `${plural(found.length, "detection")} of ${plural(detectors.count, "device")}.`);
}

export function sayPassed(io: Io, flags: GlobalFlags, { passed }: Detectors): void {
  if (passed === 0) return;
  notice(io, flags, `${plural(passed, "reading")} of a time that its device had already reported did not count.`);
}

function documentOf({ device, time, value, expected, band, onceIn, reason, score }: Found) {
  return {
    timestamp: new Date(time).toISOString(),
    device_id: device,
    value,
    expected,
    band: [expected - band, expected + band],
    once_in_days: onceIn / DAY_MS,
    reason,
    score,
  };
}

function cellsOf({ time, device, value, expected, onceIn, reason }: Found) {
  const when = new Date(time).toISOString();
  return [when, device, String(value), shown(expected), shown(onceIn / DAY_MS), REASON_TEXTS[reason]];
}

/** Four digits are enough to compare with a value. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
