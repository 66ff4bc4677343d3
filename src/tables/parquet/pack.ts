import { isLittleEndian } from "../../pipeline/endianness.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Encodings of "Encodings.md" of the Parquet format, on typed arrays. */

/** Bits that numbers up to `max` need. */
export function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

/** RLE / bit-packing hybrid of `values[from..to)`: what comes eight times and more is a run, eight others a group. */
export function packHybrid(
  sink: ByteSink,
  values: Int32Array | Uint8Array,
  from: number,
  to: number,
  width: number,
): void {
  // The first value of the groups that are open.
  let open = -1;
  for (let i = from; i < to; ) {
    const value = values[i];
    let end = i + 1;
    while (end < to && values[end] === value) end++;
    if (end - i < 8) {
      if (open < 0) open = i;
      i += 8;
      continue;
    }
    if (open >= 0) packGroups(sink, values, open, i, width);
    open = -1;
    packRun(sink, value, end - i, width);
    i = end;
  }
  if (open >= 0) packGroups(sink, values, open, to, width);
}

/** One value, so many times. */
export function packRun(sink: ByteSink, value: number, count: number, width: number): void {
  sink.varint(count * 2);
  for (let bits = 0; bits < width; bits += 8) sink.byte((value >>> bits) & 0xff);
}

/** Values from `from` on to before `end`, zeros behind them until a group is full. */
function packGroups(sink: ByteSink, values: Int32Array | Uint8Array, from: number, end: number, width: number): void {
  const groups = Math.ceil((end - from) / 8);
  sink.varint(groups * 2 + 1);
  const bytes = sink.room(groups * width + 8);
  const start = sink.length;
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
  sink.length = start + groups * width;
  bytes.fill(0, at, sink.length);
}

const BLOCK = 128;
const MINIBLOCKS = 4;
const MINIBLOCK = BLOCK / MINIBLOCKS;

/** The halves of 64 bits among the words that an array of them is made of. */
export const [LOW, HIGH] = isLittleEndian() ? [0, 1] : [1, 0];
const TWO_32 = 0x1_0000_0000;

const deltas = new Float64Array(BLOCK);
/** What is packed of a block, in halves of 32 bits. */
const [lows, highs] = [new Int32Array(BLOCK), new Int32Array(BLOCK)];

/** DELTA_BINARY_PACKED of `values[from..to)`, of which there is at least one. */
export function packDeltas(sink: ByteSink, values: BigInt64Array, from: number, to: number): void {
  for (const fact of [BLOCK, MINIBLOCKS, to - from]) sink.varint(fact);
  sink.zigzag(values[from]);
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let first = from + 1; first < to; first += BLOCK) {
    const count = Math.min(BLOCK, to - first);
    lows.fill(0, count);
    highs.fill(0, count);
    if (areNear(words, first - 1, first + count)) nearDeltas(sink, words, first, count);
    else farDeltas(sink, values, first, count);
    packBlock(sink);
  }
}

/** Whether all of them are within 2^52, so that numbers hold what they differ by: of microseconds, from 1827 to 2112. */
function areNear(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const high = words[2 * i + HIGH];
    if (high < -0x10_0000 || high >= 0x10_0000) return false;
  }
  return true;
}

function nearDeltas(sink: ByteSink, words: Int32Array, first: number, count: number): void {
  let least = Number.POSITIVE_INFINITY;
  let last = words[2 * first - 2 + HIGH] * TWO_32 + (words[2 * first - 2 + LOW] >>> 0);
  for (let i = 0; i < count; i++) {
    const at = 2 * (first + i);
    const value = words[at + HIGH] * TWO_32 + (words[at + LOW] >>> 0);
    const delta = value - last;
    deltas[i] = delta;
    if (delta < least) least = delta;
    last = value;
  }
  sink.zigzag(BigInt(least));
  for (let i = 0; i < count; i++) {
    const above = deltas[i] - least;
    lows[i] = above;
    highs[i] = above / TWO_32;
  }
}

/** What is beyond 64 bits comes round: the format asks for that. */
function farDeltas(sink: ByteSink, values: BigInt64Array, first: number, count: number): void {
  const far: bigint[] = [];
  let least = 2n ** 63n;
  for (let i = first; i < first + count; i++) {
    const delta = BigInt.asIntN(64, values[i] - values[i - 1]);
    if (delta < least) least = delta;
    far.push(delta);
  }
  sink.zigzag(least);
  for (const [i, delta] of far.entries()) {
    lows[i] = Number(BigInt.asIntN(32, delta - least));
    highs[i] = Number(BigInt.asIntN(32, (delta - least) >> 32n));
  }
}

function packBlock(sink: ByteSink): void {
  const widths = [0, 0, 0, 0];
  for (let m = 0; m < MINIBLOCKS; m++) {
    let [low, high] = [0, 0];
    for (let i = m * MINIBLOCK; i < (m + 1) * MINIBLOCK; i++) {
      low |= lows[i];
      high |= highs[i];
    }
    widths[m] = high === 0 ? widthOf(low) : 32 + widthOf(high);
    sink.byte(widths[m]);
  }
  for (let m = 0; m < MINIBLOCKS; m++) packMiniblock(sink, m * MINIBLOCK, widths[m]);
}

function packMiniblock(sink: ByteSink, from: number, width: number): void {
  const bytes = sink.room((MINIBLOCK / 8) * width);
  let at = sink.length;
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
  sink.length = at;
}
