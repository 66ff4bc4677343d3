import type { Encoding } from "hyparquet";
import { snappyCompressor } from "hysnappy";
import type { ValueBounds } from "./bounds.ts";
import { ByteSink } from "./byte-sink.ts";
import { packHybrid, packRun } from "./pack.ts";

/** A page of data, as the index of a file has it. */
export interface EncodedPage extends ValueBounds {
  /** With its header. */
  readonly bytes: number;
  /** The first of its rows, of those of the row group. */
  readonly firstRow: number;
  readonly nulls: number;
}

export interface EncodedChunk extends ValueBounds {
  readonly bytes: number;
  readonly uncompressed: number;
  /** Bytes of the dictionary page that it begins with; 0 without one. */
  readonly dictionary: number;
  /** Of its pages of data. */
  readonly encoding: Encoding;
  readonly nulls: number;
  readonly pages: readonly EncodedPage[];
  /** Whether its pages have bounds of their own. */
  readonly isSought: boolean;
}

/** By their numbers in the format ("parquet.thrift"). */
const [DICTIONARY_PAGE, DATA_PAGE_V2] = [2, 3];
const ENCODINGS = { PLAIN: 0, RLE: 3, DELTA_BINARY_PACKED: 5, RLE_DICTIONARY: 8 } as const;

/** The library's own is pure JavaScript and takes twice as long. */
let snappy: ((bytes: Uint8Array) => Uint8Array) | undefined;

const pageBytes = new ByteSink();
const levelBytes = new ByteSink();

/** A column chunk on its way into the bytes of a row group. */
export class Chunk {
  /** What is gathered for the next page. */
  readonly page = pageBytes;
  /** See {@link EncodedChunk.isSought}. */
  readonly isSought: boolean;
  readonly #to: ByteSink;
  readonly #start: number;
  readonly #pages: EncodedPage[] = [];
  #rows = 0;
  #nulls = 0;
  #uncompressed = 0;
  #dictionary = 0;

  constructor(to: ByteSink, isSought: boolean) {
    snappy ??= snappyCompressor();
    this.#to = to;
    this.#start = to.length;
    this.isSought = isSought;
    this.page.reset();
  }

  /** Makes a dictionary of so many values of the page. */
  dictionary(values: number): void {
    const packed = snappy!(this.page.written);
    const header = this.#header(DICTIONARY_PAGE, this.page.length, packed.length, 0x4c, [values, ENCODINGS.PLAIN]);
    this.#to.bytes(packed);
    this.#uncompressed += header + this.page.length;
    this.#dictionary = this.#to.length - this.#start;
    this.page.reset();
  }

  /** Makes a page of data of so many rows. `levels` has 1 for each that is there; all are, without it. */
  data(encoding: keyof typeof ENCODINGS, rows: number, bounds: ValueBounds, levels: Uint8Array | null = null): void {
    const { page } = this;
    let nulls = 0;
    levelBytes.reset();
    if (levels === null) packRun(levelBytes, 1, rows, 1);
    else {
      packHybrid(levelBytes, levels, 0, rows, 1);
      for (let i = 0; i < rows; i++) nulls += 1 - levels[i];
    }
    const start = this.#to.length;
    const packed = snappy!(page.written);
    const { length } = levelBytes;
    const facts = [rows, nulls, rows, ENCODINGS[encoding], length, 0];
    const header = this.#header(DATA_PAGE_V2, length + page.length, length + packed.length, 0x5c, facts);
    this.#to.bytes(levelBytes.written);
    this.#to.bytes(packed);
    this.#uncompressed += header + length + page.length;
    this.#pages.push({ bytes: this.#to.length - start, firstRow: this.#rows, nulls, ...bounds });
    this.#rows += rows;
    this.#nulls += nulls;
    page.reset();
  }

  done(encoding: Encoding, bounds: ValueBounds): EncodedChunk {
    return {
      bytes: this.#to.length - this.#start,
      uncompressed: this.#uncompressed,
      dictionary: this.#dictionary,
      encoding,
      nulls: this.#nulls,
      pages: this.#pages,
      isSought: this.isSought,
      ...bounds,
    };
  }

  /** A `PageHeader` in Thrift's compact protocol: every field is an i32 behind the one before, but for the struct of the page's kind. */
  #header(type: number, uncompressed: number, compressed: number, kind: number, facts: readonly number[]): number {
    const { length } = this.#to;
    const integer = (value: number) => {
      this.#to.byte(0x15);
      this.#to.varint(value * 2);
    };
    for (const value of [type, uncompressed, compressed]) integer(value);
    this.#to.byte(kind);
    for (const value of facts) integer(value);
    this.#to.byte(0);
    this.#to.byte(0);
    return this.#to.length - length;
  }
}
