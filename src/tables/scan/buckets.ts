import { forEachBounded } from "../../bounded.ts";
import type { Instant } from "../../pipeline/instant.ts";
import { millisOf } from "../days/day.ts";
import type { ParquetFile } from "../parquet/read.ts";
import { boundsOf, mightHold } from "./prune.ts";
import { type Enough, type ScanSource, scanPage } from "./scan.ts";
import { piecesOf, rowsOfDevice, wantedOf } from "./scan-file.ts";
import { meet, type Span, unitsIn } from "./units.ts";

/** Which stretch of a device's time is asked for, and how it is divided. */
export interface BucketQuery {
  readonly device: string;
  /** The stretch ends with the bucket of the newest reading before this instant; null: of the newest of all. */
  readonly to: Instant | null;
  /** Milliseconds; the first is a multiple of the second. */
  readonly spanMs: number;
  readonly bucketMs: number;
}

/** The lowest and the highest of some values, and how many they are. */
interface Extremes {
  count: number;
  min: number;
  max: number;
}

/** Readings of one bucket. */
export interface Bucket {
  /** Its start: a multiple of its length since the epoch, milliseconds. */
  readonly ms: number;
  readonly all: Extremes;
  /** Those of them that are anomalies; null where none is. */
  readonly anomalies: Extremes | null;
}

export interface Buckets {
  /** Milliseconds, the end is not included; null where there is no such reading. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** False where not all was looked at: then the stretch begins later, or no reading was found in much. */
  readonly complete: boolean;
  /** Those with readings, the earliest first. */
  readonly buckets: readonly Bucket[];
}

/** Files read at once: each waits for a store most of the time. */
const CONCURRENCY = 4;
/** So much is looked at for a stretch, days as a whole, the newest first. */
const ENOUGH: Enough = { rows: 20_000_000, files: 500 };
/** Pages that are looked at for the newest reading: a page ends where little is found in much. */
const PAGES = 4;

/**
 * What the readings of a device come to, bucket by bucket: memory has as many buckets as are asked for, whatever the readings are.
 * Those without a value are left out. Throws what `scanPage` throws.
 */
export async function scanBuckets(source: ScanSource, query: BucketQuery, enough = ENOUGH): Promise<Buckets> {
  const { device, spanMs, bucketMs } = query;
  const { newest, isSure } = await newestOf(source, query);
  if (newest === null) return { span: null, complete: isSure, buckets: [] };
  const to = (Math.floor(newest / bucketMs) + 1) * bucketMs;
  const [from, last] = [to - spanMs, query.to === null ? to - 1 : Math.min(to - 1, endOf(query.to))];
  const buckets = new Map<number, Bucket>();
  const units = unitsIn(source.units, [from, last], -1);
  let [rows, files, begin] = [0, 0, from];
  for (const [i, { span, files: inUnit }] of units.entries()) {
    const asked = meet(span, [from, last]);
    const wanted = inUnit.filter((file) => mightHold(boundsOf(file), device, asked));
    await forEachBounded(wanted, CONCURRENCY, async (file) => {
      const looked = await addFile(await source.open(file, wantedOf({ device }, asked)), query, asked, buckets);
      rows += looked;
      files++;
    });
    if (i === units.length - 1 || (rows < enough.rows && files < enough.files)) continue;
    [begin] = asked;
    break;
  }
  const found = [...buckets.values()].sort((a, b) => a.ms - b.ms);
  return { span: { from: begin, to }, complete: begin === from, buckets: found };
}

/** Milliseconds of the newest reading of a device; not sure where there is more to look at than is looked at. */
async function newestOf(source: ScanSource, { device, to }: BucketQuery) {
  const asked = { device, from: null, to, direction: -1, limit: 1, maxBytes: 1 } as const;
  let page = await scanPage(source, { ...asked, after: null });
  for (let pages = 1; page.readings.length === 0 && page.next !== null && pages < PAGES; pages++) {
    page = await scanPage(source, { ...asked, after: page.next });
  }
  return { newest: page.readings.at(0)?.ms ?? null, isSure: page.next === null };
}

/** The last millisecond that something before an instant can be of. */
function endOf({ ms, nanos }: Instant): number {
  return nanos === 0 ? ms - 1 : ms;
}

async function addFile(
  file: ParquetFile,
  { device, to, bucketMs }: BucketQuery,
  [first, last]: Span,
  buckets: Map<number, Bucket>,
): Promise<number> {
  let looked = 0;
  for (const piece of piecesOf(file)) {
    looked += piece.end - piece.start;
    const rows = await rowsOfDevice(file, piece, device);
    if (rows === null) continue;
    const read = (name: string) => (file.columns.includes(name) ? file.read(name, rows.piece) : []);
    const [times, values] = [await read("timestamp"), await read("value")];
    const [anomaly, nanos] = [await read("anomaly"), to === null ? [] : await read("nanos")];
    for (let i = 0; i < times.length; i++) {
      const [micros, value] = [times[i], values[i]];
      if (rows.isOf?.[i] !== 1 || typeof micros !== "bigint" || typeof value !== "number") continue;
      const ms = millisOf(micros);
      if (ms < first || ms > last || !Number.isFinite(value)) continue;
      if (ms === to?.ms && Number(micros - BigInt(ms) * 1000n) * 1000 + Number(nanos[i] ?? 0) >= to.nanos) continue;
      addValue(buckets, Math.floor(ms / bucketMs) * bucketMs, value, anomaly[i] === true);
    }
    // Decoding takes a while, and others wait.
    await new Promise((go) => setImmediate(go));
  }
  return looked;
}

function addValue(buckets: Map<number, Bucket>, ms: number, value: number, isAnomaly: boolean): void {
  const known = buckets.get(ms);
  const bucket = known ?? { ms, all: none(), anomalies: null };
  extend(bucket.all, value);
  if (isAnomaly) {
    const anomalies = bucket.anomalies ?? none();
    extend(anomalies, value);
    if (bucket.anomalies === null) buckets.set(ms, { ...bucket, anomalies });
  } else if (known === undefined) buckets.set(ms, bucket);
}

function none(): Extremes {
  return { count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

function extend(extremes: Extremes, value: number): void {
  extremes.count++;
  extremes.min = Math.min(extremes.min, value);
  extremes.max = Math.max(extremes.max, value);
}
