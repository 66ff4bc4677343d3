import { csvRows } from "../csv-rows.ts";
import { messageOf, quote, VantageflowError } from "../errors.ts";
import { MAX_MAGNITUDE } from "../pipeline/decimal.ts";
import { instantOf } from "../pipeline/instant.ts";

/** A row of a file of readings; null for what it does not say. */
export interface SeriesRow {
  /** As the file has it. */
  readonly given: { readonly time: string; readonly value: string };
  /** "" in a file without a column for it. */
  readonly device: string;
  /** Milliseconds since the epoch. */
  readonly time: number | null;
  readonly value: number | null;
}

/** A file of readings that is being read. */
export interface SeriesSource {
  /** For what is said of it. */
  readonly name: string;
  readonly chunks: AsyncIterable<Buffer>;
  readonly maxRowBytes: number;
  /** Whether devices are asked for by name. */
  readonly needsDevice: boolean;
}

/** Names of columns, as loggers and spreadsheets have them. */
const NAMES = {
  time: ["timestamp", "time", "datetime", "date", "ts"],
  value: ["value", "reading", "measurement"],
  device: ["device_id", "device", "sensor"],
} as const;
type Role = keyof typeof NAMES;
/** Where each is; -1 of what is not there. */
type Places = Readonly<Record<Role, number>>;

/** A plain decimal, with an exponent perhaps. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Of what a library says of a file, which may quote much of it. */
const MAX_SAID = 120;

/**
 * The rows of a CSV with a column of times and one of values, of one device or of many: by the names of the header, or the two columns
 * where there are no others. What has no cell with anything in it is no row. Throws `input_invalid` for a file that has no such columns
 * or is no CSV, and `row_too_long`.
 */
export async function* readSeries(source: SeriesSource): AsyncGenerator<SeriesRow, void, undefined> {
  let places: Places | null = null;
  for await (const cells of rowsOf(source)) {
    if (places === null) places = placesIn(source, cells);
    else if (cells.some((cell) => cell.trim() !== "")) yield rowOf(cells, places);
  }
  if (places === null) throw refuse(source, "it is empty. It needs a header and a row for each reading");
}

async function* rowsOf(source: SeriesSource): AsyncGenerator<string[], void, undefined> {
  try {
    yield* csvRows(bounded(source));
  } catch (error) {
    if (error instanceof VantageflowError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw refuse(source, `it is no CSV (${messageOf(error).slice(0, MAX_SAID)}). Save it as CSV with commas`);
  }
}

/** A quote that is never closed would make one row of all that is behind it, and the parser reads a row again with each chunk. */
async function* bounded({ name, chunks, maxRowBytes }: SeriesSource): AsyncGenerator<Buffer, void, undefined> {
  let [isQuoted, bytes, line] = [false, 0, 1];
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === 34) isQuoted = !isQuoted;
      if (byte === 10 && !isQuoted) {
        bytes = 0;
        line++;
      } else if (++bytes > maxRowBytes) {
        const why = `the row that begins in line ${line} is longer than ${maxRowBytes} bytes. Is a quote not closed? Longer ones: --max-row-bytes`;
        throw new VantageflowError("row_too_long", `Cannot read "${name}": ${why}`);
      }
    }
    yield chunk;
  }
}

function placesIn(source: SeriesSource, header: readonly string[]): Places {
  const names = header.map((name) =>
    name
      .replace(/^\ufeff/, "")
      .trim()
      .toLowerCase(),
  );
  const [time, value, device] = [
    placeOf(source, names, "time"),
    placeOf(source, names, "value"),
    placeOf(source, names, "device"),
  ];
  if (source.needsDevice && device < 0) {
    throw refuse(source, `it has no column of devices (${NAMES.device.join(", ")}). Leave out --device`);
  }
  if (time >= 0 && value >= 0) return { time, value, device };
  // Of two columns, one is the other one.
  if (names.length === 2 && (time >= 0 || value >= 0)) {
    const known = time >= 0 ? time : value;
    return time >= 0 ? { time, value: 1 - known, device: -1 } : { time: 1 - known, value, device: -1 };
  }
  const what = `its columns are ${header.map((name) => quote(name)).join(", ")}`;
  const how = `It needs one for times (${NAMES.time.join(", ")}) and one for values (${NAMES.value.join(", ")})`;
  throw refuse(source, `${what}. ${how}`);
}

function placeOf(source: SeriesSource, names: readonly string[], role: Role): number {
  for (const name of NAMES[role]) {
    const at = names.indexOf(name);
    if (at < 0) continue;
    if (names.includes(name, at + 1)) throw refuse(source, `it has two columns "${name}". Take one away`);
    return at;
  }
  return -1;
}

function refuse({ name }: SeriesSource, why: string): VantageflowError {
  return new VantageflowError("input_invalid", `Cannot read "${name}": ${why}.`);
}

function rowOf(cells: readonly string[], places: Places): SeriesRow {
  const given = { time: cells[places.time] ?? "", value: cells[places.value] ?? "" };
  const device = cells[places.device] ?? "";
  return { given, device, time: timeIn(given.time.trim()), value: numberIn(given.value.trim()) };
}

/** UTC where it names no zone; a day is its beginning. */
function timeIn(text: string): number | null {
  return instantOf(text.replace(",", "."))?.ms ?? null;
}

function numberIn(text: string): number | null {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Math.abs(value) <= MAX_MAGNITUDE ? value : null;
}
