import { csvRows } from "../csv-rows.ts";
import { hasCode, quote, VantageflowError } from "../errors.ts";

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

/** Names of columns, as loggers and spreadsheets have them. */
const NAMES = {
  time: ["timestamp", "time", "datetime", "date", "ts"],
  value: ["value", "reading", "measurement"],
  device: ["device_id", "device", "sensor", "id"],
} as const;

/** ISO 8601 with a date and a time of day, UTC where it names no zone. */
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const SECONDS = /^\d{9,10}$/;
const MILLIS = /^\d{12,13}$/;

/**
 * The rows of a CSV with a column of times and one of values, of one device or of many: by the names of the header, or the first two
 * columns where there are two. Throws `input_invalid` for a file that has no such columns, or is no CSV.
 */
export async function* readSeries(chunks: AsyncIterable<Buffer>): AsyncGenerator<SeriesRow, void, undefined> {
  let places: Places | null = null;
  try {
    for await (const cells of csvRows(chunks)) {
      if (places === null) places = placesIn(cells);
      else yield rowOf(cells, places);
    }
  } catch (error) {
    if (error instanceof VantageflowError || hasCode(error, "input_invalid")) throw error;
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new VantageflowError("input_invalid", `Cannot read it as CSV: ${(error as Error).message}.`);
  }
  if (places === null) throw new VantageflowError("input_invalid", "Cannot read it: it is empty.");
}

type Places = Readonly<Record<keyof typeof NAMES, number>>;

function placesIn(header: readonly string[]): Places {
  const names = header.map((name) =>
    name
      .replace(/^\ufeff/, "")
      .trim()
      .toLowerCase(),
  );
  const placeOf = (wanted: readonly string[]) => wanted.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1;
  const places = { time: placeOf(NAMES.time), value: placeOf(NAMES.value), device: placeOf(NAMES.device) };
  if (places.time >= 0 && places.value >= 0) return places;
  if (names.length === 2) return { time: 0, value: 1, device: -1 };
  const what = `its columns are ${header.map((name) => quote(name)).join(", ")}`;
  const how = "It needs one called timestamp and one called value, or no more than these two";
  throw new VantageflowError("input_invalid", `Cannot find time and value: ${what}. ${how}.`);
}

function rowOf(cells: readonly string[], places: Places): SeriesRow {
  const given = { time: cells[places.time] ?? "", value: cells[places.value] ?? "" };
  return {
    given,
    device: cells[places.device] ?? "",
    time: timeIn(given.time.trim()),
    value: numberIn(given.value.trim()),
  };
}

function timeIn(text: string): number | null {
  if (SECONDS.test(text)) return Number(text) * 1000;
  if (MILLIS.test(text)) return Number(text);
  const [, , , zone] = TIME.exec(text) ?? [null];
  if (!TIME.test(text)) return null;
  const time = Date.parse(`${text.replace(" ", "T").replace(",", ".")}${zone === undefined ? "Z" : ""}`);
  return Number.isNaN(time) ? null : time;
}

function numberIn(text: string): number | null {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
