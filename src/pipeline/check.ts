import { MAX_MAGNITUDE, parseDecimal } from "./decimal.ts";
import { MAX_ID_BYTES } from "./devices.ts";
import { ANOMALY_SCORE, DEVICE_ID, type Header, TIMESTAMP, VALUE } from "./header.ts";
import * as reject from "./rejects.ts";
import { ESCAPED, type Row, unescapeQuotes } from "./row.ts";
import { isTimestamp } from "./timestamp.ts";

/**
 * The data contract of one parsed row: the first reason why it is no reading (see `rejects.ts`), quotes and field count
 * before columns; or 0, with its value in `numbers[0]` and its score in `numbers[1]`.
 */
export function checkRow(b: Buffer, row: Row, header: Header, numbers: Float64Array): number {
  if (row.stray) return reject.STRAY_QUOTE;
  if (row.fields !== header.columns) return row.fields > header.columns ? reject.FIELDS_MORE : reject.FIELD_COUNT;
  const { columnOf } = header;
  const time = columnOf[TIMESTAMP];
  row.trim(b, time);
  if (!isTimestamp(b, row.starts[time], row.ends[time])) return reject.TIMESTAMP_INVALID;
  row.trim(b, columnOf[DEVICE_ID]);
  const length = idLength(b, row, columnOf[DEVICE_ID]);
  if (length < 1 || length > MAX_ID_BYTES) return reject.DEVICE_ID_INVALID;
  const value = decimalOf(b, row, columnOf[VALUE]);
  if (!(Math.abs(value) <= MAX_MAGNITUDE)) {
    return hasDecimalComma(b, row, columnOf[VALUE]) ? reject.VALUE_COMMA : reject.VALUE_INVALID;
  }
  const score = decimalOf(b, row, columnOf[ANOMALY_SCORE]);
  if (Number.isNaN(score)) {
    return hasDecimalComma(b, row, columnOf[ANOMALY_SCORE]) ? reject.SCORE_COMMA : reject.SCORE_INVALID;
  }
  if (score < 0 || score > 1) return reject.SCORE_OUT_OF_RANGE;
  numbers[0] = value;
  numbers[1] = score;
  return 0;
}

/** Names of columns are no timestamps, so a header in the middle of a file is refused by the contract with one of these. */
export function mayBeHeader(reason: number): boolean {
  return reason === reject.FIELD_COUNT || reason === reject.FIELDS_MORE || reason === reject.TIMESTAMP_INVALID;
}

function decimalOf(b: Buffer, row: Row, column: number): number {
  row.trim(b, column);
  return parseDecimal(b, row.starts[column], row.ends[column]);
}

/** As in a quoted `21,5`. */
function hasDecimalComma(b: Buffer, row: Row, column: number): boolean {
  return /^-?\d+,\d+$/.test(b.toString("latin1", row.starts[column], row.ends[column]));
}

function idLength(b: Buffer, row: Row, column: number): number {
  const [from, to] = [row.starts[column], row.ends[column]];
  return row.kinds[column] === ESCAPED ? unescapeQuotes(b, from, to).length : to - from;
}
