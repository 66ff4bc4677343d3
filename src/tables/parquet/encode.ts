import type { Encoding } from "hyparquet";
import { longBounds, numberBounds, textBounds, type ValueBounds } from "./bounds.ts";
import { ByteSink } from "./byte-sink.ts";
import { Chunk, type EncodedChunk } from "./chunk.ts";
import { type ColumnValues, NULL_TEXT, type TableColumn, type TextValues } from "./columns.ts";
import { dictionaryOf } from "./dictionary.ts";
import { packDeltas, packHybrid, packRun, widthOf } from "./pack.ts";

/** A row group as it stands in a file. */
export interface EncodedRowGroup {
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** Its columns, whose bytes follow one another. */
  readonly chunks: readonly EncodedChunk[];
}

/**
 * Rows in a page, of each column the same: what one device has in a row group is in a few pages of each, and the others are passed over
 * by their offsets.
 */
const PAGE_ROWS = 4096;

/** Columns whose pages have bounds of their own, see {@link PAGE_ROWS}: what readings are looked for by. */
const SOUGHT: readonly string[] = ["timestamp", "device_id"];

/** The same values give the same bytes, in whatever process or thread. At least one row. */
export function encodeRowGroup(columns: readonly TableColumn[], values: readonly ColumnValues[]): EncodedRowGroup {
  const to = new ByteSink();
  const chunks = columns.map((column, i) => encodeChunk(to, column, values[i]));
  return { rows: rowsIn(values[0]), bytes: to.written.slice(), chunks };
}

function rowsIn(values: ColumnValues): number {
  return "texts" in values ? values.numbers.length : values.length;
}

function encodeChunk(to: ByteSink, { name }: TableColumn, values: ColumnValues): EncodedChunk {
  const chunk = new Chunk(to, SOUGHT.includes(name));
  if ("texts" in values) return textChunk(chunk, values);
  if (values instanceof BigInt64Array) return longChunk(chunk, values);
  return values instanceof Uint8Array ? booleanChunk(chunk, values) : numberChunk(chunk, values);
}

function forEachPage(rows: number, page: (from: number, to: number) => void): void {
  for (let from = 0; from < rows; from += PAGE_ROWS) page(from, Math.min(from + PAGE_ROWS, rows));
}

/** Readings of one device rise in steps that hardly differ. */
function longChunk(chunk: Chunk, values: BigInt64Array): EncodedChunk {
  forEachPage(values.length, (from, to) => {
    packDeltas(chunk.page, values, from, to);
    chunk.data("DELTA_BINARY_PACKED", to - from, longBounds(values, from, to));
  });
  return chunk.done("DELTA_BINARY_PACKED", longBounds(values, 0, values.length));
}

function booleanChunk(chunk: Chunk, values: Uint8Array): EncodedChunk {
  const runs = new ByteSink();
  forEachPage(values.length, (from, to) => {
    runs.reset();
    packHybrid(runs, values, from, to, 1);
    chunk.page.int32(runs.length);
    chunk.page.bytes(runs.written);
    chunk.data("RLE", to - from, {});
  });
  return chunk.done("RLE", numberBounds(values));
}

/** A dictionary where it at least halves them. */
function numberChunk(chunk: Chunk, values: Float64Array | Int32Array): EncodedChunk {
  const { length, BYTES_PER_ELEMENT: bytes } = values;
  const dictionary = dictionaryOf(values, Math.ceil(length / 2));
  const distinct = dictionary?.values.length ?? 0;
  if (dictionary === null || !pays(length * bytes, distinct * bytes, length, distinct)) {
    forEachPage(length, (from, to) => {
      plain(chunk.page, values.subarray(from, to));
      chunk.data("PLAIN", to - from, {});
    });
    return chunk.done("PLAIN", numberBounds(values));
  }
  plain(chunk.page, dictionary.values);
  chunk.dictionary(distinct);
  forEachPage(length, (from, to) => numbered(chunk, dictionary.numbers, from, to, distinct, {}));
  return chunk.done("RLE_DICTIONARY", numberBounds(dictionary.values));
}

