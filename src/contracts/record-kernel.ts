import { isLittleEndian } from "../pipeline/endianness.ts";
import { type Expected, SKIPPED } from "./expected-records.ts";
import { RECORD_KERNEL_MODULE } from "./record-kernel-module.ts";

const PAGE_BYTES = 65_536;
/** In front of the rooms, see `kernel/json/layout.ts`; behind them one more, for a kernel reads some bytes beyond what it is told of. */
const OWN_PAGES = 4;
const PAGES_BEHIND = 1;
/** As many as the module says that there may be: 1 GiB of addresses, of which those are memory that are asked for. */
const MAX_PAGES = 16_384;
/** Of a record: more goes the long way, so that all that is reckoned with fits into 32 bits. */
const MAX_RECORD_BYTES = 1024 * 1024;
/** Numbers of each value and each measure. */
const [VALUE_FIELDS, MEASURE_FIELDS] = [3, 5];

/** As much of the standard as is used here; Node's types have it from 22 on. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: Exports };
};

/** What is there of it never moves: it only becomes longer. */
interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

type Exports = Readonly<
  Record<
    | "KINDS"
    | "COUNTS"
    | "MAX_VALUES"
    | "MAX_MEASURES"
    | "VALUES"
    | "MEASURES"
    | "SEEN"
    | "TEXT_BYTES"
    | "TEXTS"
    | "RESULT",
    { readonly value: number }
  >
> & { take(...parameters: number[]): number };

/**
 * WebAssembly that makes rows of records which are like one before them, and the memory in which it sees them and another thread
 * sees what was made. It is never needed, and says the same as the JavaScript that makes rows where there is none.
 */
export class RecordKernel {
  /** Of the last {@link take}: where the last record begins and ends, where the rows end, where those of the last record begin, and cells without a value. */
  readonly result: Int32Array;
  /** 1 for each measure that had a value. */
  readonly seen: Uint8Array;
  readonly #memory: SharedMemory;
  /** What its memory is called: another buffer each time it has grown, of the same bytes. */
  readonly #buffers = new WeakSet<object>();
  readonly #exports: Exports;
  /** Of each kind: how many values it has, and how many records of it were taken. */
  readonly #counts: Int32Array;
  readonly #texts: Uint8Array;
  #kinds = 0;
  #textsEnd = 0;
  #measures = 0;
  #between = 0;
  #betweenLength = 0;
  /** What is the same in all rows of a record, in bytes. */
  #most = 0;

  private constructor() {
    const pages = OWN_PAGES + PAGES_BEHIND;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
    const module = new WebAssembly.Module(Buffer.from(RECORD_KERNEL_MODULE, "base64"));
    this.#exports = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
    const { KINDS, COUNTS, RESULT, SEEN, MAX_MEASURES, TEXTS, TEXT_BYTES } = this.#exports;
    const { buffer } = this.#memory;
    this.result = new Int32Array(buffer, RESULT.value, 5);
    this.seen = new Uint8Array(buffer, SEEN.value, MAX_MEASURES.value);
    this.#counts = new Int32Array(buffer, COUNTS.value, 2 * KINDS.value);
    this.#texts = new Uint8Array(buffer, TEXTS.value, KINDS.value * TEXT_BYTES.value);
  }

  /** Null where there is no WebAssembly, or none with SIMD and shared memory. */
  static open(): RecordKernel | null {
    if (!isLittleEndian()) return null;
    try {
      return new RecordKernel();
    } catch {
      return null;
    }
  }

  /** So much more of its memory; null where there is no more. */
  room(bytes: number): Buffer | null {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    try {
      const before = this.#memory.grow(pages);
      const { buffer } = this.#memory;
      this.#buffers.add(buffer);
      return Buffer.from(buffer, (before - PAGES_BEHIND) * PAGE_BYTES, bytes);
    } catch {
      return null;
    }
  }

