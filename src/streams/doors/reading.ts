import { MAX_MAGNITUDE, parseDecimal } from "../../pipeline/decimal.ts";
import { MAX_ID_BYTES } from "../../pipeline/devices.ts";
import * as reject from "../../pipeline/rejects.ts";
import { isTimestamp } from "../../pipeline/timestamp.ts";
import type { StreamReading } from "../record.ts";

/** The columns of the data contract, as doors know them. */
export const FIELDS = ["timestamp", "device_id", "value", "unit", "anomaly_score"] as const;
const [TIMESTAMP, DEVICE, VALUE, UNIT, SCORE] = [0, 1, 2, 3, 4];

/** What came of a reading, by {@link FIELDS}; undefined for what did not. */
export type Cells = readonly (string | undefined)[];

/** Why a reading is none. */
export interface NoReading {
  readonly reason: string;
  readonly message: string;
}

/** So that a row of a batch is never longer than the shortest limit that rows can have. */
const MAX_TEXT = 64;
const MAX_NUMBER = 128;
const BLANK = 32;

/** Bytes of the cell that is looked at; behind it stands nothing that goes on with it. */
const cell = Buffer.alloc(MAX_NUMBER + 1);

export function noReading(number: number): NoReading {
  const { reason, message, column } = reject.REASONS[number];
  return { reason, message: column === "" ? message : `${column} is ${message}` };
}

const UNIT_INVALID: NoReading = {
  reason: "unit_invalid",
  message: `unit is longer than ${MAX_TEXT} bytes, or has a NUL`,
};

/**
 * The reading that cells are, by the data contract, or why they are none. Without a timestamp it is one of `arrival`, without a score
 * one of 0, without a unit one of none.
 */
export function readingFrom(cells: Cells, arrival: string): StreamReading | NoReading {
  const timestamp = trimmed(cells[TIMESTAMP]) || arrival;
  if (timestamp.length > MAX_TEXT || !isTimestamp(cell, 0, put(timestamp))) return noReading(reject.TIMESTAMP_INVALID);
  const device = trimmed(cells[DEVICE]);
  if (device === "" || device.includes("\0") || isLonger(device, MAX_ID_BYTES)) {
    return noReading(reject.DEVICE_ID_INVALID);
  }
  const value = trimmed(cells[VALUE]);
  if (!(Math.abs(numberOf(value)) <= MAX_MAGNITUDE)) {
    return noReading(hasComma(value) ? reject.VALUE_COMMA : reject.VALUE_INVALID);
  }
  const score = trimmed(cells[SCORE]) || "0";
  const scored = numberOf(score);
  if (Number.isNaN(scored)) return noReading(hasComma(score) ? reject.SCORE_COMMA : reject.SCORE_INVALID);
  if (scored < 0 || scored > 1) return noReading(reject.SCORE_OUT_OF_RANGE);
  const unit = cells[UNIT] ?? "";
  if (unit.includes("\0") || isLonger(unit, MAX_TEXT)) return UNIT_INVALID;
  return { timestamp, device, value, unit, score };
}

/** Whether a text has more bytes than this; of UTF-8 a character has three at most. */
function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes / 3 && Buffer.byteLength(text) > bytes;
}

/** NaN for what is no decimal. */
function numberOf(text: string): number {
  return text.length > MAX_NUMBER ? Number.NaN : parseDecimal(cell, 0, put(text));
}

/** Puts a text into the cell and returns where it ends. What is no ASCII has other bytes than any number. */
function put(text: string): number {
  const end = text.length;
  for (let i = 0; i < end; i++) cell[i] = text.charCodeAt(i) > 127 ? 0 : text.charCodeAt(i);
  cell[end] = 0;
  return end;
}

function hasComma(text: string): boolean {
  return /^-?\d+,\d+$/.test(text);
}

/** Blanks around a cell are none of it. */
function trimmed(text: string | undefined): string {
  if (text === undefined || text === "") return "";
  const isBare = text.charCodeAt(0) > BLANK && text.charCodeAt(text.length - 1) > BLANK;
  return isBare ? text : text.replace(/^[ \t]+|[ \t]+$/g, "");
}
