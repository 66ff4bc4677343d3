import { type ColumnType, type ColumnValues, NULL_TEXT, type TextValues } from "../parquet/columns.ts";
import type { RowGroupValues } from "../parquet/encode.ts";
import { FIXED } from "./columns.ts";
import type { TableRows } from "./row-buffer.ts";

/** A column whose rows are where they come to stand; of texts their numbers. */
type Placed =
  | Float64Array<ArrayBuffer | SharedArrayBuffer>
  | Int32Array<ArrayBuffer | SharedArrayBuffer>
  | Uint8Array<ArrayBuffer | SharedArrayBuffer>
  | { readonly texts: readonly string[]; readonly numbers: Int32Array };

/**
 * Rows of a buffer in their order, in memory of their own, which threads can see. Each column is read from its first row to its last and
 * written wherever its rows go: that is as many places as there are devices, whose memory is near by, where reading would jump with every
 * row.
 */
export class PlacedRows {
  readonly #types: readonly ColumnType[];
  readonly #columns: readonly Placed[];

  constructor(buffer: TableRows, places: Uint32Array, types: readonly ColumnType[]) {
    this.#types = types;
    this.#columns = types.map((_, column) => placed(buffer, column, places));
  }

  /** The values of a row group. */
  group(start: number, end: number): RowGroupValues {
    const values = this.#columns.map((column): ColumnValues => {
      if ("texts" in column) return ownTexts(column.texts, column.numbers.subarray(start, end));
      return column.subarray(start, end);
    });
    return { types: this.#types, values };
  }
}

function placed(buffer: TableRows, column: number, places: Uint32Array): Placed {
  switch (FIXED[column]?.name) {
    case "timestamp":
      return doubles(buffer.millis, places);
    case "nanos":
      return integers(buffer.nanos, places, true);
    case "value":
      return doubles(buffer.values, places);
    case "anomaly_score":
      return doubles(buffer.scores, places);
    case "anomaly":
      return bytes(buffer.anomalies, places);
    case "device_id":
      return { texts: buffer.deviceTexts.values, numbers: integers(buffer.devices, places) };
    case "unit":
      return { texts: buffer.unitTexts.values, numbers: integers(buffer.units, places) };
    case "batch":
      return { texts: buffer.batchTexts.values, numbers: integers(buffer.batches, places) };
    default: {
      const carried = buffer.carried[column - FIXED.length];
      if (carried !== undefined) return { texts: carried.texts.values, numbers: integers(carried.numbers, places) };
      return { texts: [], numbers: new Int32Array(places.length).fill(NULL_TEXT) };
    }
  }
}

// Three times the same: one loop for all kinds of arrays would look up with every row which it is.

function doubles(from: Float64Array, places: Uint32Array) {
  const to = new Float64Array(new SharedArrayBuffer(places.length * 8));
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

function integers(from: Int32Array, places: Uint32Array, isShared = false) {
  const { length } = places;
  const to = new Int32Array(isShared ? new SharedArrayBuffer(length * 4) : new ArrayBuffer(length * 4));
  for (let i = 0; i < length; i++) to[places[i]] = from[i];
  return to;
}

function bytes(from: Uint8Array, places: Uint32Array) {
  const to = new Uint8Array(new SharedArrayBuffer(places.length));
  for (let i = 0; i < places.length; i++) to[places[i]] = from[i];
  return to;
}

/** Only the texts that these rows have, by numbers of their own. */
function ownTexts(values: readonly string[], of: Int32Array): TextValues {
  const own = new Int32Array(values.length).fill(NULL_TEXT);
  const texts: string[] = [];
  const numbers = new Int32Array(new SharedArrayBuffer(of.length * 4));
  let [last, mine] = [NULL_TEXT, NULL_TEXT];
  for (let i = 0; i < of.length; i++) {
    const number = of[i];
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
