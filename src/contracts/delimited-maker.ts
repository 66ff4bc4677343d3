import { quote, VantageflowError } from "../errors.ts";
import { HEADER_REPEATED } from "../pipeline/rejects.ts";
import type { Maker } from "./contract-rows.ts";
import type { Clock } from "./fields/clock.ts";
import type { DelimitedFrame } from "./frames/delimited.ts";
import type { MadeRows } from "./made-rows.ts";
import type { ReadingPlan } from "./plan.ts";
import { ReadingMaker } from "./reading-maker.ts";

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
  /** The names as they are compared. */
  #known: ReadonlySet<string> = new Set();
  #timestampAt = -1;
  #headerLine = 0;
  /** The line on which units are due again, behind the header again; 0 for none. */
  #unitsDue = 0;
  /** Rows that are no readings, by line: what stands in front of a header is told when the header comes. */
  readonly #passed = new Map<number, readonly string[]>();
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
    if (frame.apartAs > 0) {
      this.#makeApart(readings);
      return;
    }
    if (frame.isEmpty()) {
      made.blank(frame);
      return;
    }
    const { reason } = frame;
    if (reason !== 0) {
      if (!this.#isHeader()) this.#reject(reason);
      return;
    }
    const isKept = readings.isKept();
    const time = isKept ? readings.time() : 0;
    // Names are no timestamps, so a header in the middle of a file is never a reading.
    if ((time < 0 || !isKept) && this.#isHeader()) return;
    readings.make(isKept, time);
  }

  /**
   * A row where the first table had a line that is none of its data. It is one of this table's where it has as many cells
   * and no time; a header may come again without such lines, and then it is data.
   */
  #makeApart(readings: ReadingMaker): void {
    const { frame, made } = this.#options;
    const isKept = frame.reason === 0 && readings.isKept();
    const time = isKept ? readings.time() : -1;
    if (time >= 0) {
      readings.make(isKept, time);
      return;
    }
    const isReading = frame.apartAs === frame.unitsRow && frame.cells().some(isNumber);
    if (!isReading && frame.row.fields === frame.front.get(frame.apartAs)?.length) {
      frame.takeApart();
      // Planned anew, with the units and cells that this table has.
      this.#readings = null;
      return;
    }
    if (frame.isEmpty()) made.blank(frame);
    else if (frame.reason === 0) readings.make(isKept, time);
    else this.#reject(frame.reason);
  }

  #reject(reason: number): void {
    const { frame, made } = this.#options;
    made.keep(frame, reason);
    made.reject();
  }

  #open(): ReadingMaker {
    const { frame, made, plan, names } = this.#options;
    this.#names = names ?? joined(frame.header);
    this.#timestampAt = this.#names.indexOf(this.#options.timestampColumn);
    this.#known = new Set([...this.#names, ...frame.header.flat()].map(lower));
    if (this.#headerLine === 0) this.#headerLine = Math.max(0, ...frame.headerRows);
    frame.columns = this.#names.length;
    this.#readings = new ReadingMaker(frame, plan(this.#names), this.#clock, made);
    return this.#readings;
  }

  /** Whether the row says what lines in front of the data have said; with other columns, the file is refused or read on by them. */
  #isHeader(): boolean {
    const { frame, again, key } = this.#options;
    const cells = frame.cells();
    const isCurrent = areSame(this.#names, cells);
    if (isCurrent || [...frame.front.values()].some((row) => areSame(row, cells))) {
      this.#reject(HEADER_REPEATED);
      if (isCurrent && frame.unitsRow > 0) this.#unitsDue = frame.line + frame.unitsRow - Math.max(...frame.headerRows);
      // The first header, where another holds by now, is one that changes the columns again.
      if (again && (isCurrent || this.#isFirst(cells))) this.#again(cells);
      return true;
    }
    const areUnits = !again && frame.line === this.#unitsDue && !cells.some(isNumber);
    if (!areUnits && !this.#isOther(cells)) {
      if (again) this.#pass(cells);
      return false;
    }
    if (!again) throw headerChanged(key, frame, cells, this.#headerLine);
    this.#reject(HEADER_REPEATED);
    this.#again(cells);
    return true;
  }

  /**
   * Whether the row is a header with other columns: the timestamp's name stands where the timestamp does, or it has names of
   * columns in it, and nothing that is a number.
   */
  #isOther(cells: readonly string[]): boolean {
    const { timestampColumn } = this.#options;
    const name = lower(timestampColumn);
    if (lower(cells[this.#timestampAt] ?? "") === name) return true;
    return cells.some((cell) => cell !== "" && this.#known.has(lower(cell))) && !cells.some(isNumber);
  }

  #isFirst(cells: readonly string[]): boolean {
    const { frame } = this.#options;
    const [line, ...more] = frame.headerRows;
    return more.length === 0 && areSame(frame.front.get(line) ?? [], cells);
  }

  /** Remembers the row for as long as it may stand in front of a header. */
  #pass(cells: readonly string[]): void {
    const { frame } = this.#options;
    if (frame.cellRows.length === 0) return;
    const farthest = frame.line - Math.max(...frame.headerRows);
    for (const line of this.#passed.keys()) if (line <= farthest) this.#passed.delete(line);
    this.#passed.set(frame.line, cells);
  }

  #again(cells: string[]): void {
    const { frame } = this.#options;
    const last = Math.max(...frame.headerRows);
    for (const row of frame.cellRows) {
      const passed = this.#passed.get(frame.line - last + row);
      if (passed?.length === frame.front.get(row)?.length && passed !== undefined) frame.front.set(row, passed);
    }
    const units = new Map(this.#names.map((name, column) => [lower(name), frame.units[column] ?? ""]));
    this.#headerLine = frame.line;
    frame.readAgain(
      cells,
      cells.map((cell) => units.get(lower(cell)) ?? ""),
    );
    this.#readings = null;
  }
}

function isNumber(cell: string): boolean {
  return /^[-+]?[.,]?\d/.test(cell);
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
