import { RECORD_KERNEL_MODULE } from "./record-kernel-module.ts";

const PAGE_BYTES = 65_536;
/** In front of the rooms, see `kernel/json/layout.ts`; behind them one more, for a kernel reads some bytes beyond what it is told of. */
const OWN_PAGES = 2;
const PAGES_BEHIND = 1;
/** As many as the module says that there may be: 1 GiB of addresses, of which those are memory that are asked for. */
const MAX_PAGES = 16_384;
/** Of a record: more goes the long way, so that all that is reckoned with fits into 32 bits. */
const MAX_RECORD_BYTES = 1024 * 1024;
/** Numbers of each value and each measure. */
const [VALUE_FIELDS, MEASURE_FIELDS] = [3, 5];
/** What {@link ExpectedValue} is asked for. */
export const [SKIPPED, TIME, ID, MEASURED] = [0, 1, 2, 3];

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
    "MAX_VALUES" | "MAX_MEASURES" | "VALUES" | "MEASURES" | "SEEN" | "TEXT_BYTES" | "TEXTS" | "RESULT",
    { readonly value: number }
  >
> & { take(...parameters: number[]): number };

/** A value of the records that are expected, and the bytes in front of it. */
interface ExpectedValue {
  readonly before: Uint8Array;
  readonly role: number;
}

interface ExpectedMeasure {
  /** The number of its value; -1 where records have none. */
  readonly value: number;
  /** In each row, what stands in front of the value, and behind it. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Records that a kernel is to take, and the rows it is to make of them. */
export interface Expected {
  readonly values: readonly ExpectedValue[];
  /** Behind all values. */
  readonly close: Uint8Array;
  readonly measures: readonly ExpectedMeasure[];
  /** What stands in each row between the time and the id's part that the record tells. */
  readonly between: Uint8Array;
}

/**
 * WebAssembly that makes rows of records which are like one before them, and the memory in which it sees them and another thread
 * sees what was made. It is never needed, and says the same as the JavaScript that makes rows where there is none.
 */
export class RecordKernel {
  /** Of the last {@link take}: where the last record begins and ends, where the rows end, where those of the last record begin, and cells without a value. */
  readonly result: Int32Array;
  /** 1 for each measure that had a value since {@link expect}. */
  readonly seen: Uint8Array;
  readonly #memory: SharedMemory;
  /** What its memory is called: another buffer each time it has grown, of the same bytes. */
  readonly #buffers = new WeakSet<object>();
  readonly #exports: Exports;
  readonly #texts: Uint8Array;
  #textsEnd = 0;
  #values = 0;
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
    const { RESULT, SEEN, MAX_MEASURES, TEXTS, TEXT_BYTES } = this.#exports;
    const { buffer } = this.#memory;
    this.result = new Int32Array(buffer, RESULT.value, 5);
    this.seen = new Uint8Array(buffer, SEEN.value, MAX_MEASURES.value);
    this.#texts = new Uint8Array(buffer, TEXTS.value, TEXT_BYTES.value);
  }

  /** Null where there is no WebAssembly, or none with SIMD and shared memory. */
  static open(): RecordKernel | null {
    // The memory of WebAssembly is little-endian; the arrays that JavaScript sees it through are as the processor is.
    if (new Uint8Array(Int32Array.of(1).buffer)[0] !== 1) return null;
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

  /** From now on these records are taken. False where that is more than it can remember. */
  expect({ values, close, measures, between }: Expected): boolean {
    const { MAX_VALUES, MAX_MEASURES, VALUES, MEASURES } = this.#exports;
    if (values.length > MAX_VALUES.value || measures.length > MAX_MEASURES.value) return false;
    this.#textsEnd = 0;
    const { buffer } = this.#memory;
    const told = new Int32Array(buffer, VALUES.value, (values.length + 1) * VALUE_FIELDS);
    for (const [i, { before, role }] of [...values, { before: close, role: SKIPPED }].entries())
      told.set([this.#keep(before), before.length, role], i * VALUE_FIELDS);
    const made = new Int32Array(buffer, MEASURES.value, measures.length * MEASURE_FIELDS);
    for (const [i, { value, before, after }] of measures.entries())
      made.set([value, this.#keep(before), before.length, this.#keep(after), after.length], i * MEASURE_FIELDS);
    this.#between = this.#keep(between);
    this.#betweenLength = between.length;
    this.#values = values.length;
    this.#measures = measures.length;
    this.#most = measures.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
    this.seen.fill(0);
    return this.#textsEnd <= this.#texts.length;
  }

  /** Where they stand then: with zeros behind them up to a multiple of 16, and no further than there is room. */
  #keep(bytes: Uint8Array): number {
    const at = this.#textsEnd;
    this.#textsEnd += (Math.floor(bytes.length / 16) + 1) * 16;
    if (this.#textsEnd <= this.#texts.length) this.#texts.fill(0, at, this.#textsEnd).set(bytes, at);
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
      this.#values,
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
