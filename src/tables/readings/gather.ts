import { type ColumnType, type ColumnValues, NULL_TEXT, type TextValues } from "../parquet/columns.ts";
import type { RowGroupValues } from "../parquet/encode.ts";
import { FIXED } from "./columns.ts";
import type { TableRows } from "./row-buffer.ts";

/** A column whose rows are where they come to stand; of texts their numbers. */
interface Placed {
  readonly of: Float64Array | Int32Array | Uint8Array;
  /** Null where it is no column of texts. */
  readonly texts: readonly string[] | null;
}

/**
 * Rows of a buffer in their order, in memory of their own, which threads can see and the next buffer's rows come into. Each column is read
 * from its first row to its last and written wherever its rows go: that is as many places as there are devices, whose memory is near
 * by, where reading would jump with every row.
 */
export class PlacedRows {
  #types: readonly ColumnType[] = [];
  #columns: readonly Placed[] = [];
  #capacity = 0;
  #memory: SharedArrayBuffer[] = [];

  /** Places the rows of a buffer, from now on instead of those before. */
  place(buffer: TableRows, places: Uint32Array, types: readonly ColumnType[]): void {
    if (buffer.size > this.#capacity) {
      // Full buffers differ by what the last slice has brought.
      this.#capacity = buffer.size + (buffer.size >> 4);
      this.#memory = [];
    }
    this.#types = types;
    this.#columns = types.map((_, column) => this.#placed(buffer, column, places));
  }

  /** The values of a row group, once: its texts get numbers of their own. */
  group(start: number, end: number): RowGroupValues {
    const values = this.#columns.map(({ of, texts }): ColumnValues => {
      const part = of.subarray(start, end);
      return texts === null ? part : ownTexts(texts, part as Int32Array);
    });
    return { types: this.#types, values };
  }

  #placed(buffer: TableRows, column: number, places: Uint32Array): Placed {
    const texts = (values: readonly string[], numbers: Int32Array): Placed => ({
      of: integers(numbers, this.#integers(column), places),
      texts: values,
    });
    switch (FIXED[column]?.name) {
      case "timestamp":
        return { of: doubles(buffer.millis, this.#doubles(column), places), texts: null };
      case "nanos":
        return { of: integers(buffer.nanos, this.#integers(column), places), texts: null };
      case "value":
        return { of: doubles(buffer.values, this.#doubles(column), places), texts: null };
      case "anomaly_score":
        return { of: doubles(buffer.scores, this.#doubles(column), places), texts: null };
      case "anomaly":
        return { of: bytes(buffer.anomalies, new Uint8Array(this.#room(column, 1)), places), texts: null };
      case "device_id":
        return texts(buffer.deviceTexts.values, buffer.devices);
      case "unit":
        return texts(buffer.unitTexts.values, buffer.units);
      case "batch":
        return texts(buffer.batchTexts.values, buffer.batches);
      default: {
        const carried = buffer.carried[column - FIXED.length];
        if (carried !== undefined) return texts(carried.texts.values, carried.numbers);
        return { of: this.#integers(column).fill(NULL_TEXT, 0, places.length), texts: [] };
      }
    }
  }

  #doubles(column: number): Float64Array {
    return new Float64Array(this.#room(column, 8));
  }

  #integers(column: number): Int32Array {
    return new Int32Array(this.#room(column, 4));
  }

  /** A column of one place has the same type in all buffers. */
  #room(column: number, bytes: number): SharedArrayBuffer {
    this.#memory[column] ??= new SharedArrayBuffer(this.#capacity * bytes);
    return this.#memory[column];
  }
}

// Three times the same: one loop for all kinds of arrays would look up with every row which it is.

function doubles(from: Float64Array, to: Float64Array, places: Uint32Array): Float64Array {
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

function integers(from: Int32Array, to: Int32Array, places: Uint32Array): Int32Array {
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

function bytes(from: Uint8Array, to: Uint8Array, places: Uint32Array): Uint8Array {
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

/** Only the texts that these rows have, by numbers of their own, which come in place of those of the buffer. */
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
