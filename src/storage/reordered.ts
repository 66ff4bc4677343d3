import { compareKeys } from "./keys.ts";

/**
 * What a listing shows, in another order than its own, as it comes: something waits while what is listed may still have to come
 * before it, so that only names wait which begin one another. `nameOf` is what the listing orders by, and `orderOf`, which is never before
 * the name, what these are ordered by; `compare` says so of two, and what comes first of those that are equal in that.
 */
export async function* reordered<T>(
  listing: AsyncIterable<T>,
  { nameOf, orderOf, compare }: Order<T>,
): AsyncGenerator<T, void, undefined> {
  let waiting: T[] = [];
  for await (const one of listing) {
    const name = nameOf(one);
    const ready = waiting.filter((before) => compareKeys(orderOf(before), name) < 0);
    if (ready.length > 0) waiting = waiting.slice(ready.length);
    yield* ready;
    waiting.push(one);
    if (waiting.length > 1) waiting.sort(compare);
  }
  yield* waiting;
}

interface Order<T> {
  readonly nameOf: (one: T) => string;
  readonly orderOf: (one: T) => string;
  readonly compare: (a: T, b: T) => number;
}
