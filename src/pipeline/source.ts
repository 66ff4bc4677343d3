import { createHash, type Hash } from "node:crypto";
import type { ObjectReader } from "../storage/port.ts";
import type { Arena } from "./arena.ts";
import { badByte, checkStart, firstBadByte, lastBoundary } from "./gate.ts";

/** Bytes one after the other: an object that is read, or one that is landing. */
export type Pull = ObjectReader["pull"];

/** Where a rejected row stood in the object as it came, and why it is no reading. */
export interface Origin {
  /** See `rejects.ts`. */
  readonly reason: number;
  /** Its first physical line, 1-based. */
  readonly line: number;
  /** Of its first byte in the object. */
  readonly byteOffset: number;
  /** Its bytes, without line end: `b[from..to)`. */
  readonly b: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** What the rule says that has rejected it; absent of any other reason. */
  readonly rule?: string;
}

/**
 * The seam between an object and the scanner: turns bytes of whatever form into rows of the data contract, slice by slice,
 * in an arena. Rows are UTF-8 CSV with the contract's columns; a row that the source itself has to reject is one that the
 * scanner rejects, too, and `originOf` says why.
 *
 * The same bytes give the same rows, origins and errors whatever pieces they come in.
 */
export interface RowSource {
  /**
   * Brings the next rows into the arena, behind what no row has consumed yet; a promise only where the store needs one.
   * Throws what a file is refused with at its beginning (see `checkStart`), and what the store throws.
   */
  fill(): void | Promise<void>;
  /** Rows may be taken from `arena.b[arena.start..limit)`. */
  readonly limit: number;
  /** The offset of `arena.b[0]` in the text of all rows; of a file that is CSV itself, in the file. */
  readonly base: number;
  /** Nothing follows behind the limit. */
  readonly ended: boolean;
  /** The last row had no line end, and was given one (RFC 4180 §2.2). */
  readonly isLineEndAdded: boolean;
  /** Rows that end behind it, in the text of all rows, are the last row of the object or were made of it; asked at the end. */
  readonly lastRowStart: number;
  /**
   * Throws what the file is refused with for the bytes at the limit, once the rows before them were taken. `line` is the
   * one on which the first row begins that was not.
   */
  check(line: number): void;
  /** Null where there is nothing to say; asked at the end. */
  readonly remarks: SourceRemarks | null;
  /** Which measure a reading on this line of the text of all rows is of, -1 for none; called in the order of the rows. */
  measureAt(line: number): number;
  /** What the contract calls it. */
  measureName(measure: number): string;
  /** Where a row stood that is no reading: called in the order of the rows, with its place in the text of all rows. */
  originOf(reason: number, line: number, byteOffset: number, b: Uint8Array, from: number, to: number): Origin;
  /** Cells so far for which the object had no value and said so. */
  readonly absent: number;
  /** Records of the object so far that rows were made of; null where they are the rows. */
  readonly records: number | null;
  /** Bytes read of the object so far. */
  readonly size: number;
  /** SHA-256 of them, lower-case hex; to be called once, at the end. */
  digest(): string;
  /** Releases what is held, whatever happened; nothing of the object is pulled any more once that is through. */
  close(): void | Promise<void>;
}

/** What is known of an object beside its bytes. */
export interface SourceObject {
  readonly key: string;
  /** When it was put there, milliseconds since the epoch. Throws while it is landing. */
  readonly arrival: () => number;
  /** Bytes, where that is known before they come. */
  readonly size?: number | undefined;
  /** SHA-256 of its bytes once all have been pulled, lower-case hex, where somebody else computes it anyway. */
  readonly digest?: (() => Promise<string>) | undefined;
}

/** What a source that a contract describes has to say of itself at its end. */
export interface SourceRemarks {
  /** Measures of the contract that no record had a value for. */
  readonly unseen: readonly string[];
  /** Records that do not count, by what the contract keeps. */
  readonly left: number;
  /** Local times in an hour that exists twice, of which no step back of their device tells the pass: they may be an hour off. */
  readonly assumed: number;
}

