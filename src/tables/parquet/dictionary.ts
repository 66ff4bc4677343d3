import { grown } from "../../pipeline/grown.ts";

/** Numbers of a column as a dictionary: each once, in the order in which they first came, and of each row which it is. */
export interface Dictionary<T> {
  readonly values: T;
  readonly numbers: Int32Array;
}

/** Slots of the hash table at first: what hardly differs stays in the processor's caches. */
const FIRST_SLOTS = 1 << 12;

/** Kept between row groups: a new table would have to be set to zero, and thrown away. */
let slots = new Int32Array(FIRST_SLOTS);
let distinct = new Int32Array(FIRST_SLOTS);

/**
 * The dictionary of numbers; null where there are more than `most` different ones. By their bits, so that every double is found
 * again as it was.
 */
export function dictionaryOf<T extends Float64Array | Int32Array>(values: T, most: number): Dictionary<T> | null {
  const { length } = values;
  const words = values.BYTES_PER_ELEMENT >> 2;
  const bits = new Int32Array(values.buffer, values.byteOffset, length * words);
  const numbers = new Int32Array(length);
  let mask = FIRST_SLOTS - 1;
  slots.fill(0, 0, FIRST_SLOTS);
  let known = 0;
  for (let i = 0; i < length; i++) {
    const low = bits[i * words];
    const high = words === 2 ? bits[i * 2 + 1] : 0;
    let at = hashOf(low, high) & mask;
    for (;;) {
      const number = slots[at] - 1;
      if (number < 0) {
        if (known === most) return null;
        if (2 * known + 1 >= distinct.length) distinct = grown(distinct);
        distinct[2 * known] = low;
        distinct[2 * known + 1] = high;
        slots[at] = ++known;
        numbers[i] = known - 1;
        if (2 * known > mask) mask = spread(mask * 2 + 1, known);
        break;
      }
      if (distinct[2 * number] === low && distinct[2 * number + 1] === high) {
        numbers[i] = number;
        break;
      }
      at = (at + 1) & mask;
    }
  }
  const found = values.slice(0, known) as T;
  const foundBits = new Int32Array(found.buffer, found.byteOffset, known * words);
  for (let i = 0; i < foundBits.length; i++) foundBits[i] = distinct[words === 2 ? i : 2 * i];
  return { values: found, numbers };
}

function hashOf(low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

/** Puts what is known into twice as many slots. */
function spread(mask: number, known: number): number {
  if (slots.length <= mask) slots = new Int32Array(mask + 1);
  else slots.fill(0, 0, mask + 1);
  for (let number = 0; number < known; number++) {
    let at = hashOf(distinct[2 * number], distinct[2 * number + 1]) & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = number + 1;
  }
  return mask;
}
