import type { RowCounts } from "../ledger/receipts.ts";
import { Arena } from "./arena.ts";
import type { Judge } from "./judge.ts";
import { Kernel } from "./kernel.ts";
import { Scanner } from "./scanner.ts";
import type { PipelineSettings } from "./settings.ts";
import type { ReadingSink, RowSink, RowTrace } from "./sinks.ts";
import type { OpenRows, Pull, RowSource, SourceObject, SourceRemarks } from "./source.ts";

/** Slices between two breaths, in which signals, timers and progress get their turn: 16 MB, some 50 ms. */
const SLICES_PER_TURN = 64;
/** The smallest chunk: most sources are small, and memory for the largest would be set to zero for each of them. */
const MIN_CHUNK_BYTES = 4096;

/** From this size on a kernel saves more than its memory takes, some millisecond for each file where many are read. */
const KERNEL_BYTES = 1024 * 1024;

export interface ScanOptions {
  readonly settings: PipelineSettings;
  readonly threshold: number;
  readonly openRows: OpenRows;
  readonly judge: Judge | null;
  readonly readings: ReadingSink;
  readonly sink: (arena: Arena) => RowSink;
  readonly trace?: RowTrace | undefined;
  /** Called now and then with the bytes and rows read so far. */
  readonly onProgress?: ((bytes: number, rows: number) => void) | undefined;
  /** Reads no further once there were so many bytes; a row that is not whole by then is left out. */
  readonly maxBytes?: number | undefined;
}

export interface Scanned {
  readonly counts: RowCounts;
  /** Cells for which the object had no value and said so; 0 of a file that is CSV itself. */
  readonly absent: number;
  /** Records of the object that rows were made of; null where they are the rows. */
  readonly records: number | null;
  readonly remarks: SourceRemarks | null;
  /** Readings that a rule, by its name, rejected or made an anomaly; null where there are no rules. */
  readonly ruled: Readonly<Record<string, number>> | null;
  /** Rules that were for no reading. */
  readonly unmet: readonly string[];
  /** Its last row is a reading and has no line end. */
  readonly isLastUnterminated: boolean;
  readonly multilineRows: number;
  /** The physical line of the first of them; 0 where there is none. */
  readonly firstMultilineRow: number;
  /** Bytes read, and their SHA-256. */
  readonly size: number;
  readonly sha256: string;
}

/**
 * Streams an object once through the scanner: fill, scan, drain, in constant memory.
 * The same bytes give the same calls and the same error whatever the chunks. Throws the data faults of a file.
 */
export async function scanObject(object: SourceObject, pull: Pull, options: ScanOptions): Promise<Scanned> {
  const { size = Number.POSITIVE_INFINITY } = object;
  let kernel: Kernel | null = null;
  const memory = (bytes: number) => {
    kernel = mayUseKernel(size, options) ? Kernel.open(bytes) : null;
    return kernel?.b;
  };
  const arena = new Arena(Math.min(options.settings.chunkBytes, Math.max(MIN_CHUNK_BYTES, size + 1)), memory);
  const source = options.openRows(object, pull, arena);
  try {
    const scanned = await scanRows(object.key, source, arena, kernel, options);
    return object.digest === undefined ? scanned : { ...scanned, sha256: await object.digest() };
  } finally {
    await source.close();
  }
}

/** What looks at each row by itself needs the scanner's own loop, but where it takes many at once. */
function mayUseKernel(size: number, { judge, trace, readings }: ScanOptions): boolean {
  if (size < KERNEL_BYTES) return false;
  if (trace !== undefined) return trace.plain !== undefined && judge === null;
  if (readings.gatherIn === undefined) return false;
  return judge === null || !judge.asksMeasure;
}

async function scanRows(
  key: string,
  source: RowSource,
  arena: Arena,
  kernel: Kernel | null,
  options: ScanOptions,
): Promise<Scanned> {
  const { settings, readings, threshold, judge, trace = null, maxBytes = Number.POSITIVE_INFINITY } = options;
  const sink = options.sink(arena);
  judge?.begin(source);
  // What is made of a record may be longer than that, and the record was held to the limit.
  const maxRowBytes = source.records === null ? settings.maxRowBytes : Number.MAX_SAFE_INTEGER;
  const scanner = new Scanner({ key, threshold, maxRowBytes, readings, sink, source, judge, trace });

  for (let slice = 1; !source.ended && source.size < maxBytes; slice++) {
    const filled = source.fill();
    if (filled !== undefined) await filled;
    arena.start = scanner.scan(arena.b, arena.start, source.limit, source.base, source.ended, kernel);
    source.check(scanner.line);
    const drained = sink.drain();
    if (drained !== undefined) await drained;
    if (slice % SLICES_PER_TURN === 0) await turn(options, source.size, scanner.counts().in);
  }
  const { multilineRows, firstMultilineRow, lastReadingEnd } = scanner;
  const isLastUnterminated = source.isLineEndAdded && lastReadingEnd > source.lastRowStart;
  const { absent, records, remarks, size } = source;
  return {
    ...{
      counts: scanner.counts(),
      absent,
      records,
      remarks,
      ruled: judge?.counts() ?? null,
      unmet: judge?.unmet() ?? [],
      isLastUnterminated,
      multilineRows,
      firstMultilineRow,
    },
    ...{ size, sha256: source.digest() },
  };
}

async function turn(options: ScanOptions, bytes: number, rows: number): Promise<void> {
  options.onProgress?.(bytes, rows);
  await new Promise((resolve) => setImmediate(resolve));
}
