import { firstBadByte, lastBoundary } from "../pipeline/gate.ts";
import { csvField } from "../pipeline/gold.ts";
import { ReadingReader } from "./reading-reader.ts";

export interface JsonToCsvOptions {
  /** The input's name, for messages. */
  readonly name: string;
  /** The longest reading, in bytes; 1 MiB by default. */
  readonly maxReadingBytes?: number;
}

/**
 * Converts readings in JSON (an array of objects, one object, or one object a line) to CSV, in constant memory. The
 * first reading's keys are the header; a later one may lack a key (an empty field) but bring no new one, for nothing may
 * be lost silently. Values keep their text: numbers as written, null empty, nested values as compact JSON.
 * Throws `input_invalid` with the line.
 */
export async function* jsonToCsv(
  input: AsyncIterable<Uint8Array>,
  options: JsonToCsvOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const { name, maxReadingBytes = 1024 * 1024 } = options;
  let rows: (readonly string[])[] = [];
  let headerDue = true;
  const reader = new ReadingReader({ name, maxReadingBytes, onReading: (values) => void rows.push(values) });
  const take = () => {
    if (headerDue && reader.header !== null) rows.unshift(reader.header);
    headerDue = false;
    // Written here, not by fast-csv: that leaves out NUL characters.
    const csv = rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
    rows = [];
    return Buffer.from(csv, "utf8");
  };
  let rest = Buffer.alloc(0);
  let first = true;
  for await (const chunk of input) {
    rest = Buffer.concat([rest, chunk]);
    const boundary = lastBoundary(rest, 0, rest.length);
    if (boundary === 0) continue;
    feed(reader, rest.subarray(first && hasMark(rest) ? 3 : 0, boundary));
    first = false;
    rest = rest.subarray(boundary);
    if (rows.length > 0) yield take();
  }
  feed(reader, rest);
  reader.end();
  if (rows.length > 0) yield take();
}

/** U+FEFF: a byte order mark at the start, a character anywhere else. */
const MARK = Buffer.from("\ufeff");

function hasMark(bytes: Buffer): boolean {
  return bytes.subarray(0, MARK.length).equals(MARK);
}

/** What comes before a byte that is no UTF-8 is read first, so that the first mistake is the one that is told. */
function feed(reader: ReadingReader, bytes: Buffer): void {
  const bad = firstBadByte(bytes, 0, bytes.length);
  const good = bad < 0 ? bytes : bytes.subarray(0, bytes[bad] === 0 ? bad + 1 : bad);
  reader.write(good);
  if (bad >= 0) throw reader.fault("it is not UTF-8. Save it as UTF-8");
}