function plain(page: ByteSink, values: Float64Array | Int32Array): void {
  page.room(values.byteLength);
  if (values instanceof Int32Array) for (let i = 0; i < values.length; i++) page.int32(values[i]);
  else for (let i = 0; i < values.length; i++) page.double(values[i]);
}

/** A page of data: which of the values in the dictionary each is. */
function numbered(
  chunk: Chunk,
  numbers: Int32Array,
  from: number,
  to: number,
  distinct: number,
  bounds: ValueBounds,
): void {
  const width = widthOf(distinct - 1);
  chunk.page.byte(width);
  if (width === 0) packRun(chunk.page, 0, to - from, 0);
  else packHybrid(chunk.page, numbers, from, to, width);
  chunk.data("RLE_DICTIONARY", to - from, bounds);
}

function textChunk(chunk: Chunk, { texts, numbers }: TextValues): EncodedChunk {
  const bytes = texts.map((text) => Buffer.from(text, "utf8"));
  const put = (one: Uint8Array) => {
    chunk.page.int32(one.length);
    chunk.page.bytes(one);
  };
  const { size, present } = plainSize(bytes, numbers);
  const distinctSize = bytes.reduce((sum, one) => sum + 4 + one.length, 0);
  const isPaying = pays(size, distinctSize, present, texts.length);
  const encoding: Encoding = isPaying ? "RLE_DICTIONARY" : "PLAIN";
  if (isPaying) {
    for (const one of bytes) put(one);
    chunk.dictionary(texts.length);
  }
  forEachPage(numbers.length, (from, to) => {
    const bounds = chunk.isSought ? textBounds(textsIn({ texts, numbers }, from, to)) : {};
    const levels = levelsOf(numbers, from, to);
    if (isPaying && levels === null) {
      numbered(chunk, numbers, from, to, texts.length, bounds);
      return;
    }
    const there = levels === null ? numbers.subarray(from, to) : numbers.subarray(from, to).filter(isThere);
    if (isPaying) {
      const width = widthOf(texts.length - 1);
      chunk.page.byte(width);
      packHybrid(chunk.page, there, 0, there.length, width);
    } else for (const number of there) put(bytes[number]);
    chunk.data(encoding, to - from, bounds, levels);
  });
  return chunk.done(encoding, textBounds(texts));
}

const isThere = (number: number) => number !== NULL_TEXT;

/** Bytes of a column without a dictionary, and how many of its texts are there. */
function plainSize(bytes: readonly Uint8Array[], numbers: Int32Array): { size: number; present: number } {
  const counts = new Int32Array(bytes.length);
  let nulls = 0;
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] === NULL_TEXT) nulls++;
    else counts[numbers[i]]++;
  }
  const size = bytes.reduce((sum, { length }, number) => sum + counts[number] * (4 + length), 0);
  return { size, present: numbers.length - nulls };
}

/** 1 for each that is there; null where all are. */
function levelsOf(numbers: Int32Array, from: number, to: number): Uint8Array | null {
  let first = from;
  while (first < to && numbers[first] !== NULL_TEXT) first++;
  if (first === to) return null;
  return Uint8Array.from(numbers.subarray(from, to), (number) => (isThere(number) ? 1 : 0));
}

function textsIn({ texts, numbers }: TextValues, from: number, to: number): Set<string> {
  const found = new Set<string>();
  let last = NULL_TEXT;
  for (let i = from; i < to; i++) {
    if (numbers[i] === last) continue;
    last = numbers[i];
    if (last !== NULL_TEXT) found.add(texts[last]);
  }
  return found;
}

function pays(plainBytes: number, dictionaryBytes: number, count: number, distinct: number): boolean {
  if (distinct === 0) return false;
  return 2 * (dictionaryBytes + Math.ceil((count * widthOf(distinct - 1)) / 8)) <= plainBytes;
}