  /** Whether bytes stand where it sees them. */
  holds({ buffer }: Uint8Array): boolean {
    return this.#buffers.has(buffer);
  }

  /** Records of another source are to come: none are expected. */
  forget(): void {
    this.#kinds = 0;
    this.seen.fill(0);
  }

  /**
   * From now on these records are taken, too; where there are too many kinds, no more of the one of which fewest were. Returns
   * the number of the kind, or -1 where it is more than can be remembered.
   */
  expect({ values, close, measures, between }: Expected): number {
    const { KINDS, MAX_VALUES, MAX_MEASURES, VALUES, MEASURES, TEXT_BYTES } = this.#exports;
    const texts = [...values.map(({ before }) => before), close, between].concat(
      measures.flatMap(({ before, after }) => [before, after]),
    );
    const bytes = texts.reduce((sum, { length }) => sum + keptBytes(length), 0);
    if (values.length > MAX_VALUES.value || measures.length > MAX_MEASURES.value || bytes > TEXT_BYTES.value) return -1;
    const kind = this.#kinds < KINDS.value ? this.#kinds++ : this.#rarest();
    this.#textsEnd = kind * TEXT_BYTES.value;
    this.#counts.set([values.length, 0], 2 * kind);
    const { buffer } = this.#memory;
    const valuesAt = VALUES.value + kind * (MAX_VALUES.value + 1) * VALUE_FIELDS * 4;
    const told = new Int32Array(buffer, valuesAt, (values.length + 1) * VALUE_FIELDS);
    for (const [i, { before, role }] of [...values, { before: close, role: SKIPPED }].entries())
      told.set([this.#keep(before), before.length, role], i * VALUE_FIELDS);
    const measuresAt = MEASURES.value + kind * MAX_MEASURES.value * MEASURE_FIELDS * 4;
    const made = new Int32Array(buffer, measuresAt, measures.length * MEASURE_FIELDS);
    for (const [i, { value, before, after }] of measures.entries())
      made.set([value, this.#keep(before), before.length, this.#keep(after), after.length], i * MEASURE_FIELDS);
    // All kinds of a source are of one plan, so that what stands between time and device, and the measures, are the same in all.
    this.#between = this.#keep(between);
    this.#betweenLength = between.length;
    this.#measures = measures.length;
    this.#most = measures.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
    return kind;
  }

  /** The kind of which fewest records were taken since this was asked last. */
  #rarest(): number {
    let rarest = 0;
    for (let kind = 0; kind < this.#kinds; kind++)
      if (this.#counts[2 * kind + 1] < this.#counts[2 * rarest + 1]) rarest = kind;
    for (let kind = 0; kind < this.#kinds; kind++) this.#counts[2 * kind + 1] = 0;
    return rarest;
  }

  /** Where they stand then, with zeros behind them up to a multiple of 16. */
  #keep(bytes: Uint8Array): number {
    const at = this.#textsEnd;
    this.#textsEnd += keptBytes(bytes.length);
    this.#texts.fill(0, at, this.#textsEnd).set(bytes, at);
    return this.#texts.byteOffset + at;
  }

  /**
   * Makes rows, from `out[at]` on, of records in `b` behind the line end at `start`, of which none ends behind the line feed at
   * `lastLineFeed` or is longer than `maxRecordBytes`, up to the first that is not expected or has no room; how many those are.
   * See {@link result}: its positions are those of the memory.
   */
  take(b: Buffer, start: number, lastLineFeed: number, maxRecordBytes: number, out: Buffer, at: number): number {
    return this.#exports.take(
      b.byteOffset + start,
      b.byteOffset + lastLineFeed,
      this.#kinds,
      this.#measures,
      this.#between,
      this.#betweenLength,
      this.#most,
      Math.min(maxRecordBytes, MAX_RECORD_BYTES),
      out.byteOffset + at,
      out.byteOffset + out.length,
    );
  }
}

function keptBytes(length: number): number {
  return (Math.floor(length / 16) + 1) * 16;
}
