import type { Header } from "./header.ts";
import type { Judge } from "./judge.ts";
import type { Origin, RowSource } from "./source.ts";

/** Where the bytes of rows go. Called in row order, the header first. */
export interface RowSink {
  /** Once, before any row. */
  header(header: Header): void;
  /** Whole rows of one side, one after the other, each ended by LF: `b[from..to)` of the arena. */
  rows(side: number, from: number, to: number): void;
  /**
   * Where the rows of each side end in the arena, which moves on: whoever puts them there need not call {@link rows}. Absent
   * where each run of rows has to be looked at.
   */
  readonly ends?: [number, number];
  /** A row that is no valid reading. */
  reject(origin: Origin): void;
  /** After each slice: hands on what was gathered. A promise only where the store needs one. */
  drain(): void | Promise<void>;
}

/** Readings that are gathered, a column for each thing that {@link ReadingSink.add} is told of them. */
export interface ReadingGroup {
  /** How many there are. */
  size: number;
  /** How many there are whose device is not known. */
  unknown: number;
  readonly values: Float64Array;
  readonly sides: Uint8Array;
  /** The numbers of their devices; of one that is not known, its number is to be put there. */
  readonly devices: Int32Array;
  /** Of each reading whose device is not known: which reading it is, and its id as it is said elsewhere. */
  readonly rows: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Whoever takes them may change them. */
  readonly hashes: Int32Array;
  /**
   * Says which number the device has of the one with this index among those that are not known, whose id is in `b`. It is
   * known then, or not.
   */
  learn?(b: Uint8Array, index: number, device: number): void;
}

/** Readings whose rows are told at a glance: none has a quote in it, or a blank around its id or unit. Positions are those in the bytes. */
export interface PlainGroup extends Omit<ReadingGroup, "size" | "unknown" | "learn"> {
  readonly scores: Float64Array;
  readonly rowStarts: Int32Array;
  readonly rowEnds: Int32Array;
  readonly timeStarts: Int32Array;
  readonly timeEnds: Int32Array;
  readonly unitStarts: Int32Array;
  readonly unitEnds: Int32Array;
  /** See {@link ReadingGroup.learn}. */
  learn(index: number, device: number): void;
}

/** Where readings go: what is counted, shown or kept of them. Called in row order. */
export interface ReadingSink {
  /**
   * A reading of the device whose id is `b[idStart..idStart+idLength)`, at the time that is written as
   * `b[timeStart..timeEnd)` (see `timestamp.ts`). The bytes must stay where they are until {@link flush}. `hash` is what
   * `hashId` gives for the id before its last step; `side` is `SILVER_SIDE` or `ANOMALY_SIDE`.
   */
  add(
    b: Uint8Array,
    idStart: number,
    idLength: number,
    hash: number,
    value: number,
    side: number,
    timeStart: number,
    timeEnd: number,
  ): void;
  /**
   * From now on readings are gathered in this group, which others fill, too, and which {@link flush} empties. To be called
   * when no reading is waiting. Absent where their time is needed, too.
   */
  gatherIn?(group: ReadingGroup): void;
  /** The bytes of `b` are needed no more. */
  flush(b: Uint8Array): void;
}

/** Follows every row to where it goes, in their order; rejects are told to the {@link RowSink}. */
export interface RowTrace {
  /** A reading of `side`, whose row begins on this line and at this offset of the text of all rows: `b[from..to)`. */
  reading(line: number, byteOffset: number, side: number, b: Uint8Array, from: number, to: number): void;
  /**
   * Instead of {@link reading}, where this is there, of the first `size` readings in a group, of which the devices of the first `unknown`
   * among those are not known. The bytes of `b` are needed no more when it returns.
   */
  plain?(b: Buffer, group: PlainGroup, size: number, unknown: number): void;
  /** A row that is empty. */
  blank(line: number, byteOffset: number): void;
}

/** What a scanner stands between. */
export interface ScannerOptions {
  readonly key: string;
  /** A reading with a higher score is an anomaly. */
  readonly threshold: number;
  readonly maxRowBytes: number;
  readonly readings: ReadingSink;
  readonly sink: RowSink;
  readonly source: Pick<RowSource, "originOf" | "measureAt">;
  /** What rules say of readings; null where the threshold is all there is. */
  readonly judge: Judge | null;
  readonly trace: RowTrace | null;
}
