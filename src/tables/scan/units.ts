import { DAY_MS } from "../../time.ts";
import { dayOfDate, PARTITION } from "../days/day.ts";
import type { Add } from "../delta/actions.ts";
import type { Snapshot } from "../delta/state.ts";
import { FIRST_MS, LAST_MS } from "../delta/statistics.ts";
import type { Direction } from "./position.ts";
import { MAX_MS } from "./reading.ts";

/** A file of the table, as the log has it. */
export interface TableFile {
  /** In the table. */
  readonly path: string;
  readonly add: Add;
}

/** Milliseconds since the epoch, both included; none where the first is behind the last. */
export type Span = readonly [first: number, last: number];

/** A stretch of time, and all files that readings of it can be in. No two overlap. */
export interface Unit {
  readonly span: Span;
  readonly files: readonly TableFile[];
}

/** The files of a table by the day of their rows; null is that of readings beyond the years 0001 to 9999. */
export function filesByDay({ files }: Pick<Snapshot, "files">): Map<string | null, TableFile[]> {
  const days = new Map<string | null, TableFile[]>();
  for (const [path, add] of files) {
    const date = add.partitionValues[PARTITION] ?? null;
    const known = days.get(date);
    if (known === undefined) days.set(date, [{ path, add }]);
    else known.push({ path, add });
  }
  return days;
}

/** All of a day, `2025-12-27`. */
export function spanOfDay(date: string): Span {
  const start = dayOfDate(date) * DAY_MS;
  return [start, start + DAY_MS - 1];
}

/** The days of a table in time, the earliest first. Readings beyond the years 0001 to 9999 share a partition, and are at both ends. */
export function unitsOf(snapshot: Snapshot): Unit[] {
  const days = filesByDay(snapshot);
  const beyond = days.get(null) ?? [];
  const units: Unit[] = [...days].flatMap(([date, inDay]) => {
    if (date === null) return [];
    return [{ span: spanOfDay(date), files: inDay }];
  });
  units.sort((a, b) => a.span[0] - b.span[0]);
  if (beyond.length === 0) return units;
  return [{ span: [-MAX_MS, FIRST_MS - 1], files: beyond }, ...units, { span: [LAST_MS + 1, MAX_MS], files: beyond }];
}

/** Those that have to do with a span, in the order in which one reads. */
export function unitsIn(units: readonly Unit[], [first, last]: Span, direction: Direction): readonly Unit[] {
  const inside = units.filter(({ span }) => span[0] <= last && span[1] >= first);
  return direction === 1 ? inside : inside.toReversed();
}

export function meet(a: Span, b: Span): Span {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}
