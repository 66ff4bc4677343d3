/**
 * Rows of records that are like one before them: JSON, one record a line. AssemblyScript, made into WebAssembly by
 * `scripts/build-kernel.mjs`; `src/contracts/record-kernel.ts` calls it. The JavaScript of `frames/json/` and `stamp.ts` is its
 * oracle: the kernel takes a record only where that would make rows of it in the usual way, and then makes the same.
 */
import { isMinute, isRest } from "../timestamp";
import {
  COUNTS,
  FROM,
  ID,
  MAX_MEASURES,
  MAX_VALUES,
  MEASURED,
  MEASURES,
  RESULT,
  SEEN,
  SKIPPED,
  TO,
  VALUES,
} from "./layout";
import { numberEnd, plainEnd, valueEnd } from "./tokens";

export {
  COUNTS,
  KINDS,
  MAX_MEASURES,
  MAX_VALUES,
  MEASURES,
  RESULT,
  SEEN,
  TEXT_BYTES,
  TEXTS,
  VALUES,
} from "./layout";

/** See `src/contracts/stamp.ts`. */
const MAX_ID_BYTES: usize = 256;
const MAX_TIME_BYTES: usize = 64;
/** What is copied behind the last byte. */
const SPARE_BYTES: usize = 64;

let timeFrom: usize = 0;
let timeTo: usize = 0;
let idFrom: usize = 0;
let idTo: usize = 0;
/** Of which kind the last record was: the next one is mostly, too. */
let kind = 0;
/** The minute that was read last, which is one of the calendar. */
let minute = i64x2.splat(0);

/**
 * Takes records behind the line end at `start`, each ended by a line feed at or before `lastLineFeed`, until one is not sure or
 * what is made, from `out` on, might reach `outEnd`; returns how many. Records are of one of so many kinds and become so many
 * rows, in each of which `before` stands between time and device. `most` is what is the same in all rows of a record.
 */
export function take(
  start: usize,
  lastLineFeed: usize,
  kinds: i32,
  measures: i32,
  before: usize,
  beforeLength: usize,
  most: usize,
  maxRecordBytes: usize,
  out: usize,
  outEnd: usize,
): i32 {
  let p = start;
  let to = out;
  let last = start;
  let lastRows = out;
  let absent = 0;
  let records = 0;
  for (;;) {
    const at = lineEnd(p);
    if (at === 0 || at > lastLineFeed) break;
    const end = readAny(at, kinds);
    if (end === 0 || lineEnd(end) === 0) break;
    const length = end - at;
    const room = <usize>measures * (timeTo - timeFrom + beforeLength + idTo - idFrom + length) + most + SPARE_BYTES;
    if (length > maxRecordBytes || to + room > outEnd) break;
    last = at;
    lastRows = to;
    p = end;
    records++;
    store<i32>(COUNTS + ((<usize>kind) << 3), load<i32>(COUNTS + ((<usize>kind) << 3), 4) + 1, 4);
    // Where the first row of the record stands, which all others begin like.
    let first: usize = 0;
    const headLength = timeTo - timeFrom + beforeLength + idTo - idFrom;
    for (let i = 0; i < measures; i++) {
      const measure = MEASURES + <usize>(kind * MAX_MEASURES + i) * 20;
      const value = load<i32>(measure);
      const from = value < 0 ? 0 : load<u32>(FROM + ((<usize>value) << 2));
      if (from === 0) {
        store<u8>(to++, 10);
        absent++;
        continue;
      }
      store<u8>(SEEN + i, 1);
      if (first === 0) {
        first = to;
        to = copy(timeFrom, to, timeTo - timeFrom);
        to = copy(before, to, beforeLength);
        to = copy(idFrom, to, idTo - idFrom);
      } else to = copy(first, to, headLength);
      to = copy(load<u32>(measure, 4), to, load<u32>(measure, 8));
      to = copy(<usize>from, to, <usize>(load<u32>(TO + ((<usize>value) << 2)) - from));
      to = copy(load<u32>(measure, 12), to, load<u32>(measure, 16));
    }
  }
  store<u32>(RESULT, <u32>last);
  store<u32>(RESULT, <u32>p, 4);
  store<u32>(RESULT, <u32>to, 8);
  store<u32>(RESULT, <u32>lastRows, 12);
  store<i32>(RESULT, absent, 16);
  return records;
}

