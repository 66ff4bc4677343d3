import { randomFillSync } from "node:crypto";
import { joined, meanOf } from "./average.ts";
import { grown } from "./grown.ts";
import type { ReadingGroup, ReadingSink } from "./sinks.ts";

/**
 * Statistics per device: a byte-keyed open-addressing hash table and one cache line of doubles per device.
 *
 * Ids are compared as bytes, so `__proto__` is a device like any other. The hash has a secret of its own in every process,
 * so that nobody can prepare ids that collide; no output depends on it, because devices come out in the order they came in.
 */

export const SILVER_SIDE = 0;
export const ANOMALY_SIDE = 1;
/** Doubles per device: [count, sum, compensation] of silver, the same of anomalies, minimum, maximum. 64 bytes. */
const STRIDE = 8;
const MIN = 6;
const MAX = 7;
/** Int32 per slot: hash, index + 1 (0: empty), offset and length of the id. */
const SLOT = 4;
/** Readings looked up together, so that their cache misses overlap. */
const BATCH = 2048;

/** The longest id, in bytes. */
export const MAX_ID_BYTES = 256;

const SECRET = randomFillSync(new Int32Array(2));

/**
 * The hash of an id before its last step: `h = SEED`, then `h = Math.imul(h ^ byte, MULTIPLIER)` per byte, as in FNV-1a.
 * The scanner takes the steps while it looks for the end of the field, where they cost nothing.
 */
export const HASH_SEED = SECRET[0];
export const HASH_MULTIPLIER = (SECRET[1] & ~7) | 5;

export interface DeviceStatistics {
  /** The id's bytes as they stood in the file, without quotes, or without the blanks around an unquoted one. Valid until the table changes. */
  readonly id: Uint8Array;
  readonly total: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly anomalies: number;
}

export class DeviceTable implements ReadingSink {
  size = 0;
  readonly #order: [number[], number[]] = [[], []];
  // Small, for most batches are: it grows by doubling.
  #stats = new Float64Array(32 * STRIDE);
  #slots = new Int32Array(128 * SLOT);
  #mask = 127;
  #ids = new Uint8Array(1024);
  #idsEnd = 0;

