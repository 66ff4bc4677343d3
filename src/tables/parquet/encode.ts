import type { Encoding } from "hyparquet";
import { snappyCompressor } from "hysnappy";
import { ByteSink } from "./byte-sink.ts";
import { type ColumnType, type ColumnValues, NULL_TEXT, type TextValues } from "./columns.ts";
import { dictionaryOf } from "./numbers.ts";
import { packHybrid, packMicros, widthOf } from "./pack.ts";

/** A row group to be encoded: the types of its columns, and their values. */
export interface RowGroupValues {
  readonly types: readonly ColumnType[];
  readonly values: readonly ColumnValues[];
}

/** A row group as it stands in a file. */
export interface EncodedRowGroup {
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** Its columns, whose bytes follow one another. */
  readonly chunks: readonly EncodedChunk[];
}

export interface EncodedChunk {
  readonly bytes: number;
  readonly uncompressed: number;
  /** Bytes of the dictionary page that it begins with; 0 without one. */
  readonly dictionary: number;
  /** Of its one page of data. */
  readonly encoding: Encoding;
  readonly nulls: number;
  /** Absent where all is null; times in milliseconds, booleans as 0 and 1. */
  readonly min?: string | number;
  readonly max?: string | number;
}

/** By their numbers in the format ("parquet.thrift"). */
const [DICTIONARY_PAGE, DATA_PAGE_V2] = [2, 3];
const ENCODINGS = { PLAIN: 0, RLE: 3, DELTA_BINARY_PACKED: 5, RLE_DICTIONARY: 8 } as const;

/** The library's own is pure JavaScript and takes twice as long. */
let snappy: ((bytes: Uint8Array) => Uint8Array) | undefined;

/** The same values give the same bytes, in whatever process or thread. */
export function encodeRowGroup({ types, values }: RowGroupValues): EncodedRowGroup {
  snappy ??= snappyCompressor();
  const to = new ByteSink();
  const chunks = types.map((type, i) => encodeChunk(to, type, values[i]));
  return { rows: rowsIn(values[0]), bytes: to.written.slice(), chunks };
}

function rowsIn(values: ColumnValues): number {
  return "texts" in values ? values.numbers.length : values.length;
}

function encodeChunk(to: ByteSink, type: ColumnType, values: ColumnValues): EncodedChunk {
  const chunk = new Chunk(to, rowsIn(values));
  if ("texts" in values) return chunk.done(textChunk(chunk, values), textBounds(values));
  if (type === "timestamp") {
    packMicros(chunk.page, values as Float64Array);
    return chunk.done(chunk.data("DELTA_BINARY_PACKED"), bounds(values));
  }
  if (type === "boolean") {
    const runs = new ByteSink();
    packHybrid(runs, values as Uint8Array, 1);
    chunk.page.int32(runs.length);
    chunk.page.bytes(runs.written);
    return chunk.done(chunk.data("RLE"), bounds(values));
  }
  return numberChunk(chunk, values as Float64Array | Int32Array);
}

/** A dictionary where it at least halves them. */
function numberChunk(chunk: Chunk, values: Float64Array | Int32Array): EncodedChunk {
  const { length, BYTES_PER_ELEMENT: bytes } = values;
  const dictionary = dictionaryOf(values, Math.ceil(length / 2));
  if (
    dictionary === null ||
    !pays(length * bytes, dictionary.values.length * bytes, length, dictionary.values.length)
  ) {
    plain(chunk.page, values);
    return chunk.done(chunk.data("PLAIN"), bounds(values));
  }
  plain(chunk.page, dictionary.values);
  chunk.dictionary(dictionary.values.length);
  return chunk.done(chunk.numbers(dictionary.numbers, dictionary.values.length), bounds(dictionary.values));
}

function plain(page: ByteSink, values: Float64Array | Int32Array): void {
  page.room(values.byteLength);
  if (values instanceof Int32Array) for (const value of values) page.int32(value);
  else for (const value of values) page.double(value);
}

