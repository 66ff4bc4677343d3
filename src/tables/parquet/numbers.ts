/** Numbers of a column as a dictionary: each once, in the order in which they first came, and of each row which it is. */
export interface Dictionary<T> {
  readonly values: T;
  readonly numbers: Int32Array;
}

/** Slots of the hash table, kept between row groups; two for each value that there may be. */
let slots = new Int32Array(0);

/**
 * The dictionary of numbers; null where there are more than `most` different ones. By their bits, so that every double is found
 * again as it was.
 */
export function dictionaryOf<T extends Float64Array | Int32Array>(values: T, most: number): Dictionary<T> | null {
  const { length } = values;
  const words = values.BYTES_PER_ELEMENT >> 2;
  const bits = new Int32Array(values.buffer, values.byteOffset, length * words);
  const numbers = new Int32Array(length);
  const firsts = new Int32Array(Math.min(most, length));
  const shift = Math.clz32(Math.max(firsts.length * 2, 256)) - 1;
  const mask = (1 << (32 - shift)) - 1;
  if (slots.length <= mask) slots = new Int32Array(mask + 1);
  else slots.fill(0, 0, mask + 1);
  let known = 0;
  for (let i = 0; i < length; i++) {
    const low = bits[i * words];
    const high = words === 2 ? bits[i * 2 + 1] : 0;
    let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    hash = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const number = slots[hash] - 1;
      if (number < 0) {
        if (known === firsts.length) return null;
        firsts[known] = i;
        slots[hash] = ++known;
        numbers[i] = known - 1;
        break;
      }
      const first = firsts[number] * words;
      if (bits[first] === low && (words === 1 || bits[first + 1] === high)) {
        numbers[i] = number;
        break;
      }
      hash = (hash + 1) & mask;
    }
  }
  const distinct = values.slice(0, known) as T;
  for (let number = 0; number < known; number++) distinct[number] = values[firsts[number]];
  return { values: distinct, numbers };
}
