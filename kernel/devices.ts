import { sixteen } from "./bytes";

/**
 * Devices that JavaScript has told of, so that it need not look up each id again: the first of them that come to one of these
 * places. All others, and ids that are longer, are looked up in its own table, so nobody gains by ids that come to one place.
 */

const LONGEST: i32 = 48;
const PLACE_BYTES: usize = 64;
const PAIR_BITS = 11;
/**
 * Pairs of places; in each, the id's bytes and zeros behind them, then the number of its device and its length, and where the
 * limits of its last reading are (int32).
 */
const PLACES: usize = memory.data(262144, 64);
export const NUMBER: usize = 48;
const LENGTH: usize = 52;
export const LIMITS: usize = 56;

/** The place of the device whose id is `[id, id + length)`; 0 where it is not known. */
// @inline
export function placeOf(id: usize, length: i32): usize {
  if (length > LONGEST) return 0;
  const place = pairOf(id, length);
  if (isAt(place, id, length)) return place;
  return isAt(place + PLACE_BYTES, id, length) ? place + PLACE_BYTES : 0;
}

/** From now on {@link placeOf} may know it. */
export function remember(id: usize, length: i32, device: i32): void {
  if (length > LONGEST) return;
  let place = pairOf(id, length);
  if (load<i32>(place, LENGTH) !== 0) place += PLACE_BYTES;
  if (load<i32>(place, LENGTH) !== 0) return;
  for (let i: usize = 0; i < <usize>length; i += 16) v128.store(place + i, sixteen(id + i, length - <i32>i));
  store<i32>(place, device, NUMBER);
  store<i32>(place, length, LENGTH);
}

function isAt(place: usize, id: usize, length: i32): boolean {
  if (load<i32>(place, LENGTH) !== length) return false;
  for (let i: usize = 0; i < <usize>length; i += 16) {
    const text = sixteen(id + i, length - <i32>i);
    if (v128.any_true(v128.xor(text, v128.load(place + i)))) return false;
  }
  return true;
}

function pairOf(id: usize, length: i32): usize {
  let hash: u64 = 0;
  for (let i: usize = 0; i < <usize>length; i += 16) {
    const text = sixteen(id + i, length - <i32>i);
    hash = (hash ^ i64x2.extract_lane(text, 0)) * 0x9e3779b97f4a7c15;
    hash = (hash ^ (hash >> 32) ^ i64x2.extract_lane(text, 1)) * 0x9e3779b97f4a7c15;
  }
  return PLACES + <usize>(hash >> (64 - PAIR_BITS)) * PLACE_BYTES * 2;
}
