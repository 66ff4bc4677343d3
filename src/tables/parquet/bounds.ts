import { compareKeys } from "../../storage/keys.ts";
import { HIGH, LOW } from "./pack.ts";

/** The least and the greatest of what is there: microseconds of times, 0 and 1 of booleans. Neither where all is null. */
export interface ValueBounds {
  readonly min?: string | number | bigint;
  readonly max?: string | number | bigint;
}

export function numberBounds(values: Float64Array | Int32Array | Uint8Array): ValueBounds {
  let [min, max] = [values[0], values[0]];
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

/** Of `values[from..to)`, by the halves of each: no BigInt is made but of the two that are found. */
export function longBounds(values: BigInt64Array, from: number, to: number): ValueBounds {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  let [min, max] = [from, from];
  for (let i = from + 1; i < to; i++) {
    if (isLess(words, i, min)) min = i;
    else if (isLess(words, max, i)) max = i;
  }
  return { min: values[min], max: values[max] };
}

function isLess(words: Int32Array, i: number, j: number): boolean {
  const [a, b] = [words[2 * i + HIGH], words[2 * j + HIGH]];
  return a < b || (a === b && words[2 * i + LOW] >>> 0 < words[2 * j + LOW] >>> 0);
}

/** By the order of UTF-8, which is that of code points; JavaScript's own comparison goes by UTF-16. */
export function textBounds(texts: Iterable<string>): ValueBounds {
  let min: string | undefined;
  let max: string | undefined;
  for (const text of texts) {
    if (min === undefined || compareKeys(text, min) < 0) min = text;
    if (max === undefined || compareKeys(text, max) > 0) max = text;
  }
  return min === undefined || max === undefined ? {} : { min, max };
}