/** Opens a source on the bytes of an object. */
export type OpenRows = (object: SourceObject, pull: Pull, arena: Arena) => RowSource;

/** The built-in source: the object's own bytes are the rows, so nothing is moved and every offset is that of the file. */
class TextRows implements RowSource {
  limit = 0;
  base = 0;
  ended = false;
  size = 0;
  isLineEndAdded = false;
  readonly absent = 0;
  readonly records = null;
  readonly remarks = null;
  readonly #key: string;
  readonly #pull: Pull;
  readonly #arena: Arena;
  /** Null where somebody else computes the digest. */
  readonly #hash: Hash | null;
  /** Nothing is left to be pulled. */
  #final = false;
  /** The offset up to which bytes are known to be text; -1 before the first. */
  #gated = -1;
  #isBad = false;

  constructor({ key, digest }: SourceObject, pull: Pull, arena: Arena) {
    this.#hash = digest === undefined ? createHash("sha256") : null;
    this.#key = key;
    this.#pull = pull;
    this.#arena = arena;
  }

  /** Reads until the chunk is full or the object ends. */
  fill(): void | Promise<void> {
    this.#arena.carry();
    while (this.#wants()) {
      const pulled = this.#next();
      if (typeof pulled !== "number") return this.#fillLater(pulled);
      this.#took(pulled);
    }
    this.#filled();
  }

  async #fillLater(first: Promise<number>): Promise<void> {
    this.#took(await first);
    while (this.#wants()) this.#took(await this.#next());
    this.#filled();
  }

  #wants(): boolean {
    return !this.#final && this.#arena.end < this.#arena.inputEnd;
  }

  #next(): number | Promise<number> {
    return this.#pull(this.#arena.b.subarray(this.#arena.end, this.#arena.inputEnd));
  }

  #took(bytes: number): void {
    const { b, end } = this.#arena;
    if (bytes === 0) this.#final = true;
    else this.#hash?.update(b.subarray(end, end + bytes));
    this.size += bytes;
    this.#arena.end += bytes;
  }

  /** Only what is text gets behind the gate: a chunk may end in the middle of a letter, and rows before a bad byte count. */
  #filled(): void {
    const arena = this.#arena;
    this.#endLine();
    this.base = this.size + (this.isLineEndAdded ? 1 : 0) - arena.end;
    if (this.#gated < 0) {
      arena.start += checkStart(arena.b, arena.start, arena.end, this.#key);
      this.#gated = this.base + arena.start;
    }
    const from = this.#gated - this.base;
    const boundary = this.#final ? arena.end : lastBoundary(arena.b, from, arena.end);
    const bad = firstBadByte(arena.b, from, boundary);
    this.#gated = this.base + boundary;
    this.#isBad = bad >= 0;
    this.limit = this.#isBad ? bad : boundary;
    this.ended = this.#final && !this.#isBad;
  }

  #endLine(): void {
    const { b, start, end } = this.#arena;
    if (!this.#final || this.isLineEndAdded || end === start || b[end - 1] === 10 || b[end - 1] === 13) return;
    b[end] = 10;
    this.#arena.end++;
    this.isLineEndAdded = true;
  }

  check(line: number): void {
    if (!this.#isBad) return;
    const { b, start } = this.#arena;
    const at = line + lineEnds(b, start, this.limit);
    throw badByte(b, this.limit, this.#key, at, this.base + this.limit);
  }

  originOf(reason: number, line: number, byteOffset: number, b: Uint8Array, from: number, to: number): Origin {
    return { reason, line, byteOffset, b, from, to };
  }

  /** Only a row that ends with the text is its last one. */
  get lastRowStart(): number {
    return this.base + this.limit - 1;
  }

  measureAt(): number {
    return -1;
  }

  measureName(): string {
    return "";
  }

  digest(): string {
    return this.#hash?.digest("hex") ?? "";
  }

  close(): void {}
}

export const openText: OpenRows = (object, pull, arena) => new TextRows(object, pull, arena);

function lineEnds(b: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let p = from; p < to; p++) if (b[p] === 10 || (b[p] === 13 && b[p + 1] !== 10)) lines++;
  return lines;
}
