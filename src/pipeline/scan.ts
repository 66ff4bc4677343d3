import { createHash } from "node:crypto";
import type { RowCounts } from "../ledger/receipts.ts";
import type { ObjectReader } from "../storage/port.ts";
import { Arena } from "./arena.ts";
import type { DeviceTable } from "./devices.ts";
import { badByte, checkStart, firstBadByte, lastBoundary } from "./gate.ts";
import type { Header } from "./header.ts";
import { Scanner } from "./scanner.ts";
import type { PipelineSettings } from "./settings.ts";

/** Slices between two breaths, in which signals, timers and progress get their turn: 16 MB, some 50 ms. */
const SLICES_PER_TURN = 64;

/** What the rows of an object are routed into, slice by slice. */
export interface SliceSink {
  /** Once, before the first `drain`: rows of the same slice may have been routed already. */
  header(header: Header): void;
  rows(side: number, from: number, to: number): void;
  reject(reason: number, line: number, byteOffset: number, from: number, to: number): void;
  /** After each slice: hands on what was gathered. A promise only where the store needs one. */
  drain(): void | Promise<void>;
}

export interface ScanOptions {
  readonly settings: PipelineSettings;
  readonly threshold: number;
  readonly devices: DeviceTable;
  readonly sink: (arena: Arena) => SliceSink;
  /** Called now and then with the bytes and rows read so far. */
  readonly onProgress?: ((bytes: number, rows: number) => void) | undefined;
}

export interface Scanned {
  readonly header: Header;
  readonly counts: RowCounts;
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
 * Streams an object once through the scanner: fill, gate, scan, drain, in constant memory.
 * The same bytes give the same calls and the same error whatever the chunks. Throws the data faults of a file.
 */
export async function scanObject(reader: ObjectReader, options: ScanOptions): Promise<Scanned> {
  const { settings, devices, threshold } = options;
  const { key } = reader.head;
  const arena = new Arena(settings.chunkBytes);
  const sink = options.sink(arena);
  const source = new Source(reader, arena);
  const scanner = new Scanner({ key, threshold, maxRowBytes: settings.maxRowBytes, devices, sink });
  let header: Header | null = null;
  let gated = 0; // file offset up to which bytes passed the gate

  for (let slice = 1; ; slice++) {
    const filled = source.fill();
    if (filled !== undefined) await filled;
    if (slice === 1) {
      arena.start += checkStart(arena.b, arena.start, arena.end, key);
      gated = source.offsetOf(arena.start);
    }
    const base = source.offsetOf(0);
    const boundary = source.final ? arena.end : lastBoundary(arena.b, gated - base, arena.end);
    const bad = firstBadByte(arena.b, gated - base, boundary);
    gated = base + boundary;
    const end = bad < 0 ? boundary : bad;
    arena.start = scanner.scan(arena.b, arena.start, end, base, source.final && bad < 0);
    if (bad >= 0) throw badByte(arena.b, bad, key, scanner.line + lineEnds(arena.b, arena.start, bad), base + bad);
    if (header === null && scanner.header !== null) {
      header = scanner.header;
      sink.header(header);
    }
    const drained = sink.drain();
    if (drained !== undefined) await drained;
    if (source.final) break;
    if (slice % SLICES_PER_TURN === 0) await turn(options, source.size, scanner.counts().in);
  }
  if (header === null) throw new Error("the scanner ended without a header");
  const { multilineRows, firstMultilineRow, lastReadingEnd } = scanner;
  // A line end that the file does not have lies behind its last byte.
  const isLastUnterminated = lastReadingEnd > source.size;
  const counts = scanner.counts();
  const sha256 = source.digest();
  return { header, counts, isLastUnterminated, multilineRows, firstMultilineRow, size: source.size, sha256 };
}

async function turn(options: ScanOptions, bytes: number, rows: number): Promise<void> {
  options.onProgress?.(bytes, rows);
  await new Promise((resolve) => setImmediate(resolve));
}

function lineEnds(b: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let p = from; p < to; p++) if (b[p] === 10 || (b[p] === 13 && b[p + 1] !== 10)) lines++;
  return lines;
}

/** Fills the arena from a reader, chunk by chunk, and hashes what it reads. */
class Source {
  size = 0;
  final = false;
  readonly #reader: ObjectReader;
  readonly #arena: Arena;
  readonly #hash = createHash("sha256");
  /** 1 once the missing line end of the last row was added. */
  #added = 0;

  constructor(reader: ObjectReader, arena: Arena) {
    this.#reader = reader;
    this.#arena = arena;
  }

  /** The offset in the file of `arena.b[position]`. */
  offsetOf(position: number): number {
    return this.size - (this.#arena.end - position) + this.#added;
  }

  /** Reads until the chunk is full or the object ends. */
  fill(): void | Promise<void> {
    this.#arena.carry();
    while (this.#wants()) {
      const pulled = this.#pull();
      if (typeof pulled !== "number") return this.#fillLater(pulled);
      this.#took(pulled);
    }
    this.#endLine();
  }

  async #fillLater(first: Promise<number>): Promise<void> {
    this.#took(await first);
    while (this.#wants()) this.#took(await this.#pull());
    this.#endLine();
  }

  #wants(): boolean {
    return !this.final && this.#arena.end < this.#arena.inputEnd;
  }

  #pull(): number | Promise<number> {
    return this.#reader.pull(this.#arena.b.subarray(this.#arena.end, this.#arena.inputEnd));
  }

  #took(bytes: number): void {
    const { b, end } = this.#arena;
    if (bytes === 0) this.final = true;
    else this.#hash.update(b.subarray(end, end + bytes));
    this.size += bytes;
    this.#arena.end += bytes;
  }

  /** The last row of a file may lack its line end (RFC 4180 §2.2). */
  #endLine(): void {
    const { b, start, end } = this.#arena;
    if (!this.final || this.#added > 0 || end === start || b[end - 1] === 10 || b[end - 1] === 13) return;
    b[end] = 10;
    this.#arena.end++;
    this.#added = 1;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
