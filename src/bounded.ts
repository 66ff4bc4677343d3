import { availableParallelism } from "node:os";
import { messageOf } from "./errors.ts";

/**
 * How many objects of a size are in flight at once, at most: large ones keep a machine busy (and take some 60 MB of buffers
 * each in a bucket), of middling ones more would only take memory, and small ones wait together for the disk.
 */
const CLASSES = [
  { from: 4 * 1024 * 1024, most: availableParallelism() },
  { from: 64 * 1024, most: 16 },
  { from: 0, most: Number.POSITIVE_INFINITY },
];

/** Does something with each item, at most `limit` at once. Stops taking items at the first failure, and throws it. */
export async function forEachBounded<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = iterate(items);
  const take = async () => {
    const { done, value } = await iterator.next();
    return done === true ? null : { value };
  };
  await inLanes(limit, take, ({ value }) => each(value));
}

/** Items as they come, `size` at a time: for work that is done side by side and told in order, in constant memory. */
export async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  for await (const item of items) {
    if (batch.push(item) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

/**
 * Maps with at most `limit` in flight, and of those whose `sizeOf` is larger no more than their class has; results keep
 * the order of the items. Stops taking items at the first failure, and throws it.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
  sizeOf: (item: T) => number = () => 0,
): Promise<R[]> {
  const results: R[] = [];
  const left = CLASSES.map(({ most }) => ({ most, items: [] as number[], inFlight: 0 }));
  // Asked once: a file that is moved away meanwhile has another size then.
  const classes = items.map((item) => left[CLASSES.findIndex(({ from }) => sizeOf(item) >= from)]);
  for (const [index, one] of classes.entries()) one.items.push(index);
  // Taken from the end: the last is the first.
  for (const one of left) one.items.reverse();
  const take = (): number | null => {
    let first: (typeof left)[number] | undefined;
    for (const one of left) {
      const next = one.items.at(-1);
      if (next === undefined || one.inFlight >= one.most) continue;
      if (first === undefined || next < (first.items.at(-1) ?? 0)) first = one;
    }
    if (first === undefined) return null;
    first.inFlight++;
    return first.items.pop() ?? null;
  };
  await inLanes(Math.max(1, Math.min(limit, items.length)), take, async (index) => {
    results[index] = await map(items[index]);
    classes[index].inFlight--;
  });
  if (left.some(({ items: rest }) => rest.length > 0)) throw new Error("items were left out");
  return results;
}

/** What could not be done with one object of many, and why. */
export interface Failed {
  readonly key: string;
  readonly message: string;
}

/** Does what concerns one object of many: whatever it throws is told, and none of the others suffer from it. */
export async function attempt<R>(
  key: string,
  work: () => Promise<R>,
): Promise<{ readonly value: R } | { readonly failed: Failed }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failed: { key, message: messageOf(error) } };
  }
}

interface EachOptions<T> {
  /** Objects in flight at once. */
  readonly concurrency: number;
  readonly keyOf: (item: T) => string;
  /** Bytes, see {@link mapBounded}. */
  readonly sizeOf?: (item: T) => number;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: (() => boolean) | undefined;
}

/**
 * Works on many objects, each by itself: one that fails is told in `failed` and stops no other. Both lists keep the order
 * of the items; what `work` gives null for, and what was not started any more, is in neither.
 */
export async function mapEach<T, R>(
  items: readonly T[],
  { concurrency, keyOf, sizeOf, stopped = () => false }: EachOptions<T>,
  work: (item: T) => Promise<R | null>,
): Promise<{ readonly done: readonly R[]; readonly failed: readonly Failed[] }> {
  const each = async (item: T) => (stopped() ? { value: null } : attempt(keyOf(item), () => work(item)));
  const tried = await mapBounded(items, concurrency, each, sizeOf);
  return {
    done: tried.flatMap((one) => ("value" in one && one.value !== null ? [one.value] : [])),
    failed: tried.flatMap((one) => ("failed" in one ? [one.failed] : [])),
  };
}

/** Takes and works in as many lanes side by side, until nothing is left (null) or one has failed; then all have ended. */
async function inLanes<T>(
  count: number,
  take: () => T | null | Promise<T | null>,
  work: (taken: T) => Promise<void>,
): Promise<void> {
  let failed = false;
  const lane = async () => {
    try {
      for (let taken = await take(); taken !== null && !failed; taken = await take()) await work(taken);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: count }, lane));
  const broken = lanes.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}
