/** The loop over rows. */
import {
  DEVICES,
  GROUP,
  HASHES,
  LENGTHS,
  ORIGIN,
  ROLES,
  ROW_ENDS,
  ROW_STARTS,
  ROWS,
  RULED,
  SCORES,
  SIDES,
  STARTS,
  STATE,
  TIME_ENDS,
  TIME_STARTS,
  UNIT_ENDS,
  UNIT_STARTS,
  VALUES,
} from "./columns";
import { decimal } from "./decimal";
import { LIMITS, NUMBER, placeOf } from "./devices";
import { GREATEST, HIGHEST, LEAST, LOWEST, limitsOf, RULE, THRESHOLD } from "./limits";
import { isMinute, isRest } from "./timestamp";

/** See `src/pipeline/header.ts`. */
const TIMESTAMP = 1;
const DEVICE_ID = 2;
const VALUE = 3;
const ANOMALY_SCORE = 4;
const UNIT = 5;

const MAX_ID_BYTES: u32 = 256;

let last = 0;
let threshold: f64 = 0;
let maxRowBytes = 0;
let seed = 0;
let multiplier = 0;

/** What holds for all rows from now on; `from` and `by` are `HASH_SEED` and `HASH_MULTIPLIER` of `src/pipeline/devices.ts`. */
export function prepare(columns: i32, above: f64, maxBytes: i32, from: i32, by: i32): void {
  last = columns - 1;
  threshold = above;
  maxRowBytes = maxBytes;
  seed = from;
  multiplier = by;
}

/**
 * Takes rows from where {@link STATE} says on that end with a line feed at or before `lastLineFeed`, until one is not sure, or
 * the columns are full, and copies them behind silver or anomalies, each ended by LF. The columns hold so many already
 * (`gathered`); it returns how many they hold then. `asks` says whether devices may be known.
 * It reads and writes up to 64 bytes behind what it is told of.
 */
export function scan(lastLineFeed: usize, gathered: i32, asks: boolean): i32 {
  return takeRows<Unjudged>(lastLineFeed, gathered, asks);
}

/** The same where there are rules: it takes rows whose device and limits are known, and of which they say all. */
export function scanJudged(lastLineFeed: usize, gathered: i32, asks: boolean): i32 {
  return takeRows<Judged>(lastLineFeed, gathered, asks);
}

/** As {@link scan}, and tells of all that is in the rows, which it copies nowhere. It takes no unit with blanks around it. */
export function scanTraced(lastLineFeed: usize, gathered: i32, asks: boolean): i32 {
  return takeRows<Traced>(lastLineFeed, gathered, asks);
}

/** The loop is compiled thrice, so that rules cost nothing where there are none: a compiler knows constants of types alone. */
type Judged = i64;
type Unjudged = i32;
type Traced = i16;

