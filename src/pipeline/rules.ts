import { ANOMALY_SIDE, hashId } from "./devices.ts";
import { DEVICE_ID, type Header, UNIT } from "./header.ts";
import type { Judge } from "./judge.ts";
import { ESCAPED, type Row, unescapeQuotes } from "./row.ts";
import type { ScannerOptions } from "./sinks.ts";
import type { RowSource } from "./source.ts";

/** Asks the judge of each reading, for the scanner. */
export class Rules {
  readonly #judge: Judge;
  readonly #source: Pick<RowSource, "measureAt">;

  private constructor(judge: Judge, source: Pick<RowSource, "measureAt">) {
    this.#judge = judge;
    this.#source = source;
  }

  /** Null where the threshold is all there is. */
  static of({ judge, source }: ScannerOptions): Rules | null {
    return judge === null ? null : new Rules(judge, source);
  }

  /** The side of a reading on this line, see `Judge.judge`; less than 0 where a rule rejects it: see {@link reject}. */
  side(
    line: number,
    b: Uint8Array,
    idStart: number,
    idEnd: number,
    hash: number,
    unitStart: number,
    unitEnd: number,
    numbers: Float64Array,
  ): number {
    const judge = this.#judge;
    const measure = judge.asksMeasure ? this.#source.measureAt(line) : -1;
    const found = judge.judge(b, idStart, idEnd, hash, unitStart, unitEnd, measure, numbers);
    if (found < 2) return found;
    judge.count(found - 2, 1);
    return ANOMALY_SIDE;
  }

  /** The same of a parsed row, whose cells may stand in quotes. */
  sideOf(line: number, row: Row, b: Buffer, { columnOf }: Header, numbers: Float64Array): number {
    const [id, unit] = [cellOf(row, b, columnOf[DEVICE_ID]), cellOf(row, b, columnOf[UNIT])];
    const apart = Buffer.concat([id, unit]);
    return this.side(line, apart, 0, id.length, hashId(id, 0, id.length), id.length, apart.length, numbers);
  }

  /** Counts what a rule has rejected. Returns what the rule says. */
  reject(side: number): string {
    this.#judge.count(-1 - side, 1);
    return this.#judge.textOf(-1 - side);
  }
}

/** The bytes of a cell, without quotes and the blanks around it. */
function cellOf(row: Row, b: Buffer, column: number): Buffer {
  row.trim(b, column);
  const [from, to] = [row.starts[column], row.ends[column]];
  return row.kinds[column] === ESCAPED ? unescapeQuotes(b, from, to) : b.subarray(from, to);
}
