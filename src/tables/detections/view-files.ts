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
    if (await this.#isSame(before, rows)) return;
    for (const { add } of before) this.removes.push(removalOf(add, true));
    if (rows.length > 0)
      this.written.push(await writeDetectionRows(this.#storage, rows, dayOfDate(date), this.#newId()));
  }

  async #isSame(files: readonly TableFile[], rows: readonly DetectionRow[]): Promise<boolean> {
    if (files.length > 1) return false;
    const [file] = files;
    if (file === undefined) return rows.length === 0;
    const there = await readDetectionRows(this.#storage, file);
    return there.length === rows.length && there.every((row, i) => JSON.stringify(row) === JSON.stringify(rows[i]));
  }
}

function isIn(date: string, from: number, to: number): boolean {
  const start = Date.parse(`${date}T00:00:00Z`);
  return start >= from && start <= to;
}
