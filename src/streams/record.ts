import { VantageflowError } from "../errors.ts";
import { numbered, READING_ROWS, type RowForm } from "./form.ts";

/** A record of a shard as it comes to stand in bronze: one reading, or what could not be read as one. */
export interface StreamRecord {
  /** Its number in its shard: decimal digits, rising, with gaps. Several records that came as one have the same. */
  readonly sequence: string;
  /** Null for what is no reading: its row has nothing but the number, and is rejected like any other, so that all are accounted for. */
  readonly reading: StreamReading | null;
}

/** The cells of a reading, as texts that the scanner reads. */
export interface StreamReading {
  readonly timestamp: string;
  readonly device: string;
  readonly value: string;
  readonly unit: string;
  readonly score: string;
}

/** Rows as they stand in bronze, each with its number: what is delivered is written as it is. */
export interface NumberedRows {
  /** The number of the last of them. */
  readonly sequence: string;
  readonly rows: string | Buffer;
  readonly count: number;
}

/** A reading as a row of bronze, before it is known which number it gets: see `numbered`. */
export function bronzeRow({ timestamp, device, value, unit, score }: StreamReading): string {
  return `${cell(timestamp)},${cell(device)},${cell(value)},${cell(unit)},${cell(score)}`;
}

/** The row of what is no reading. */
const NO_READING = ",,,,";

export function bronzeRows({ sequence, reading }: StreamRecord): NumberedRows {
  return {
    sequence,
    rows: numbered(READING_ROWS, reading === null ? NO_READING : bronzeRow(reading), sequence),
    count: 1,
  };
}

/** RFC 4180 §2.6 and §2.7. Blanks at the ends of a unit are no part of it, so they stay bare, unlike those of `csvField`. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The number that is before every record's. */
export const START = "0";

const DIGITS = /^(0|[1-9]\d{0,127})$/;

/** Whether a text is a number of a record, or {@link START}. */
export function isSequence(text: string): boolean {
  return DIGITS.test(text);
}

/** Below, at or above 0 as `a` is before, at or behind `b`. They have more digits than a number holds: Kinesis' have 56. */
export function compareSequences(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A stream of one source; what comes out of one shard is in order. */
export interface Shard {
  readonly source: string;
  readonly shard: string;
  /** How its records stand in bronze; absent: as {@link READING_ROWS}. */
  readonly form?: RowForm;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Throws `usage` for names that cannot stand in keys: Kinesis' own can. */
export function checkShard({ source, shard }: Shard): void {
  for (const name of [source, shard]) {
    if (NAME.test(name)) continue;
    const how = "Letters, digits, _, - and . can stand in it, a letter or digit first, 128 at most";
    throw new VantageflowError(
      "usage",
      `Cannot use the stream "${name}": no batch can be called by this name. ${how}.`,
    );
  }
}
