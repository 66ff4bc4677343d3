import { type ColumnValues, NULL_TEXT, type TableColumn, type TextValues } from "../parquet/columns.ts";
import { HIGH, LOW } from "../parquet/pack.ts";
import { FIXED } from "./columns.ts";
import type { RowColumns } from "./row-buffer.ts";

/** A column whose rows are where they come to stand; of texts their numbers. */
interface Placed {
  readonly of: BigInt64Array | Float64Array | Int32Array | Uint8Array;
  /** Null where it is no column of texts. */
  readonly texts: readonly string[] | null;
}

/**
 * Rows in their order, in memory of their own, which the next ones come into. Each column is read from its first row to its last
 * and written wherever its rows go: that is as many places as there are devices, whose memory is near by, where reading would jump
 * with every row.
 */
export class PlacedRows {
  #columns: readonly Placed[] = [];
  #capacity = 0;
  #memory: ArrayBuffer[] = [];

  /** Places rows, from now on instead of those before. */
  place(rows: RowColumns, places: Uint32Array, columns: readonly TableColumn[]): void {
    if (rows.size > this.#capacity) {
      // Full buffers differ by what the last slice has brought.
      this.#capacity = rows.size + (rows.size >> 4);
      this.#memory = [];
    }
    this.#columns = columns.map((_, column) => this.#placed(rows, column, places));
  }

  /** The values of a row group, once: its texts get numbers of their own. */
  group(start: number, end: number): ColumnValues[] {
    return this.#columns.map(({ of, texts }) => {
      const part = of.subarray(start, end);
      return texts === null ? part : ownTexts(texts, part as Int32Array);
    });
  }

  #placed(rows: RowColumns, column: number, places: Uint32Array): Placed {
    const texts = (values: readonly string[], numbers: Int32Array): Placed => ({
      of: integers(numbers, this.#integers(column), places),
      texts: values,
    });
    switch (FIXED[column]?.name) {
      case "timestamp":
        return { of: micros(rows.millis, new BigInt64Array(this.#room(column, 8)), places), texts: null };
      case "nanos":
        return { of: integers(rows.nanos, this.#integers(column), places), texts: null };
      case "value":
        return { of: doubles(rows.values, new Float64Array(this.#room(column, 8)), places), texts: null };
      case "anomaly_score":
        return { of: doubles(rows.scores, new Float64Array(this.#room(column, 8)), places), texts: null };
      case "anomaly":
        return { of: bytes(rows.anomalies, new Uint8Array(this.#room(column, 1)), places), texts: null };
      case "device_id":
        return texts(rows.deviceTexts, rows.devices);
      case "unit":
        return texts(rows.unitTexts, rows.units);
      case "batch":
        return texts(rows.batchTexts, rows.batches);
      default: {
        const { [column - FIXED.length]: carried } = rows.carried;
        if (carried !== undefined) return texts(carried.texts, carried.numbers);
        return { of: this.#integers(column).fill(NULL_TEXT, 0, places.length), texts: [] };
      }
    }
  }

  #integers(column: number): Int32Array {
    return new Int32Array(this.#room(column, 4));
  }

  /** A column of one place has the same type whatever the rows are. */
  #room(column: number, bytes: number): ArrayBuffer {
    this.#memory[column] ??= new ArrayBuffer(this.#capacity * bytes);
    return this.#memory[column];
  }
}

// Three times the same: one loop for all kinds of arrays would look up with every row which it is.

function doubles(from: Float64Array, to: Float64Array, places: Uint32Array): Float64Array {
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

/** Columns whose rows are all alike, as many are, are not looked at row by row. */
function integers(from: Int32Array, to: Int32Array, places: Uint32Array): Int32Array {
  let alike = 1;
  while (alike < places.length && from[alike] === from[0]) alike++;
  if (alike === places.length) return to.fill(from[0], 0, alike);
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

function bytes(from: Uint8Array, to: Uint8Array, places: Uint32Array): Uint8Array {
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

/** Whole milliseconds as microseconds, by the halves of each where a number holds them. */
function micros(millis: Float64Array, to: BigInt64Array, places: Uint32Array): BigInt64Array {
  const words = new Int32Array(to.buffer);
  for (let i = 0; i < places.length; i++) {
    const value = millis[i] * 1000;
    const at = places[i];
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      to[at] = BigInt(millis[i]) * 1000n;
      continue;
    }
    words[2 * at + LOW] = value;
    words[2 * at + HIGH] = Math.floor(value / 0x1_0000_0000);
  }
  return to;
}

/** Only the texts that these rows have, by numbers of their own, which come in place of those of all rows. */
function ownTexts(values: readonly string[], numbers: Int32Array): TextValues {
  const own = new Int32Array(values.length).fill(NULL_TEXT);
  const texts: string[] = [];
  let [last, mine] = [NULL_TEXT, NULL_TEXT];
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    if (number !== last) {
      last = number;
      mine = number === NULL_TEXT ? NULL_TEXT : own[number];
      if (mine === NULL_TEXT && number !== NULL_TEXT) {
        mine = texts.push(values[number]) - 1;
        own[number] = mine;
      }
    }
    numbers[i] = mine;
  }
  return { texts, numbers };
}
