import { crc32 } from "node:zlib";
import { numbered, READING_ROWS, type RowForm } from "./form.ts";
import type { KeyedAnswer } from "./keys.ts";
import { checked, valueIn } from "./lines.ts";

/** What came in one request, as it stands in a segment: all of it, or nothing. */
export interface Entry {
  /** The number of its first row; the others follow without a gap. */
  readonly first: number;
  readonly count: number;
  /** As they come to stand in bronze. */
  readonly rows: Buffer;
  /** What to answer who asks again by the same key; null where it came without one. */
  readonly keyed: KeyedAnswer | null;
}

/** In front of the rows of an entry, in a line of its own. */
interface Head {
  /** The salt of the segment: behind a damaged place, what somebody has written into a reading is no entry. */
  readonly s: string;
  readonly n: number;
  readonly c: number;
  /** Bytes of the rows, and their checksum. */
  readonly b: number;
  readonly x: number;
  readonly k: KeyedAnswer | null;
}

const NEWLINE = 10;
const QUOTE = /"/g;

/** An entry of a segment. Checksums tell one that was cut off, or never reached the disk, from one that is whole. */
export function segmentEntry(
  salt: string,
  first: number,
  rows: readonly string[],
  keyed: KeyedAnswer | null,
  form: RowForm = READING_ROWS,
): Buffer {
  let text = "";
  for (let i = 0; i < rows.length; i++) text += numbered(form, rows[i], first + i);
  const bytes = Buffer.from(text);
  const head: Head = { s: salt, n: first, c: rows.length, b: bytes.length, x: crc32(bytes), k: keyed };
  // What the one before was cut off in is a line of its own.
  return Buffer.concat([Buffer.from(`\n${checked(JSON.stringify(head))}`), bytes]);
}

/** What was whole in a segment. What is not at its end was never acknowledged; elsewhere it is damaged. */
export function readSegment(
  bytes: Buffer,
  salt: string,
): { readonly entries: readonly Entry[]; readonly damaged: boolean } {
  const entries: Entry[] = [];
  let [isTorn, damaged] = [false, false];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const entry = end < 0 ? null : entryAt(bytes, start, end, salt);
    if (entry === null) isTorn ||= end !== start;
    else {
      damaged ||= isTorn;
      entries.push(entry);
    }
    start = end < 0 ? bytes.length : end + 1 + (entry?.rows.length ?? 0);
  }
  return { entries, damaged };
}

function entryAt(bytes: Buffer, start: number, end: number, salt: string): Entry | null {
  const head = valueIn(bytes.toString("utf8", start, end)) as Head | undefined;
  if (head?.s !== salt) return null;
  const rows = bytes.subarray(end + 1, end + 1 + head.b);
  if (rows.length < head.b || crc32(rows) !== head.x) return null;
  return { first: head.n, count: head.c, rows, keyed: head.k };
}

/** The rows of an entry without their numbers, as they were given. */
export function rowsIn({ first, count, rows }: Entry, form: RowForm = READING_ROWS): string[] {
  const text = rows.toString("utf8");
  const found: string[] = [];
  for (let [i, start] = [0, 0]; i < count; i++) {
    const tail = numbered(form, "", first + i);
    let end = text.indexOf(tail, start);
    // Within quotes it belongs to a cell.
    while (form.hasQuotes && end > 0 && ((text.slice(start, end).match(QUOTE)?.length ?? 0) & 1) === 1)
      end = text.indexOf(tail, end + 1);
    if (end < 0) break;
    found.push(text.slice(start, end));
    start = end + tail.length;
  }
  return found;
}
