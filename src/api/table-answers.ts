import { quote, VantageflowError } from "../errors.ts";
import { cursorOf, type Direction, positionOf } from "../tables/scan/position.ts";
import { compareInstants, type TableReading } from "../tables/scan/reading.ts";
import type { ReadingsTable, TableDescription } from "../tables/scan/readings-table.ts";
import { DAY_MS } from "../time.ts";
import { type ReadingQuery, refusedParameter, type ValuesQuery } from "./parameters.ts";

/** A reading as JSON: the columns of the table, without the day. */
export interface ReadingDocument {
  /** ISO 8601, UTC, milliseconds. */
  readonly timestamp: string;
  /** What is below them. */
  readonly nanos: number;
  readonly device_id: string | null;
  readonly value: number | null;
  readonly unit: string | null;
  readonly anomaly_score: number | null;
  readonly anomaly: boolean | null;
  readonly batch: string | null;
  readonly carried: Readonly<Record<string, string>>;
}

export interface ReadingPageDocument {
  readonly version: 1;
  readonly table_version: number;
  readonly readings: readonly ReadingDocument[];
  readonly cursor: string | null;
}

export interface TableDocument {
  readonly version: 1;
  readonly table: string;
  readonly id: string;
  readonly table_version: number;
  readonly committed: string | null;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly days: { readonly first: string; readonly last: string } | null;
  readonly columns: TableDescription["columns"];
}

/** What the readings of a device come to, bucket by bucket. */
export interface DeviceValuesDocument {
  readonly version: 1;
  readonly table_version: number;
  readonly device_id: string;
  readonly span: keyof typeof SPANS;
  readonly from: string | null;
  readonly to: string | null;
  readonly bucket_seconds: number;
  readonly complete: boolean;
  readonly buckets: readonly BucketDocument[];
}

export interface BucketDocument {
  /** Its start. */
  readonly time: string;
  readonly readings: number;
  readonly min_value: number;
  readonly max_value: number;
  readonly anomaly_count: number;
  readonly min_anomaly: number | null;
  readonly max_anomaly: number | null;
}

const MINUTE_MS = 60_000;
/** How long each is, and its buckets: as many as a picture has columns, or some more. */
const SPANS = {
  day: { spanMs: DAY_MS, bucketMs: 3 * MINUTE_MS },
  week: { spanMs: 7 * DAY_MS, bucketMs: 15 * MINUTE_MS },
  month: { spanMs: 30 * DAY_MS, bucketMs: 60 * MINUTE_MS },
} as const;

const DEFAULT_LIMIT = 200;
/** Of the readings of an answer. Lambda answers with 6 MB at most, of a text in which each quotation mark counts twice. */
const MAX_BYTES = 2 * 1024 * 1024;

/** A page of readings; null where there is no table. Throws `usage` for a cursor or times that are none. */
export async function readingPage(table: ReadingsTable, query: ReadingQuery): Promise<ReadingPageDocument | null> {
  const { device = null, from = null, to = null, order = "desc", limit = DEFAULT_LIMIT, cursor } = query;
  const direction: Direction = order === "asc" ? 1 : -1;
  if (from !== null && to !== null && compareInstants(from, to) >= 0) {
    throw new VantageflowError("usage", 'Cannot read the parameter "to": it is not later than "from". Swap them.');
  }
  const after = cursor === undefined ? null : positionOf(cursor, direction);
  if (after === null && cursor !== undefined) {
    const why = `${quote(cursor)} is none that this API has given in this order`;
    throw refusedParameter("cursor", `${why}. Use that of the page before, with the same order, or none`);
  }
  const page = await table.page({ device, from, to, direction, limit, after, maxBytes: MAX_BYTES });
  if (page === null) return null;
  const { readings, next, version } = page;
  return {
    version: 1,
    table_version: version,
    readings: readings.map(documentOf),
    cursor: next === null ? null : cursorOf(next, direction),
  };
}

function documentOf({ ms, nanos, device, value, unit, score, anomaly, batch, carried }: TableReading): ReadingDocument {
  const timestamp = new Date(ms).toISOString();
  return { timestamp, nanos, device_id: device, value, unit, anomaly_score: score, anomaly, batch, carried };
}

/** Null where there is no table. */
export async function deviceValues(
  table: ReadingsTable,
  device: string,
  { span = "day", to }: ValuesQuery,
): Promise<DeviceValuesDocument | null> {
  const found = await table.buckets({ device, to: to ?? null, ...SPANS[span] });
  if (found === null) return null;
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    version: 1,
    table_version: found.version,
    device_id: device,
    span,
    from: time(found.span?.from),
    to: time(found.span?.to),
    bucket_seconds: SPANS[span].bucketMs / 1000,
    complete: found.complete,
    buckets: found.buckets.map(({ ms, all, anomalies }) => ({
      time: new Date(ms).toISOString(),
      readings: all.count,
      min_value: all.min,
      max_value: all.max,
      anomaly_count: anomalies?.count ?? 0,
      min_anomaly: anomalies?.min ?? null,
      max_anomaly: anomalies?.max ?? null,
    })),
  };
}

/** Null where there is no table. */
export async function tableDocument(table: ReadingsTable): Promise<TableDocument | null> {
  const described = await table.describe();
  if (described === null) return null;
  const { name, id, version, committed, rows, files, bytes, days, columns } = described;
  const [first, last] = days ?? [];
  return {
    version: 1,
    table: name,
    id,
    table_version: version,
    committed: committed === null ? null : new Date(committed).toISOString(),
    rows,
    files,
    bytes,
    days: first === undefined || last === undefined ? null : { first, last },
    columns,
  };
}