function takeRows<Mode>(lastLineFeed: usize, gathered: i32, asks: boolean): i32 {
  const judges = sizeof<Mode>() === sizeof<Judged>();
  const traces = sizeof<Mode>() === sizeof<Traced>();
  const bytes = maxRowBytes;
  const above = threshold;
  let p = <usize>load<i32>(STATE) + ORIGIN;
  const end = lastLineFeed + ORIGIN;
  const lastColumn = last;
  let toSilver = <usize>load<i32>(STATE, 4) + ORIGIN;
  let toAnomalies = <usize>load<i32>(STATE, 8) + ORIGIN;
  let minute = i64x2.splat(0);
  let value: f64 = 0;
  let score: f64 = 0;
  let odd = 0;
  let ruled = 0;
  let unknown = load<i32>(STATE, 16);
  let rows = gathered;
  store<i32>(STATE, -1, 20);
  while (p <= end && rows < GROUP) {
    let block = p - 64;
    let ends: u64 = 0;
    let at = p;
    let stop = p;
    let column = 0;
    let idStart: usize = 0;
    let idLength = 0;
    let unitStart: usize = 0;
    let unitLength = 0;
    let timeStart: usize = 0;
    let timeEnd: usize = 0;
    let isSure = true;
    for (;;) {
      while (ends === 0) {
        block += 64;
        ends = endsIn(block);
      }
      stop = block + <usize>ctz(ends);
      ends &= ends - 1;
      const role = <i32>load<u8>(ROLES + column);
      if (role === TIMESTAMP) {
        isSure = stop - at >= 16;
        if (!isSure) break;
        const text = v128.load(at);
        // Readings come in order: most are of the same minute as the last one.
        if (v128.any_true(v128.xor(text, minute))) {
          isSure = isMinute(at);
          if (!isSure) break;
          minute = text;
        }
        isSure = isRest(at + 16, stop);
        if (traces) {
          timeStart = at;
          timeEnd = stop;
        }
      } else if (role === VALUE || role === ANOMALY_SCORE) {
        const number = decimal(at, stop);
        isSure = !isNaN(number);
        if (role === VALUE) value = number;
        else score = number;
      } else if (role === DEVICE_ID) {
        idStart = at;
        idLength = <i32>(stop - at);
      } else if ((judges || traces) && role === UNIT) {
        unitStart = at;
        unitLength = <i32>(stop - at);
      }
      if (!isSure || column === lastColumn || load<u8>(stop) !== 44) break;
      column++;
      at = stop + 1;
    }
    if (!isSure || column !== lastColumn) break;
    let next = stop + 1;
    const end = load<u8>(stop);
    if (end === 13) {
      if (load<u8>(next) !== 10) break;
      next++;
    } else if (end !== 10) break;
    if (!(score >= 0 && score <= 1) || <u32>(idLength - 1) >= MAX_ID_BYTES) break;
    // An id that begins or ends with a blank is read without it.
    if (load<u8>(idStart) <= 32 || load<u8>(idStart + idLength - 1) <= 32) break;
    const content = <i32>(stop - p);
    if (content > bytes) break;

    const place = asks ? placeOf(idStart, idLength) : 0;
    const device = place === 0 ? -1 : load<i32>(place, NUMBER);
    let highest = above;
    if (judges) {
      // A unit that begins or ends with a blank is read without it, too.
      if (device < 0 || (unitLength > 0 && (load<u8>(unitStart) <= 32 || load<u8>(unitStart + unitLength - 1) <= 32)))
        break;
      const limits = limitsOf(device, unitStart, unitLength, load<u32>(place, LIMITS));
      if (limits === 0) {
        wait(device, idStart, idLength, unitStart, unitLength);
        break;
      }
      store<u32>(place, limits, LIMITS);
      highest = load<f64>(limits, THRESHOLD);
      if (!(value >= load<f64>(limits, LEAST) && value <= load<f64>(limits, GREATEST))) {
        const rule = <usize>load<u16>(limits, RULE);
        if (rule === 0 || !(value >= load<f64>(limits, LOWEST) && value <= load<f64>(limits, HIGHEST))) break;
        const count = RULED + ((rule - 1) << 2);
        store<i32>(count, load<i32>(count) + 1);
        ruled++;
        highest = -1;
      }
    }
    if (traces) {
      if (unitLength > 0 && (load<u8>(unitStart) <= 32 || load<u8>(unitStart + unitLength - 1) <= 32)) break;
      const at = rows << 2;
      store<f64>(SCORES + (rows << 3), score);
      store<i32>(ROW_STARTS + at, <i32>(p - ORIGIN));
      store<i32>(ROW_ENDS + at, <i32>(stop - ORIGIN));
      store<i32>(TIME_STARTS + at, <i32>(timeStart - ORIGIN));
      store<i32>(TIME_ENDS + at, <i32>(timeEnd - ORIGIN));
      store<i32>(UNIT_STARTS + at, <i32>(unitStart - ORIGIN));
      store<i32>(UNIT_ENDS + at, <i32>(unitStart - ORIGIN) + unitLength);
    }
    const isAnomaly = score > highest;
    store<f64>(VALUES + (rows << 3), value);
    store<u8>(SIDES + rows, isAnomaly ? 1 : 0);
    store<i32>(DEVICES + (rows << 2), device);
    if (device < 0) {
      store<i32>(ROWS + (unknown << 2), rows);
      store<i32>(STARTS + (unknown << 2), <i32>(idStart - ORIGIN));
      store<i32>(LENGTHS + (unknown << 2), idLength);
      store<i32>(HASHES + (unknown << 2), hashOf(idStart, idLength));
      unknown++;
    }
    if (!traces) {
      const to = isAnomaly ? toAnomalies : toSilver;
      copy(p, to, content);
      store<u8>(to + content, 10);
      const then = to + content + 1;
      toSilver = isAnomaly ? toSilver : then;
      toAnomalies = isAnomaly ? then : toAnomalies;
    }
    odd += isAnomaly ? 1 : 0;
    rows++;
    p = next;
  }
  store<i32>(STATE, <i32>(p - ORIGIN));
  store<i32>(STATE, <i32>(toSilver - ORIGIN), 4);
  store<i32>(STATE, <i32>(toAnomalies - ORIGIN), 8);
  store<i32>(STATE, odd, 12);
  store<i32>(STATE, unknown, 16);
  store<i32>(STATE, ruled, 40);
  return rows;
}

function wait(device: i32, id: usize, idLength: i32, unit: usize, unitLength: i32): void {
  store<i32>(STATE, device, 20);
  store<i32>(STATE, <i32>(id - ORIGIN), 24);
  store<i32>(STATE, <i32>(id - ORIGIN) + idLength, 28);
  store<i32>(STATE, <i32>(unit - ORIGIN), 32);
  store<i32>(STATE, <i32>(unit - ORIGIN) + unitLength, 36);
}

/** As `hashId` in `src/pipeline/devices.ts`. */
// @inline
function hashOf(id: usize, length: i32): i32 {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = (hash ^ <i32>load<u8>(id + i)) * multiplier;
  return hash;
}

/** A bit for each of the 64 bytes at `p` that may end a field: comma, quote, CR and LF. */
// @inline
function endsIn(p: usize): u64 {
  // By the lower half of a byte, the one of them that ends so. No byte is looked up that is not itself what is found.
  const all = i8x16(1, 0, 34, 0, 0, 0, 0, 0, 0, 0, 10, 0, 44, 13, 0, 0);
  const half = i8x16.splat(15);
  const a = v128.load(p);
  const b = v128.load(p, 16);
  const c = v128.load(p, 32);
  const d = v128.load(p, 48);
  const low = i8x16.bitmask(i8x16.eq(i8x16.swizzle(all, v128.and(a, half)), a));
  const middle = i8x16.bitmask(i8x16.eq(i8x16.swizzle(all, v128.and(b, half)), b));
  const high = i8x16.bitmask(i8x16.eq(i8x16.swizzle(all, v128.and(c, half)), c));
  const top = i8x16.bitmask(i8x16.eq(i8x16.swizzle(all, v128.and(d, half)), d));
  return <u64>(<u32>(low | (middle << 16))) | ((<u64>(<u32>(high | (top << 16)))) << 32);
}

/** Copies `length` bytes and up to 64 behind them: a row is short, and a call of `memory.copy` is not. */
// @inline
function copy(from: usize, to: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 64) {
    v128.store(to + i, v128.load(from + i));
    v128.store(to + i, v128.load(from + i, 16), 16);
    v128.store(to + i, v128.load(from + i, 32), 32);
    v128.store(to + i, v128.load(from + i, 48), 48);
  }
}
