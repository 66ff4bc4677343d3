import type { ByteSink } from "./byte-sink.ts";

/** Encodings of "Encodings.md" of the Parquet format, on typed arrays. */

/** Bits that numbers up to `max` need. */
export function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

/** RLE / bit-packing hybrid: what comes eight times and more is a run, eight others a group. */
export function packHybrid(to: ByteSink, values: Int32Array | Uint8Array, width: number): void {
  const { length } = values;
  // The first value of the groups that are open.
  let open = -1;
  for (let i = 0; i < length; ) {
    const value = values[i];
    let end = i + 1;
    while (end < length && values[end] === value) end++;
    if (end - i < 8) {
      if (open < 0) open = i;
      i += 8;
      continue;
    }
    if (open >= 0) packGroups(to, values, open, i, width);
    open = -1;
    to.varint((end - i) * 2);
    for (let bits = 0; bits < width; bits += 8) to.byte((value >>> bits) & 0xff);
    i = end;
  }
  if (open >= 0) packGroups(to, values, open, length, width);
}

/** Values from `from` on to before `end`, zeros behind them until a group is full. */
function packGroups(to: ByteSink, values: Int32Array | Uint8Array, from: number, end: number, width: number): void {
  const groups = Math.ceil((end - from) / 8);
  to.varint(groups * 2 + 1);
  const bytes = to.room(groups * width + 8);
  const start = to.length;
  let at = start;
  let [pending, used] = [0, 0];
  for (let i = from; i < end; i++) {
    // At most 7 bits wait, and no number has more than 24: row groups are shorter than that.
    pending |= values[i] << used;
    for (used += width; used >= 8; used -= 8) {
      bytes[at++] = pending;
      pending >>>= 8;
    }
  }
  if (used > 0) bytes[at++] = pending;
  to.length = start + groups * width;
  bytes.fill(0, at, to.length);
}

const BLOCK = 128;
const MINIBLOCKS = 4;
const MINIBLOCK = BLOCK / MINIBLOCKS;

const deltas = new Float64Array(BLOCK);
/** What is packed of a block, in halves of 32 bits. */
const [lows, highs] = [new Int32Array(BLOCK), new Int32Array(BLOCK)];

/** DELTA_BINARY_PACKED of times as microseconds; `millis` are whole milliseconds. At least one. */
export function packMicros(to: ByteSink, millis: Float64Array): void {
  const { length } = millis;
  for (const fact of [BLOCK, MINIBLOCKS, length]) to.varint(fact);
  to.zigzag(microsOf(millis[0]));
  for (let from = 1; from < length; from += BLOCK) {
    const count = Math.min(BLOCK, length - from);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const delta = millis[from + i] - millis[from + i - 1];
      deltas[i] = delta;
      if (delta < least) least = delta;
    }
    to.zigzag(microsOf(least));
    lows.fill(0, count);
    highs.fill(0, count);
    for (let i = 0; i < count; i++) split(deltas[i] - least, i);
    packBlock(to);
  }
}

function microsOf(millis: number): bigint {
  return BigInt(millis) * 1000n;
}

/** Puts milliseconds, none negative, among what is packed, as microseconds. */
function split(millis: number, i: number): void {
  const micros = millis * 1000;
  if (micros <= Number.MAX_SAFE_INTEGER) {
    lows[i] = micros;
    highs[i] = micros / 0x1_0000_0000;
    return;
  }
  const exact = microsOf(millis);
  lows[i] = Number(BigInt.asIntN(32, exact));
  highs[i] = Number(BigInt.asIntN(32, exact >> 32n));
}

function packBlock(to: ByteSink): void {
  const widths = [0, 0, 0, 0];
  for (let m = 0; m < MINIBLOCKS; m++) {
    let [low, high] = [0, 0];
    for (let i = m * MINIBLOCK; i < (m + 1) * MINIBLOCK; i++) {
      low |= lows[i];
      high |= highs[i];
    }
    widths[m] = high === 0 ? widthOf(low) : 32 + widthOf(high);
    to.byte(widths[m]);
  }
  for (let m = 0; m < MINIBLOCKS; m++) packMiniblock(to, m * MINIBLOCK, widths[m]);
}

function packMiniblock(to: ByteSink, from: number, width: number): void {
  const bytes = to.room((MINIBLOCK / 8) * width);
  let at = to.length;
  let [pending, used] = [0, 0];
  for (let i = from; i < from + MINIBLOCK; i++) {
    let [low, high] = [lows[i], highs[i]];
    // By 16 bits, for with those that wait they are no more than 32 hold.
    for (let left = width; left > 0; left -= 16) {
      pending |= (low & 0xffff) << used;
      for (used += Math.min(left, 16); used >= 8; used -= 8) {
        bytes[at++] = pending;
        pending >>>= 8;
      }
      low = (low >>> 16) | (high << 16);
      high >>>= 16;
    }
  }
  to.length = at;
}
