import { MARGIN_BYTES } from "./arena.ts";
import { HASH_MULTIPLIER, HASH_SEED } from "./devices.ts";
import type { Header } from "./header.ts";
import { KERNEL_MODULE } from "./kernel-module.ts";
import type { ReadingGroup, ScannerOptions } from "./sinks.ts";

const INT32_MAX = 0x7fffffff;
const PAGE_BYTES = 65_536;
/** In front of the bytes: see `kernel/columns.ts`. */
const OWN_PAGES = 5;
/** A kernel that stops after fewer rows costs more than it saves: more and more rows are read without it, up to so many. */
const PAYING_ROWS = 8;
const MAX_ROWS_WITHOUT = 4096;

/** As much of the standard as is used here; Node's types have it from 22 on. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: Exports };
};

type Address = { readonly value: number };

/** See `kernel/scan.ts` and `kernel/columns.ts`. */
type Exports = Readonly<
  Record<"GROUP" | "MAX_COLUMNS" | "ORIGIN" | "ROLES" | "RESULT" | "VALUES" | "SIDES", Address> &
    Record<"DEVICES" | "ROWS" | "STARTS" | "LENGTHS" | "HASHES", Address>
> & { scan(...parameters: number[]): number; learn(index: number, device: number): void };

const NOWHERE: [number, number] = [0, 0];
/** Groups after which most devices of a file have been seen, if it has no more than can be known. */
const LEARNING_GROUPS = 8;

/** The compiled module; null where this Node has none; compiled when it is first wanted in a thread. */
let compiled: object | null | undefined;

/**
 * A WebAssembly twin of the scanner's fast loop, and the memory in which both it and JavaScript see the bytes. It takes only
 * rows that the loop would take, and says the same of them, bit for bit.
 */
export class Kernel {
  /** The memory for the bytes. It never grows, so that it is never detached. */
  readonly b: Buffer;
  /** Rows of the last {@link take}. */
  silver = 0;
  anomalies = 0;
  /** Rows to be read without it before the next. */
  rowsWithout = 1;
  readonly #group: ReadingGroup;
  #groups = 0;
  #asks = true;
  readonly #exports: Exports;
  readonly #roles: Uint8Array;
  readonly #result: Int32Array;

  private constructor(module: object, bytes: number) {
    const pages = OWN_PAGES + Math.ceil((bytes + MARGIN_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    const { buffer } = memory;
    const { GROUP, MAX_COLUMNS, ORIGIN, ROLES, RESULT, VALUES, SIDES, DEVICES, ROWS, STARTS, LENGTHS, HASHES } =
      exports;
    this.b = Buffer.from(buffer, ORIGIN.value, bytes);
    this.#group = {
      size: 0,
      unknown: 0,
      values: new Float64Array(buffer, VALUES.value, GROUP.value),
      sides: new Uint8Array(buffer, SIDES.value, GROUP.value),
      devices: new Int32Array(buffer, DEVICES.value, GROUP.value),
      rows: new Int32Array(buffer, ROWS.value, GROUP.value),
      starts: new Int32Array(buffer, STARTS.value, GROUP.value),
      lengths: new Int32Array(buffer, LENGTHS.value, GROUP.value),
      hashes: new Int32Array(buffer, HASHES.value, GROUP.value),
      learn: exports.learn,
    };
    this.#exports = exports;
    this.#roles = new Uint8Array(buffer, ROLES.value, MAX_COLUMNS.value);
    this.#result = new Int32Array(buffer, RESULT.value, 5);
  }

  /** Null where there is no WebAssembly or no SIMD in it, or no memory: it is never needed. */
  static open(bytes: number): Kernel | null {
    try {
      if (compiled === undefined) compiled = compile();
      return compiled === null ? null : new Kernel(compiled, bytes);
    } catch {
      return null;
    }
  }

  /**
   * Gets ready for rows of this header in `b`. False where that is not its memory, or where there are columns or sinks of
   * which it does not know.
   */
  prepare(b: Buffer, { columns, roles }: Header, { sink, readings }: ScannerOptions): boolean {
    if (b !== this.b || columns > this.#roles.length || sink.ends === undefined) return false;
    if (readings.gatherIn === undefined) return false;
    readings.gatherIn(this.#group);
    this.#roles.set(roles);
    return true;
  }

  /**
   * Takes rows from `start` on that end with a line feed at or before `lastLineFeed`, up to the first that it is not sure of,
   * whose start it returns. Hands them to the sinks for which it was prepared.
   */
  take(start: number, lastLineFeed: number, columns: number, options: ScannerOptions): number {
    const { threshold, readings } = options;
    const { ends = NOWHERE } = options.sink;
    const maxRowBytes = Math.min(options.maxRowBytes, INT32_MAX);
    const [group, result, full] = [this.#group, this.#result, this.#group.sides.length];
    this.silver = 0;
    this.anomalies = 0;
    for (let p = start; ; ) {
      const before = group.size;
      group.size = this.#exports.scan(
        p,
        lastLineFeed,
        columns,
        threshold,
        maxRowBytes,
        HASH_SEED,
        HASH_MULTIPLIER,
        ends[0],
        ends[1],
        before,
        group.unknown,
        this.#asks ? 1 : 0,
      );
      p = result[0];
      ends[0] = result[1];
      ends[1] = result[2];
      this.silver += group.size - before - result[3];
      this.anomalies += result[3];
      group.unknown = result[4];
      if (group.size < full) break;
      // All of the first groups are new. Where most still are later, asking for each costs more than it saves.
      this.#asks &&= ++this.#groups < LEARNING_GROUPS || group.unknown < full / 2;
      readings.flush(this.b);
    }
    const pays = this.silver + this.anomalies >= PAYING_ROWS;
    this.rowsWithout = pays ? 1 : Math.min(this.rowsWithout * 2, MAX_ROWS_WITHOUT);
    return result[0];
  }
}

function compile(): object | null {
  try {
    return isLittleEndian() ? new WebAssembly.Module(Buffer.from(KERNEL_MODULE, "base64")) : null;
  } catch {
    return null;
  }
}

/** The memory of WebAssembly is; the arrays that JavaScript sees it through are as the processor is. */
function isLittleEndian(): boolean {
  return new Uint8Array(Int32Array.of(1).buffer)[0] === 1;
}
