import { MAX_MAGNITUDE } from "../../pipeline/decimal.ts";
import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { millisOf } from "../days/day.ts";
import { openParquet, type ParquetFile } from "../parquet/read.ts";
import { READINGS } from "../readings/layout.ts";
import { boundsOf, mightHold } from "./prune.ts";
import { piecesOf } from "./scan-file.ts";
import type { Span, TableFile, Unit } from "./units.ts";

/** Is given a reading; its time in milliseconds since the epoch. */
export type TakeReading = (device: string, time: number, value: number) => void;

/** Columns that are read. */
const COLUMNS = ["device_id", "timestamp", "value"];

/**
 * Reads a day of the table, of one device or of all (null), by device and time, as its files are sorted, so that each device's readings
 * come in the order of time where days do. Of a file that another program has written in another order they come in that. Of several
 * readings of a device in one millisecond the least value comes first, in whatever order their batches came. Of each file one piece is in
 * memory. Returns how many rows have no device, time or value, as other programs may leave them. Throws `not_found` for a file that is
 * gone, and `table_damaged`.
 */
export async function readInOrder(
  storage: LakeStorage,
  { span, files }: Unit,
  device: string | null,
  take: TakeReading,
): Promise<number> {
  const least = createLeastFirst(take);
  let unreadable = 0;
  const cursors: Cursor[] = [];
  for (const file of files) {
    if (!mightHold(boundsOf(file), device, span)) continue;
    const cursor = new Cursor(await open(storage, file), span, device);
    if (await cursor.load()) cursors.push(cursor);
    else unreadable += cursor.unreadable;
  }
  while (cursors.length > 0) {
    const next = cursors.length === 1 ? cursors[0] : cursors.reduce((a, b) => (isBefore(b, a) ? b : a));
    if (cursors.length === 1) next.takeAll(least.take);
    else next.take(least.take);
    if (!next.isThrough() || (await next.load())) continue;
    unreadable += next.unreadable;
    cursors.splice(cursors.indexOf(next), 1);
  }
  least.flush();
  return unreadable;
}

/** Holds a reading back until another device or millisecond comes. */
function createLeastFirst(take: TakeReading) {
  let [device, time, value, others] = ["", Number.NaN, 0, 0];
  function flush(): void {
    if (!Number.isNaN(time)) for (let i = 0; i <= others; i++) take(device, time, value);
    [time, others] = [Number.NaN, 0];
  }
  return {
    flush,
    take(nextDevice: string, nextTime: number, nextValue: number) {
      if (nextTime === time && nextDevice === device) {
        value = Math.min(value, nextValue);
        others++;
        return;
      }
      flush();
      [device, time, value] = [nextDevice, nextTime, nextValue];
    },
  };
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
  readonly #pieces: ReturnType<typeof piecesOf>;
  #at = 0;
  #count = 0;
  #devices: ArrayLike<string> = [];
  #times = new Float64Array(0);
  #values: ArrayLike<number> = [];
  /** Rows of the piece that are wanted. */
  #rows = new Uint32Array(0);
  /** Rows that are no readings. */
  unreadable = 0;

  constructor(file: ParquetFile, span: Span, only: string | null) {
    this.#file = file;
    this.#span = span;
    this.#only = only;
    this.#pieces = piecesOf(file);
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
    if (!COLUMNS.every((name) => this.#file.columns.includes(name))) {
      this.unreadable = this.#file.rows;
      return false;
    }
    for (let next = this.#pieces.next(); next.done !== true; next = this.#pieces.next()) {
      const piece = next.value;
      const devices = await this.#file.read("device_id", piece);
      const micros = await this.#file.read("timestamp", piece);
      const values = await this.#file.read("value", piece);
      if (this.#select(devices, micros, values)) return true;
    }
    return false;
  }

  /** Keeps which rows of a piece are wanted; false where none is. */
  #select(devices: ArrayLike<unknown>, micros: ArrayLike<unknown>, values: ArrayLike<unknown>): boolean {
    [this.#at, this.#count] = [0, 0];
    if (this.#rows.length < micros.length) {
      this.#rows = new Uint32Array(micros.length);
      this.#times = new Float64Array(micros.length);
    }
    for (let i = 0; i < micros.length; i++) {
      const [device, instant, value] = [devices[i], micros[i], values[i]];
      if (typeof device !== "string" || typeof instant !== "bigint" || !isReadable(value)) {
        this.unreadable++;
        continue;
      }
      if (this.#only !== null && device !== this.#only) continue;
      const time = millisOf(instant);
      if (time < this.#span[0] || time > this.#span[1]) continue;
      this.#rows[this.#count] = i;
      this.#times[this.#count++] = time;
    }
    // All that is kept is of these.
    this.#devices = devices as ArrayLike<string>;
    this.#values = values as ArrayLike<number>;
    return this.#count > 0;
  }
}

/** As the data contract has it, which other programs need not. */
function isReadable(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= MAX_MAGNITUDE;
}
