/**
 * What rules say of the readings of one device and unit, as JavaScript has told: values between two are judged by their score
 * alone. The first that come to one of two places are known, as in `devices.ts`; rows of all others are JavaScript's.
 */
import { sixteen } from "./bytes";

const LONGEST: i32 = 16;
const PLACE_BYTES: usize = 64;
const PAIR_BITS = 11;
/**
 * In each place the unit's bytes and zeros behind them, its length (byte), the rule that makes anomalies + 1 (uint16; 0: none),
 * and the device's number + 1 (int32; 0: free).
 */
const PLACES = memory.data(262144, 64);
const LENGTH: usize = 16;
export const RULE: usize = 18;
const DEVICE: usize = 20;

/**
 * Doubles: the highest score that is no anomaly, the least and the greatest value that no rule speaks of, and the least and
 * the greatest that none rejects.
 */
export const THRESHOLD: usize = 24;
export const LEAST: usize = 32;
export const GREATEST: usize = 40;
export const LOWEST: usize = 48;
export const HIGHEST: usize = 56;

/**
 * Where the limits are for readings of this device in the unit `[unit, unit + length)`; 0 where they are not known. `last` is
 * where those of its reading before are, which mostly are the same; 0 before the first.
 */
export function limitsOf(device: i32, unit: usize, length: i32, last: usize): usize {
  if (length > LONGEST) return 0;
  const text = sixteen(unit, length);
  if (last !== 0 && isAt(last, device, text, length)) return last;
  const place = pairOf(device, text);
  if (isAt(place, device, text, length)) return place;
  return isAt(place + PLACE_BYTES, device, text, length) ? place + PLACE_BYTES : 0;
}

/** A place of which {@link limitsOf} says from now on that they are there; 0 where there is none. */
export function placeFor(device: i32, unit: usize, length: i32): usize {
  if (length > LONGEST) return 0;
  const text = sixteen(unit, length);
  let place = pairOf(device, text);
  if (load<i32>(place, DEVICE) !== 0) place += PLACE_BYTES;
  if (load<i32>(place, DEVICE) !== 0) return 0;
  v128.store(place, text);
  store<u8>(place, length, LENGTH);
  store<i32>(place, device + 1, DEVICE);
  return place;
}

function isAt(place: usize, device: i32, text: v128, length: i32): boolean {
  if (load<i32>(place, DEVICE) !== device + 1 || load<u8>(place, LENGTH) !== length) return false;
  return !v128.any_true(v128.xor(text, v128.load(place)));
}

function pairOf(device: i32, text: v128): usize {
  // Numbers and units of one letter are small: they must not meet before they are spread.
  let hash: u64 = <u64>(device + 1) * 0xd6e8feb86659fd93;
  hash = (hash ^ (hash >> 32) ^ i64x2.extract_lane(text, 0)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ i64x2.extract_lane(text, 1)) * 0x9e3779b97f4a7c15;
  return PLACES + <usize>(hash >> (64 - PAIR_BITS)) * PLACE_BYTES * 2;
}