  #group: ReadingGroup = {
    size: 0,
    unknown: 0,
    values: new Float64Array(BATCH),
    sides: new Uint8Array(BATCH),
    devices: new Int32Array(BATCH),
    rows: new Int32Array(BATCH),
    starts: new Int32Array(BATCH),
    lengths: new Int32Array(BATCH),
    hashes: new Int32Array(BATCH),
  };

  /**
   * Counts a reading of the device whose id is `b[start..start+length)`, in row order. The bytes must stay where they
   * are until {@link flush}. `hash` is what {@link hashId} gives for them before its last step.
   */
  add(b: Uint8Array, start: number, length: number, hash: number, value: number, side: number): void {
    const group = this.#group;
    const i = group.size++;
    const k = group.unknown++;
    group.values[i] = value;
    group.sides[i] = side;
    group.rows[k] = i;
    group.starts[k] = start;
    group.lengths[k] = length;
    group.hashes[k] = hash;
    if (group.size === BATCH) this.flush(b);
  }

  gatherIn(group: ReadingGroup): void {
    this.#group = group;
  }

  /** Brings all readings since the last call into the statistics. */
  flush(b: Uint8Array): void {
    const group = this.#group;
    while ((this.size + group.unknown) * 2 > this.#mask) this.#growSlots();
    this.#find(b, group, group.unknown);
    while (this.size * STRIDE > this.#stats.length) this.#stats = grown(this.#stats);
    this.#count(group, group.size);
    group.size = 0;
    group.unknown = 0;
  }

  #find(b: Uint8Array, group: ReadingGroup, n: number): void {
    const { devices, rows, starts, lengths, hashes } = group;
    const slots = this.#slots;
    const mask = this.#mask;
    const bytes = viewOf(b);
    let ids = new DataView(this.#ids.buffer);
    // With many devices every look-up misses the cache. Touched in a loop of their own, the slots are fetched together.
    for (let i = 0; i < n; i++) {
      const h = mix(hashes[i]);
      hashes[i] = h;
      devices[rows[i]] = slots[(h & mask) * SLOT + 1];
    }
    for (let i = 0; i < n; i++) {
      const h = hashes[i];
      const start = starts[i];
      const length = lengths[i];
      let at = (h & mask) * SLOT;
      for (;;) {
        const index = slots[at + 1];
        if (index === 0) {
          devices[rows[i]] = this.#insert(b, start, length, h, at);
          group.learn?.(b, i, this.size - 1);
          ids = new DataView(this.#ids.buffer);
          break;
        }
        if (slots[at] === h && slots[at + 3] === length && sameBytes(bytes, start, ids, slots[at + 2], length)) {
          devices[rows[i]] = index - 1;
          break;
        }
        at = (at + SLOT) & (mask * SLOT + SLOT - 1);
      }
    }
  }

  #insert(b: Uint8Array, start: number, length: number, hash: number, at: number): number {
    while (this.#idsEnd + length > this.#ids.length) this.#ids = grown(this.#ids);
    this.#ids.set(b.subarray(start, start + length), this.#idsEnd);
    const index = this.size++;
    this.#slots[at] = hash;
    this.#slots[at + 1] = index + 1;
    this.#slots[at + 2] = this.#idsEnd;
    this.#slots[at + 3] = length;
    this.#idsEnd += length;
    return index;
  }

  /**
   * Knuth's TwoSum keeps what each addition rounds away (Kahan-Babuska summation), without a branch:
   * The Art of Computer Programming, volume 2, section 4.2.2, theorem B.
   */
  #count({ values, sides, devices }: ReadingGroup, n: number): void {
    const stats = this.#stats;
    for (let i = 0; i < n; i++) {
      const device = devices[i] * STRIDE;
      const at = device + sides[i] * 3;
      const value = values[i];
      const count = stats[at];
      if (count === 0) this.#first(sides[i], devices[i]);
      const sum = stats[at + 1];
      const next = sum + value;
      const rounded = next - sum;
      stats[at] = count + 1;
      stats[at + 1] = next;
      stats[at + 2] += sum - (next - rounded) + (value - rounded);
      if (value < stats[device + MIN]) stats[device + MIN] = value;
      if (value > stats[device + MAX]) stats[device + MAX] = value;
    }
  }

  #first(side: number, index: number): void {
    this.#order[side].push(index);
    const device = index * STRIDE;
    if (this.#stats[device] + this.#stats[device + 3] > 0) return;
    this.#stats[device + MIN] = Number.POSITIVE_INFINITY;
    this.#stats[device + MAX] = Number.NEGATIVE_INFINITY;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 1] === 0) continue;
      let at = (old[from] & this.#mask) * SLOT;
      while (this.#slots[at + 1] !== 0) at = (at + SLOT) & (this.#mask * SLOT + SLOT - 1);
      this.#slots.set(old.subarray(from, from + SLOT), at);
    }
  }

  /** Devices in order of first appearance: those of silver, then those that only anomalies have. */
  *devices(): Generator<DeviceStatistics> {
    const where = new Int32Array(this.size * 2);
    for (let at = 0; at < this.#slots.length; at += SLOT) {
      const index = this.#slots[at + 1] - 1;
      if (index >= 0) where.set(this.#slots.subarray(at + 2, at + 4), index * 2);
    }
    const [silver, anomalies] = this.#order;
    for (const index of silver) yield this.#statistics(index, where);
    for (const index of anomalies) if (this.#stats[index * STRIDE] === 0) yield this.#statistics(index, where);
  }

  #statistics(index: number, where: Int32Array): DeviceStatistics {
    const s = this.#stats.subarray(index * STRIDE, index * STRIDE + STRIDE);
    const offset = where[index * 2];
    const total = s[0] + s[3];
    return {
      id: this.#ids.subarray(offset, offset + where[index * 2 + 1]),
      total,
      average: meanOf(joined(s[1], s[2], s[4], s[5]), total, s[MIN], s[MAX]),
      minimum: s[MIN],
      maximum: s[MAX],
      anomalies: s[3],
    };
  }
}

/** The bytes of an array, to be read several at a time. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Whether two ids are the same, four bytes at a time; the last four overlap those before. */
export function sameBytes(a: DataView, p: number, b: DataView, q: number, length: number): boolean {
  if (length < 4) {
    for (let k = 0; k < length; k++) if (a.getUint8(p + k) !== b.getUint8(q + k)) return false;
    return true;
  }
  const last = length - 4;
  for (let k = 0; k < last; k += 4) if (a.getInt32(p + k, true) !== b.getInt32(q + k, true)) return false;
  return a.getInt32(p + last, true) === b.getInt32(q + last, true);
}

/** See {@link HASH_SEED}. */
export function hashId(b: Uint8Array, start: number, end: number): number {
  let h = HASH_SEED;
  for (let p = start; p < end; p++) h = Math.imul(h ^ b[p], HASH_MULTIPLIER);
  return h;
}

/** The finaliser of MurmurHash3 (public domain, Austin Appleby): spreads every input bit over the low bits. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
