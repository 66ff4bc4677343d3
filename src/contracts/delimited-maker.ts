import { quote, VantageflowError } from "../errors.ts";
import { HEADER_REPEATED } from "../pipeline/rejects.ts";
import type { Maker } from "./contract-rows.ts";
import type { Clock } from "./fields/clock.ts";
import type { DelimitedFrame } from "./frames/delimited.ts";
import type { MadeRows } from "./made-rows.ts";
import type { ReadingPlan } from "./plan.ts";
import { ReadingMaker } from "./reading-maker.ts";

/** A row with so many names of the header is one. */
const HEADER_NAMES = 3;

export interface DelimitedOptions {
  readonly key: string;
  readonly frame: DelimitedFrame;
  readonly made: MadeRows;
  readonly clock: (deviceOf: () => string) => Clock;
  /** Whether the header may come again with other columns. */
  readonly again: boolean;
  /** Of these names of the columns. Throws what the file is refused with. */
  readonly plan: (names: readonly string[]) => ReadingPlan;
  /** The names of all columns, where no line of the file has them. */
  readonly names: readonly string[] | null;
  /** Columns of the timestamp: no row is a header that does not name the first. */
  readonly timestampColumn: string;
}

/** Makes rows of those of a delimited text: one reading for each measure. */
export class DelimitedMaker implements Maker {
  readonly #options: DelimitedOptions;
  readonly #clock: Clock;
  #names: readonly string[] = [];
  #headerLine = 0;
  #readings: ReadingMaker | null = null;

  constructor(options: DelimitedOptions) {
    this.#options = options;
    this.#clock = options.clock(() => this.#readings?.deviceText() ?? "");
  }

  begin(): void {
    this.#open().begin();
  }

  make(): void {
    const { frame, made } = this.#options;
    const readings = this.#readings ?? this.#open();
    if (frame.isEmpty()) {
      made.blank(frame);
      return;
    }
    const { reason } = frame;
    if (reason !== 0) {
      if (this.#isHeader()) return;
      made.keep(frame, reason);
      made.reject();
      return;
    }
    const isKept = readings.isKept();
    const time = isKept ? readings.time() : 0;
    // Names are no timestamps, so a header in the middle of a file is never a reading.
    if ((time < 0 || !isKept) && this.#isHeader()) return;
    readings.make(isKept, time);
  }

  #open(): ReadingMaker {
    const { frame, made, plan, names } = this.#options;
    this.#names = names ?? joined(frame.header);
    if (this.#headerLine === 0) this.#headerLine = Math.max(0, ...frame.headerRows);
    frame.columns = this.#names.length;
    this.#readings = new ReadingMaker(frame, plan(this.#names), this.#clock, made);
    return this.#readings;
  }

  /** Whether the row says what lines in front of the data have said; with other columns, the file is refused or read on by them. */
  #isHeader(): boolean {
    const { frame, made, again, key, timestampColumn } = this.#options;
    const cells = frame.cells();
    const isSame = [this.#names, ...frame.front.values()].some((row) => areSame(row, cells));
    if (isSame) {
      made.keep(frame, HEADER_REPEATED);
      made.reject();
      if (again && areSame(this.#names, cells)) this.#again(cells);
      return true;
    }
    const known = new Set(this.#names.map(lower));
    const found = cells.filter((cell) => cell !== "" && known.has(lower(cell)));
    const enough = Math.min(HEADER_NAMES, this.#names.filter((name) => name !== "").length);
    if (found.length < enough || !found.some((cell) => lower(cell) === lower(timestampColumn))) return false;
    if (!again) throw headerChanged(key, frame, cells, this.#headerLine);
    made.keep(frame, HEADER_REPEATED);
    made.reject();
    this.#again(cells);
    return true;
  }

  #again(cells: string[]): void {
    this.#headerLine = this.#options.frame.line;
    this.#options.frame.readAgain(cells);
    this.#readings = null;
  }
}

/** Names that stand on several lines are joined by a blank. */
function joined(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    rows
      .map((row) => row[column] ?? "")
      .filter((name) => name !== "")
      .join(" "),
  );
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => lower(name) === lower(b[i]));
}

function lower(text: string): string {
  return text.toLowerCase();
}

function headerChanged(key: string, { line, byteOffset }: DelimitedFrame, cells: readonly string[], before: number) {
  const what = `line ${line}: there is another header, ${quote(cells.join(","))}, with other columns than on line ${before}`;
  const why = `${what}. Split the file in front of it, or say "again": true in the format of its contract`;
  return new VantageflowError("header_changed", `Cannot read "${key}": ${why}.`, { key, line, byteOffset });
}
