import { millisOf } from "../days/day.ts";
import type { ParquetFile, Sought } from "../parquet/read.ts";
import type { Nearest, PageQuery } from "./nearest.ts";
import { MAX_MS, type TableReading } from "./reading.ts";
import { meet, type Span } from "./units.ts";

/** Rows of a file. */
type Piece = { readonly start: number; readonly end: number };

/** A reading that may be wanted: its row in the file, and its time. */
interface Candidate {
  readonly row: number;
  readonly ms: number;
  readonly nanos: number;
}

/** Rows that are decoded at once. */
const PIECE_ROWS = 65_536;
/** Rows that are not wanted are read with their neighbours where they are no more than this, about a page of a column. */
const GAP_ROWS = 4096;

/** What can be told of the rows wanted before a file is opened. Only of ASCII texts all programs have one order. */
export function wantedOf({ device }: Pick<PageQuery, "device">, [first, last]: Span): Sought {
  const isPlain = device !== null && /^[\x20-\x7e]*$/.test(device);
  const micros = (ms: number, more: bigint) => BigInt(Math.min(Math.max(ms, -MAX_MS), MAX_MS)) * 1000n + more;
  return {
    ...(isPlain ? { equal: { device_id: device } } : {}),
    between: { timestamp: [micros(first, 0n), micros(last, 999n)] },
  };
}

/** Offers the readings of a file that may be wanted, of this span of time. Returns how many rows were looked at. */
export async function scanFile(
  file: ParquetFile,
  { device }: PageQuery,
  unit: Span,
  carried: readonly string[],
  nearest: Nearest,
): Promise<number> {
  let looked = 0;
  for (const piece of piecesOf(file)) {
    looked += piece.end - piece.start;
    const rows = device === null ? { piece, isOf: null } : await rowsOfDevice(file, piece, device);
    if (rows === null) continue;
    const candidates = await candidatesIn(file, rows, unit, nearest);
    for (const cluster of clustersOf(nearestOf(candidates, nearest))) await offer(file, cluster, carried, nearest);
    // Decoding takes a while, and others wait.
    await new Promise((go) => setImmediate(go));
  }
  return looked;
}

/** What of a file may be wanted, in pieces that are decoded at once. */
export function* piecesOf({ ranges }: Pick<ParquetFile, "ranges">, rows = PIECE_ROWS): Generator<Piece> {
  for (const range of ranges) {
    for (let { start } = range; start < range.end; start += rows) {
      yield { start, end: Math.min(start + rows, range.end) };
    }
  }
}

interface Rows {
  readonly piece: Piece;
  /** Which of them are the device's, from the start of the piece; null: all. */
  readonly isOf: Uint8Array | null;
}

/** From the first to the last row of a device; null where it has none. */
export async function rowsOfDevice(file: ParquetFile, piece: Piece, device: string): Promise<Rows | null> {
  if (!file.columns.includes("device_id")) return null;
  const ids = await file.read("device_id", piece);
  let [first, last] = [-1, -1];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== device) continue;
    if (first < 0) first = i;
    last = i;
  }
  if (first < 0) return null;
  const isOf = Uint8Array.from({ length: last - first + 1 }, (_, i) => (ids[first + i] === device ? 1 : 0));
  return { piece: { start: piece.start + first, end: piece.start + last + 1 }, isOf };
}

async function candidatesIn(file: ParquetFile, rows: Rows, unit: Span, nearest: Nearest): Promise<Candidate[]> {
  const { piece, isOf } = rows;
  const [first, last] = meet(unit, nearest.span());
  if (first > last || !file.columns.includes("timestamp")) return [];
  const times = await file.read("timestamp", piece);
  const inSpan: Candidate[] = [];
  for (let i = 0; i < times.length; i++) {
    if (isOf !== null && isOf[i] === 0) continue;
    const micros = times[i];
    // Null, or of a type that is no time.
    if (typeof micros !== "bigint") continue;
    const ms = millisOf(micros);
    if (ms < first || ms > last) continue;
    inSpan.push({ row: piece.start + i, ms, nanos: Number(micros - BigInt(ms) * 1000n) * 1000 });
  }
  if (inSpan.length === 0) return [];
  const nanos = file.columns.includes("nanos") ? await file.read("nanos", piece) : [];
  return inSpan
    .map((one) => ({ ...one, nanos: one.nanos + Number(nanos[one.row - piece.start] ?? 0) }))
    .filter((one) => nearest.wants(one));
}

/** Of many, those that can be among the nearest: not more than these, but all that are of one instant with the last. */
function nearestOf(candidates: Candidate[], nearest: Nearest): Candidate[] {
  const { compare, isPassed, capacity } = nearest;
  const passed = candidates.filter(isPassed);
  const ahead = candidates.filter((one) => !isPassed(one));
  if (ahead.length > capacity) {
    ahead.sort(compare);
    const last = ahead[capacity - 1];
    let end = capacity;
    while (end < ahead.length && compare(ahead[end], last) === 0) end++;
    ahead.length = end;
  }
  return [...passed, ...ahead];
}

/** Rows that are near to each other in the file are read together. */
function* clustersOf(candidates: Candidate[]): Generator<readonly Candidate[]> {
  candidates.sort((a, b) => a.row - b.row);
  let cluster: Candidate[] = [];
  for (const one of candidates) {
    const before = cluster.at(-1);
    if (before !== undefined && one.row - before.row > GAP_ROWS) {
      yield cluster;
      cluster = [];
    }
    cluster.push(one);
  }
  if (cluster.length > 0) yield cluster;
}

async function offer(
  file: ParquetFile,
  cluster: readonly Candidate[],
  carried: readonly string[],
  nearest: Nearest,
): Promise<void> {
  const piece = { start: cluster[0].row, end: cluster[cluster.length - 1].row + 1 };
  const wanted = ["device_id", "value", "unit", "anomaly_score", "anomaly", "batch", ...carried];
  const names = wanted.filter((name) => file.columns.includes(name));
  const columns = new Map(await Promise.all(names.map(async (name) => [name, await file.read(name, piece)] as const)));
  for (const { row, ms, nanos } of cluster) {
    const of = (name: string) => columns.get(name)?.[row - piece.start] ?? null;
    nearest.offer({
      ms,
      nanos,
      device: of("device_id") as string | null,
      value: finite(of("value")),
      unit: of("unit") as string | null,
      score: finite(of("anomaly_score")),
      anomaly: of("anomaly") as boolean | null,
      batch: of("batch") as string | null,
      carried: carriedOf(carried, of),
    });
  }
}

function carriedOf(names: readonly string[], of: (name: string) => unknown): TableReading["carried"] {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = of(name);
      return typeof text === "string" ? [[name, text]] : [];
    }),
  );
}

/** JSON knows no others; none is written here. */
function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
