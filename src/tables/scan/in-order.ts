import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { Snapshot } from "../delta/state.ts";
import { openParquet, type ParquetFile } from "../parquet/read.ts";
import { millisOf, READINGS } from "../readings/layout.ts";
import { boundsOf, mightHold } from "./prune.ts";
import { type Span, type TableFile, unitsOf } from "./units.ts";

/** Is given a reading; its time in milliseconds since the epoch. */
export type TakeReading = (device: string, time: number, value: number) => void;

/** Rows of a file that are decoded at once. */
const PIECE_ROWS = 65_536;

/**
 * Reads a version of the table, of one device or of all (null): day by day, and a day by device and time, as its files are sorted,
 * so that each device's readings come in the order of time. Of a file that another program has written in another order they come in
 * that. Of each file of a day one piece is in memory. Throws `not_found` for a file that is gone, and `table_damaged`.
 */
export async function readInOrder(
  storage: LakeStorage,
  snapshot: Snapshot,
  device: string | null,
  take: TakeReading,
): Promise<void> {
  for (const { span, files } of unitsOf(snapshot)) {
    const cursors: Cursor[] = [];
    for (const file of files) {
      if (!mightHold(boundsOf(file), device, span)) continue;
      const cursor = new Cursor(await open(storage, file), span, device);
      if (await cursor.load()) cursors.push(cursor);
    }
    while (cursors.length > 0) {
      const next = cursors.length === 1 ? cursors[0] : cursors.reduce((a, b) => (isBefore(b, a) ? b : a));
      if (cursors.length === 1) next.takeAll(take);
      else next.take(take);
      if (!next.isThrough() || (await next.load())) continue;
      cursors.splice(cursors.indexOf(next), 1);
    }
  }
}

function open(storage: LakeStorage, { path, add }: TableFile): Promise<ParquetFile> {
  return openParquet(storage, `${READINGS}${path}`, add.size);
}

function isBefore(a: Cursor, b: Cursor): boolean {
  return (compareKeys(a.device, b.device) || a.time - b.time) < 0;
}

/** The readings of a file that are wanted, piece by piece. */
class Cursor {
  readonly #file: ParquetFile;
  readonly #span: Span;
  readonly #only: string | null;
  #row = 0;
  #at = 0;
  #count = 0;
  #devices: ArrayLike<string> = [];
  #times = new Float64Array(0);
  #values: ArrayLike<number> = [];
  /** Rows of the piece that are wanted. */
  #rows = new Uint32Array(0);

  constructor(file: ParquetFile, span: Span, only: string | null) {
    this.#file = file;
    this.#span = span;
    this.#only = only;
  }

  get device(): string {
    return this.#devices[this.#rows[this.#at]];
  }

  get time(): number {
    return this.#times[this.#at];
  }

  isThrough(): boolean {
    return this.#at === this.#count;
  }

  take(take: TakeReading): void {
    const row = this.#rows[this.#at];
    take(this.#devices[row], this.#times[this.#at], this.#values[row]);
    this.#at++;
  }

  takeAll(take: TakeReading): void {
    while (!this.isThrough()) this.take(take);
  }

  /** Goes to the next piece that has readings; false at the end. */
  async load(): Promise<boolean> {
    const { rows: all } = this.#file;
    while (this.#row < all) {
      const piece = { start: this.#row, end: Math.min(this.#row + PIECE_ROWS, all) };
      this.#row = piece.end;
      this.#devices = (await this.#file.read("device_id", piece)) as ArrayLike<string>;
      const micros = (await this.#file.read("timestamp", piece)) as ArrayLike<bigint>;
      this.#values = (await this.#file.read("value", piece)) as ArrayLike<number>;
      this.#select(micros);
      if (this.#count > 0) return true;
    }
    return false;
  }

  #select(micros: ArrayLike<bigint>): void {
    [this.#at, this.#count] = [0, 0];
    if (this.#rows.length < micros.length) {
      this.#rows = new Uint32Array(micros.length);
      this.#times = new Float64Array(micros.length);
    }
    for (let i = 0; i < micros.length; i++) {
      if (this.#only !== null && this.#devices[i] !== this.#only) continue;
      const time = millisOf(micros[i]);
      if (time < this.#span[0] || time > this.#span[1]) continue;
      this.#rows[this.#count] = i;
      this.#times[this.#count++] = time;
    }
  }
}
