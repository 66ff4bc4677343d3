import type { Origin } from "../pipeline/source.ts";

/** Of one row of the source: where its made rows begin, and what has to be told of one of them that is rejected. */
export interface KeptRow {
  /** The line and the offset, in the text of all rows, of the first row that was made of it. */
  readonly madeLine: number;
  readonly madeOffset: number;
  readonly line: number;
  readonly byteOffset: number;
  /** Its bytes: `b[from..to)`. */
  readonly b: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Why the source itself rejects all that was made of it; 0 where it does not. */
  readonly reason: number;
}

/** Where made rows came from, for as long as they may be asked for: rows are asked for in the order in which they were made. */
export class Origins {
  #kept: KeptRow[] = [];
  /** The first that may still be asked for. */
  #at = 0;

  add(kept: KeptRow): void {
    this.#kept.push(kept);
  }

  /** Lets go of rows that end at or before this offset of the text of all rows. */
  release(madeOffset: number): void {
    while (this.#at + 1 < this.#kept.length && this.#kept[this.#at + 1].madeOffset <= madeOffset) this.#at++;
    this.#kept = this.#kept.slice(this.#at);
    this.#at = 0;
  }

  of(reason: number, madeLine: number): Origin {
    const kept = this.#kept;
    while (this.#at + 1 < kept.length && kept[this.#at + 1].madeLine <= madeLine) this.#at++;
    const row = kept[this.#at];
    if (row === undefined || row.madeLine > madeLine) throw new Error(`nothing was made into line ${madeLine}`);
    const { line, byteOffset, b, from, to } = row;
    return { reason: row.reason === 0 ? reason : row.reason, line, byteOffset, b, from, to };
  }
}