function textChunk(chunk: Chunk, { texts, numbers }: TextValues): Encoding {
  const bytes = texts.map((text) => Buffer.from(text, "utf8"));
  const { length } = numbers;
  let size = 4 * length;
  let present = numbers;
  const lengths = Int32Array.from(bytes, (one) => one.length);
  const nulls = countNulls(numbers);
  for (let i = 0; i < length; i++) size += numbers[i] === NULL_TEXT ? -4 : lengths[numbers[i]];
  if (nulls > 0) {
    present = numbers.filter((number) => number !== NULL_TEXT);
    chunk.levels(
      Uint8Array.from(numbers, (number) => (number === NULL_TEXT ? 0 : 1)),
      nulls,
    );
  }
  const distinct = bytes.reduce((sum, one) => sum + 4 + one.length, 0);
  const put = (one: Uint8Array) => {
    chunk.page.int32(one.length);
    chunk.page.bytes(one);
  };
  if (!pays(size, distinct, present.length, texts.length)) {
    for (const number of present) put(bytes[number]);
    return chunk.data("PLAIN");
  }
  for (const one of bytes) put(one);
  chunk.dictionary(texts.length);
  return chunk.numbers(present, texts.length);
}

function countNulls(numbers: Int32Array): number {
  let nulls = 0;
  for (let i = 0; i < numbers.length; i++) if (numbers[i] === NULL_TEXT) nulls++;
  return nulls;
}

function pays(plainBytes: number, dictionaryBytes: number, count: number, distinct: number): boolean {
  if (distinct === 0) return false;
  return 2 * (dictionaryBytes + Math.ceil((count * widthOf(distinct - 1)) / 8)) <= plainBytes;
}

interface Bounds {
  readonly min?: string | number;
  readonly max?: string | number;
}

function bounds(values: Float64Array | Int32Array | Uint8Array): Bounds {
  let [min, max] = [values[0], values[0]];
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

/** By the order of UTF-8, which is that of code points; JavaScript's own comparison goes by UTF-16. */
function textBounds({ texts }: TextValues): Bounds {
  let [min, max] = [texts[0], texts[0]];
  for (const text of texts) {
    if (compareUtf8(text, min) < 0) min = text;
    else if (compareUtf8(text, max) > 0) max = text;
  }
  return texts.length === 0 ? {} : { min, max };
}

export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}

const pageOf = new ByteSink();

/** A column chunk on its way into the bytes of a row group. */
class Chunk {
  /** What is gathered for the next page. */
  readonly page = pageOf;
  readonly #to: ByteSink;
  readonly #rows: number;
  readonly #start: number;
  readonly #levels = new ByteSink();
  #nulls = 0;
  #uncompressed = 0;
  #dictionary = 0;

  constructor(to: ByteSink, rows: number) {
    this.#to = to;
    this.#rows = rows;
    this.#start = to.length;
    this.page.reset();
    packHybrid(this.#levels, new Uint8Array(rows).fill(1), 1);
  }

  /** Which of the rows are there, with 1: all are, without it. */
  levels(levels: Uint8Array, nulls: number): void {
    this.#levels.reset();
    packHybrid(this.#levels, levels, 1);
    this.#nulls = nulls;
  }

  /** Makes a dictionary of the page. */
  dictionary(values: number): void {
    const packed = snappy!(this.page.written);
    const header = this.#header(DICTIONARY_PAGE, this.page.length, packed.length, 0x4c, [values, ENCODINGS.PLAIN]);
    this.#to.bytes(packed);
    this.#uncompressed += header + this.page.length;
    this.#dictionary = this.#to.length - this.#start;
    this.page.reset();
  }

  /** The page of data: which of the values in the dictionary each is. */
  numbers(numbers: Int32Array, distinct: number): Encoding {
    const width = widthOf(distinct - 1);
    this.page.byte(width);
    packHybrid(this.page, numbers, width);
    return this.data("RLE_DICTIONARY");
  }

  data(encoding: keyof typeof ENCODINGS): Encoding {
    const packed = snappy!(this.page.written);
    const levels = this.#levels.length;
    const facts = [this.#rows, this.#nulls, this.#rows, ENCODINGS[encoding], levels, 0];
    const header = this.#header(DATA_PAGE_V2, levels + this.page.length, levels + packed.length, 0x5c, facts);
    this.#to.bytes(this.#levels.written);
    this.#to.bytes(packed);
    this.#uncompressed += header + levels + this.page.length;
    return encoding;
  }

  done(encoding: Encoding, { min, max }: Bounds): EncodedChunk {
    const [bytes, uncompressed] = [this.#to.length - this.#start, this.#uncompressed];
    const seen = min === undefined || max === undefined ? {} : { min, max };
    return { bytes, uncompressed, dictionary: this.#dictionary, encoding, nulls: this.#nulls, ...seen };
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
