/**
 * The kernel: rows that can be told at a glance, many bytes at a time. AssemblyScript, made into WebAssembly by
 * `scripts/build-kernel.mjs`; `src/pipeline/kernel.ts` calls it, and the fast loop of `src/pipeline/scanner.ts` is its oracle:
 * the kernel takes a row only where that loop would, and then says the same of it.
 */
import { DEVICES, GROUP, HASHES, LENGTHS, ORIGIN, RESULT, ROLES, ROWS, SIDES, STARTS, VALUES } from "./columns";
import { decimal } from "./decimal";
import { deviceOf, remember } from "./devices";
import { isMinute, isRest } from "./timestamp";

export {
  DEVICES,
  GROUP,
  HASHES,
  LENGTHS,
  MAX_COLUMNS,
  ORIGIN,
  RESULT,
  ROLES,
  ROWS,
  SIDES,
  STARTS,
  VALUES,
} from "./columns";

/** See `src/pipeline/header.ts`. */
const TIMESTAMP = 1;
const DEVICE_ID = 2;
const VALUE = 3;
const ANOMALY_SCORE = 4;

const MAX_ID_BYTES: u32 = 256;

/**
 * Takes rows from `start` on that end with a line feed at or before `lastLineFeed`, until one is not sure, or the columns are
 * full, and copies them behind `silver` or `anomalies`, each ended by LF. The columns hold so many already; it returns how many
 * they hold then, see {@link RESULT}. `asks` says whether devices may be known.
 * It reads and writes up to 64 bytes behind what it is told of.
 */
export function scan(
  start: usize,
  lastLineFeed: usize,
  columns: i32,
  threshold: f64,
  maxRowBytes: i32,
  seed: i32,
  multiplier: i32,
  silver: usize,
  anomalies: usize,
  gathered: i32,
  gatheredUnknown: i32,
  asks: boolean,
): i32 {
  let p = start + ORIGIN;
  const end = lastLineFeed + ORIGIN;
  const last = columns - 1;
  let toSilver = silver + ORIGIN;
  let toAnomalies = anomalies + ORIGIN;
  let minute = i64x2.splat(0);
  let value: f64 = 0;
  let score: f64 = 0;
  let odd = 0;
  let unknown = gatheredUnknown;
  let rows = gathered;
  while (p <= end && rows < GROUP) {
    let block = p - 64;
    let ends: u64 = 0;
    let at = p;
    let stop = p;
    let column = 0;
    let idStart: usize = 0;
    let idLength = 0;
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
      } else if (role === VALUE || role === ANOMALY_SCORE) {
        const number = decimal(at, stop);
        isSure = !isNaN(number);
        if (role === VALUE) value = number;
        else score = number;
      } else if (role === DEVICE_ID) {
        idStart = at;
        idLength = <i32>(stop - at);
      }
      if (!isSure || column === last || load<u8>(stop) !== 44) break;
      column++;
      at = stop + 1;
    }
    if (!isSure || column !== last) break;
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
    if (content > maxRowBytes) break;

    const isAnomaly = score > threshold;
    store<f64>(VALUES + (rows << 3), value);
    store<u8>(SIDES + rows, isAnomaly ? 1 : 0);
    const device = asks ? deviceOf(idStart, idLength) : -1;
    store<i32>(DEVICES + (rows << 2), device);
    if (device < 0) {
      store<i32>(ROWS + (unknown << 2), rows);
      store<i32>(STARTS + (unknown << 2), <i32>(idStart - ORIGIN));
      store<i32>(LENGTHS + (unknown << 2), idLength);
      store<i32>(HASHES + (unknown << 2), hashOf(idStart, idLength, seed, multiplier));
      unknown++;
    }
    const to = isAnomaly ? toAnomalies : toSilver;
    copy(p, to, content);
    store<u8>(to + content, 10);
    const then = to + content + 1;
    toSilver = isAnomaly ? toSilver : then;
    toAnomalies = isAnomaly ? then : toAnomalies;
    odd += isAnomaly ? 1 : 0;
    rows++;
    p = next;
  }
  store<i32>(RESULT, <i32>(p - ORIGIN));
  store<i32>(RESULT, <i32>(toSilver - ORIGIN), 4);
  store<i32>(RESULT, <i32>(toAnomalies - ORIGIN), 8);
  store<i32>(RESULT, odd, 12);
  store<i32>(RESULT, unknown, 16);
  return rows;
}

/** The readings of this device are told of with its number, which the unknown reading at `index` has. */
export function learn(index: i32, device: i32): void {
  const at = index << 2;
  remember(ORIGIN + load<i32>(STARTS + at), load<i32>(LENGTHS + at), device);
}

/** As `hashId` in `src/pipeline/devices.ts`. */
function hashOf(id: usize, length: i32, seed: i32, multiplier: i32): i32 {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = (hash ^ <i32>load<u8>(id + i)) * multiplier;
  return hash;
}

/** A bit for each of the 64 bytes at `p` that may end a field: comma, quote, CR and LF. */
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
function copy(from: usize, to: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 64) {
    v128.store(to + i, v128.load(from + i));
    v128.store(to + i, v128.load(from + i, 16), 16);
    v128.store(to + i, v128.load(from + i, 32), 32);
    v128.store(to + i, v128.load(from + i, 48), 48);
  }
}
