import { createHash } from "node:crypto";
import { DETECTOR_VERSION } from "../../detection/state.ts";
import { compareKeys } from "../../storage/keys.ts";
import type { Snapshot } from "../delta/state.ts";
import { filesByDay, spanOfDay, type TableFile, type Unit } from "../scan/units.ts";

/** A day of the table of readings, and of what all before it was made. */
export interface ChainDay {
  /** `2025-12-27` */
  readonly date: string;
  readonly unit: Unit;
  /**
   * A digest of all that decides what the detector remembers when this day begins: its version and setting, and the files of all days
   * before, by name and size. Files never change, and no name is used twice.
   */
  readonly before: string;
}

export interface Chain {
  readonly days: readonly ChainDay[];
  /** The same digest behind the last day: of all detections there are. */
  readonly head: string;
}

/**
 * The days of a version of the table of readings in time. Readings beyond the years 0001 to 9999 have no day that readers know, and no
 * detections. `oneIn` is the setting, milliseconds.
 */
export function chainOf(snapshot: Snapshot, oneIn: number): Chain {
  const days: ChainDay[] = [];
  let head = digestOf(`detector ${DETECTOR_VERSION}, one in ${oneIn} ms`);
  const byDay = [...filesByDay(snapshot)].flatMap(([date, files]) => (date === null ? [] : [{ date, files }]));
  for (const { date, files } of byDay.sort((a, b) => compareKeys(a.date, b.date))) {
    days.push({ date, unit: { span: spanOfDay(date), files }, before: head });
    head = digestOf(`${head}\n${date}\n${files.map(named).sort(compareKeys).join("\n")}`);
  }
  return { days, head };
}

function named({ path, add }: TableFile): string {
  return `${path} ${add.size}`;
}

/** Half of a SHA-256 tells contents apart, and makes shorter names. */
function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
