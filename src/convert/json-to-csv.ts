import { writeToBuffer } from "fast-csv";
import { VantageflowError } from "../errors.ts";
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
  let rows: string[][] = [];
  let headerDue = true;
  const reader = new ReadingReader({ name, maxReadingBytes, onReading: (values) => void rows.push(values) });
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const take = () => {
    const taken = headerDue && reader.header !== null ? [reader.header, ...rows] : rows;
    if (rows.length > 0) headerDue = false;
    rows = [];
    return taken;
  };
  for await (const chunk of input) {
    checkUtf8(utf8, chunk, true, name);
    reader.write(chunk);
    if (rows.length > 0) yield await toCsv(take());
  }
  checkUtf8(utf8, new Uint8Array(0), false, name);
  reader.end();
  if (rows.length > 0) yield await toCsv(take());
}

function toCsv(rows: string[][]): Promise<Buffer> {
  return writeToBuffer(rows, { includeEndRowDelimiter: true });
}

function checkUtf8(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array, stream: boolean, name: string): void {
  try {
    decoder.decode(chunk, { stream });
  } catch (error) {
    const why = "it is not UTF-8. Save it as UTF-8";
    throw new VantageflowError("input_invalid", `Cannot convert ${JSON.stringify(name)}: ${why}.`, { cause: error });
  }
}