/** Behind the line end at `p`; 0 where there is none, or one that is not sure. */
function lineEnd(p: usize): usize {
  const at = load<u8>(p) === 13 ? p + 1 : p;
  return load<u8>(at) === 10 ? at + 1 : 0;
}

/** Reads the record at `at` and says where it ends; 0 where it is of none of so many kinds. */
function readAny(at: usize, kinds: i32): usize {
  const last = kind;
  let end = last < kinds ? read(at, last) : 0;
  for (let i = 0; end === 0 && i < kinds; i++) {
    if (i === last) continue;
    end = read(at, i);
    if (end !== 0) kind = i;
  }
  return end;
}

/** The same of one kind. */
function read(at: usize, kind: i32): usize {
  const values = load<i32>(COUNTS + ((<usize>kind) << 3));
  const first = VALUES + <usize>(kind * (MAX_VALUES + 1)) * 12;
  let p = at;
  idFrom = 0;
  idTo = 0;
  for (let i = 0; i < values; i++) {
    const value = first + <usize>i * 12;
    const length = <usize>load<u32>(value, 4);
    if (!isSame(p, <usize>load<u32>(value), length)) return 0;
    p += length;
    const role = load<i32>(value, 8);
    if (role === SKIPPED) p = valueEnd(p);
    else if (role === MEASURED) p = measured(p, (<usize>i) << 2);
    else p = told(p, role);
    if (p === 0) return 0;
  }
  const close = first + <usize>values * 12;
  const length = <usize>load<u32>(close, 4);
  return isSame(p, <usize>load<u32>(close), length) ? p + length : 0;
}

/** A measure's value: a number, the same as a text, or null. */
function measured(at: usize, field: usize): usize {
  let p = at;
  const c = load<u8>(p);
  if (c === 110) {
    store<u32>(FROM + field, 0);
    return load<u32>(p) === 0x6c6c756e ? p + 4 : 0;
  }
  if (c === 34) p++;
  store<u32>(FROM + field, <u32>p);
  p = numberEnd(p);
  if (p === 0) return 0;
  store<u32>(TO + field, <u32>p);
  if (c !== 34) return p;
  return load<u8>(p) === 34 ? p + 1 : 0;
}

/** A time of the data contract, or what may stand in an id as it is: a text, of an id a number, too. */
function told(at: usize, role: i32): usize {
  const isText = load<u8>(at) === 34;
  const from = isText ? at + 1 : at;
  const to = isText ? plainEnd(from) : role === ID ? numberEnd(at) : 0;
  if (to === 0 || (isText && load<u8>(to) !== 34)) return 0;
  const end = isText ? to + 1 : to;
  if (role === ID) {
    idFrom = from;
    idTo = to;
    return isPlainId(from, to) ? end : 0;
  }
  timeFrom = from;
  timeTo = to;
  if (to - from < 16 || to - from > MAX_TIME_BYTES) return 0;
  const text = v128.load(from);
  if (v128.any_true(v128.xor(text, minute))) {
    if (!isMinute(from)) return 0;
    minute = text;
  }
  return isRest(from + 16, to) ? end : 0;
}

/** Whether a part of an id may stand in a row without quotes. It has no quotes and no line ends. */
function isPlainId(from: usize, to: usize): boolean {
  if (from === to || to - from > MAX_ID_BYTES || load<u8>(from) <= 32 || load<u8>(to - 1) <= 32) return false;
  for (let p = from; p < to; p += 16) {
    const commas = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(44)));
    if (commas !== 0) return p + <usize>ctz(commas) >= to;
  }
  return true;
}

/** Whether the bytes at `p` are those of a piece, behind which there are zeros up to the next multiple of 16. */
function isSame(p: usize, piece: usize, length: usize): boolean {
  const lane = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) {
    if (v128.any_true(v128.xor(v128.load(p + i), v128.load(piece + i)))) return false;
  }
  const rest = i8x16.lt_s(lane, i8x16.splat(<i8>(length - i)));
  return !v128.any_true(v128.and(v128.xor(v128.load(p + i), v128.load(piece + i)), rest));
}

/** Copies `length` bytes and up to 15 behind them; where they end. */
function copy(from: usize, to: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  return to + length;
}
