import { MARGIN_BYTES } from "./arena.ts";
import { HASH_MULTIPLIER, HASH_SEED } from "./devices.ts";
import { isLittleEndian } from "./endianness.ts";
import type { Header } from "./header.ts";
import type { Judge } from "./judge.ts";
import { KERNEL_MODULE } from "./kernel-module.ts";
import type { PlainGroup, ReadingGroup, RowTrace, ScannerOptions } from "./sinks.ts";

const INT32_MAX = 0x7fffffff;
const PAGE_BYTES = 65_536;
/** In front of the bytes: see `kernel/columns.ts`. */
const OWN_PAGES = 10;
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
  Record<"GROUP" | "MAX_COLUMNS" | "MAX_RULES" | "ORIGIN" | "ROLES" | "RULED" | "STATE" | "VALUES" | "SIDES", Address> &
    Record<"DEVICES" | "ROWS" | "STARTS" | "LENGTHS" | "HASHES", Address> &
    Record<"SCORES" | "ROW_STARTS" | "ROW_ENDS" | "TIME_STARTS" | "TIME_ENDS" | "UNIT_STARTS" | "UNIT_ENDS", Address>
> & {
  prepare(columns: number, threshold: number, maxRowBytes: number, seed: number, multiplier: number): void;
  scan(lastLineFeed: number, gathered: number, asks: number): number;
  scanJudged(lastLineFeed: number, gathered: number, asks: number): number;
  scanTraced(lastLineFeed: number, gathered: number, asks: number): number;
  learn(index: number, device: number): void;
  limit(...parameters: number[]): number;
};

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
  readonly #plain: PlainGroup;
  #groups = 0;
  #asks = true;
  readonly #exports: Exports;
  readonly #roles: Uint8Array;
  readonly #state: Int32Array;
  /** How many readings of the last {@link take} each rule has made anomalies. */
  readonly #ruled: Int32Array;

  private constructor(module: object, bytes: number) {
    const pages = OWN_PAGES + Math.ceil((bytes + MARGIN_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    const { buffer } = memory;
    const { GROUP, MAX_COLUMNS, ORIGIN, ROLES, STATE, VALUES, SIDES, SCORES } = exports;
    const integers = ({ value }: Address) => new Int32Array(buffer, value, GROUP.value);
    this.b = Buffer.from(buffer, ORIGIN.value, bytes);
    const columns = {
      values: new Float64Array(buffer, VALUES.value, GROUP.value),
      sides: new Uint8Array(buffer, SIDES.value, GROUP.value),
      devices: integers(exports.DEVICES),
      rows: integers(exports.ROWS),
      starts: integers(exports.STARTS),
      lengths: integers(exports.LENGTHS),
      hashes: integers(exports.HASHES),
    };
    this.#group = {
      size: 0,
      unknown: 0,
      ...columns,
      learn: (b, index, device) => {
        if (b === this.b) exports.learn(index, device);
      },
    };
    this.#plain = {
      ...columns,
      scores: new Float64Array(buffer, SCORES.value, GROUP.value),
      rowStarts: integers(exports.ROW_STARTS),
      rowEnds: integers(exports.ROW_ENDS),
      timeStarts: integers(exports.TIME_STARTS),
      timeEnds: integers(exports.TIME_ENDS),
      unitStarts: integers(exports.UNIT_STARTS),
      unitEnds: integers(exports.UNIT_ENDS),
      learn: (index, device) => exports.learn(index, device),
    };
    this.#exports = exports;
    this.#roles = new Uint8Array(buffer, ROLES.value, MAX_COLUMNS.value);
    this.#ruled = new Int32Array(buffer, exports.RULED.value, exports.MAX_RULES.value);
    this.#state = new Int32Array(buffer, STATE.value, 11);
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
  prepare(b: Buffer, { columns, roles }: Header, options: ScannerOptions): boolean {
    const { sink, readings, trace, threshold, maxRowBytes } = options;
    if (b !== this.b || columns > this.#roles.length) return false;
    if (trace === null) {
      if (sink.ends === undefined || readings.gatherIn === undefined) return false;
      readings.gatherIn(this.#group);
    } else if (trace.plain === undefined) return false;
    this.#roles.set(roles);
    this.#exports.prepare(columns, threshold, Math.min(maxRowBytes, INT32_MAX), HASH_SEED, HASH_MULTIPLIER);
    return true;
  }

  /**
   * Takes rows from `start` on that end with a line feed at or before `lastLineFeed`, up to the first that it is not sure of,
   * whose start it returns. Hands them to the sinks for which it was prepared.
   */
  take(start: number, lastLineFeed: number, { readings, judge, sink, trace }: ScannerOptions): number {
    if (trace !== null) return this.#takeTraced(start, lastLineFeed, trace);
    const scan = judge === null ? this.#exports.scan : this.#exports.scanJudged;
    const { ends = NOWHERE } = sink;
    const [group, state, full] = [this.#group, this.#state, this.#group.sides.length];
    this.silver = 0;
    this.anomalies = 0;
    // Where there are rules it takes none of a device that it does not know.
    if (judge !== null && group.unknown > 0) readings.flush(this.b);
    state[0] = start;
    state[1] = ends[0];
    state[2] = ends[1];
    for (;;) {
      const before = group.size;
      state[4] = group.unknown;
      group.size = scan(lastLineFeed, before, this.#asks ? 1 : 0);
      ends[0] = state[1];
      ends[1] = state[2];
      this.silver += group.size - before - state[3];
      this.anomalies += state[3];
      group.unknown = state[4];
      if (judge !== null && state[10] > 0) this.#count(judge);
      if (judge !== null && state[5] >= 0 && this.#limit(judge)) continue;
      if (group.size < full) break;
      // All of the first groups are new. Where most still are later, asking for each costs more than it saves.
      this.#asks &&= ++this.#groups < LEARNING_GROUPS || group.unknown < full / 2;
      readings.flush(this.b);
    }
    return this.#taken();
  }

  #takeTraced(start: number, lastLineFeed: number, trace: RowTrace): number {
    const [state, full] = [this.#state, this.#plain.sides.length];
    this.silver = 0;
    this.anomalies = 0;
    state[0] = start;
    for (let size = full; size === full; ) {
      state[4] = 0;
      size = this.#exports.scanTraced(lastLineFeed, 0, this.#asks ? 1 : 0);
      this.silver += size - state[3];
      this.anomalies += state[3];
      trace.plain?.(this.b, this.#plain, size, state[4]);
      if (size === full) this.#asks &&= ++this.#groups < LEARNING_GROUPS || state[4] < full / 2;
    }
    return this.#taken();
  }

  /** Where the first row begins that was not taken. */
  #taken(): number {
    const pays = this.silver + this.anomalies >= PAYING_ROWS;
    this.rowsWithout = pays ? 1 : Math.min(this.rowsWithout * 2, MAX_ROWS_WITHOUT);
    return this.#state[0];
  }

  /** Tells what the judge says of the row that waits for it. False where that cannot be kept. */
  #limit(judge: Judge): boolean {
    const [, , , , , , idStart, idEnd, unitStart, unitEnd] = this.#state;
    const limits = judge.limits(this.b, idStart, idEnd, unitStart, unitEnd);
    const { threshold, least, greatest, lowest, highest, rule } = limits;
    return this.#exports.limit(threshold, least, greatest, lowest, highest, rule) !== 0;
  }

  #count(judge: Judge): void {
    const ruled = this.#ruled;
    for (let rule = 0; rule < ruled.length; rule++) if (ruled[rule] > 0) judge.count(rule, ruled[rule]);
    ruled.fill(0);
  }
}

function compile(): object | null {
  try {
    return isLittleEndian() ? new WebAssembly.Module(Buffer.from(KERNEL_MODULE, "base64")) : null;
  } catch {
    return null;
  }
}
