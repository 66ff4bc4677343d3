import { compareKeys } from "../../storage/keys.ts";
import { removeSame } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { dateOf, dayOf, dayOfDate } from "../days/day.ts";
import type { NewFile } from "../days/day-file.ts";
import { type Remove, removalOf } from "../delta/actions.ts";
import type { Snapshot } from "../delta/state.ts";
import { filesByDay, type Span, type TableFile } from "../scan/units.ts";
import type { DetectionRow } from "./layout.ts";
import { compareRows, readDetectionRows, writeDetectionRows } from "./rows.ts";

/** The days of the table that a run makes anew: only files of those whose rows differ come and go. */
export class ViewFiles {
  readonly removes: Remove[] = [];
  readonly written: NewFile[] = [];
  /** Rows that were not there before, and rows that are not there any more. */
  readonly counts = { found: 0, gone: 0 };
  readonly #storage: LakeStorage;
  readonly #newId: () => string;
  readonly #before: ReadonlyMap<string | null, readonly TableFile[]>;

  /** `view` is the table as it is; null where there is none. */
  constructor(storage: LakeStorage, newId: () => string, view: Snapshot | null) {
    this.#storage = storage;
    this.#newId = newId;
    this.#before = view === null ? new Map() : filesByDay(view);
  }

  /** These are the rows of a stretch of time, whole days; milliseconds since the epoch. */
  async replace([from, to]: Span, rows: readonly DetectionRow[]): Promise<void> {
    const days = new Map<string, DetectionRow[]>();
    for (const [date] of this.#before) if (date !== null && isIn(date, from, to)) days.set(date, []);
    for (const row of rows) {
      const date = dateOf(dayOf(row.time)) ?? "";
      const known = days.get(date);
      if (known === undefined) days.set(date, [row]);
      else known.push(row);
    }
    for (const [date, ofDay] of [...days].sort(([a], [b]) => compareKeys(a, b)))
      await this.#replaceDay(date, ofDay.sort(compareRows));
  }

  /** Makes what was written durable. */
  async flush(): Promise<void> {
    if (this.written.length > 0) await this.#storage.flush(this.written.map(({ object }) => object.key));
  }

  /** Removes what no commit names. What a killed run leaves is left to the vacuum. */
  async discard(): Promise<void> {
    for (const { object } of this.written) await removeSame(this.#storage, object);
  }

  async #replaceDay(date: string, rows: readonly DetectionRow[]): Promise<void> {
    const before = this.#before.get(date) ?? [];
    const there = (await Promise.all(before.map((file) => readDetectionRows(this.#storage, file)))).flat();
    const [old, young] = [there.map(textOf), rows.map(textOf)];
    if (before.length <= 1 && old.join("\n") === young.join("\n")) return;
    this.counts.found += without(young, old);
    this.counts.gone += without(old, young);
    for (const { add } of before) this.removes.push(removalOf(add, true));
    if (rows.length > 0)
      this.written.push(await writeDetectionRows(this.#storage, rows, dayOfDate(date), this.#newId()));
  }
}

function textOf({
  time,
  device,
  value,
  expected,
  low,
  high,
  onceInDays,
  score,
  reason,
  detector,
}: DetectionRow): string {
  return JSON.stringify([time, device, value, expected, low, high, onceInDays, score, reason, detector]);
}

/** How many of these the others do not have. */
function without(texts: readonly string[], others: readonly string[]): number {
  const known = new Set(others);
  return texts.filter((text) => !known.has(text)).length;
}

function isIn(date: string, from: number, to: number): boolean {
  const start = Date.parse(`${date}T00:00:00Z`);
  return start >= from && start <= to;
}
