/** Does something with each item, at most `limit` at once. Stops taking items at the first failure, and throws it. */
export async function forEachBounded<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = iterate(items);
  let failed = false;
  const lane = async () => {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true || failed) return;
      await each(value);
    }
  };
  const guarded = () =>
    lane().catch((error) => {
      failed = true;
      throw error;
    });
  const lanes = await Promise.allSettled(Array.from({ length: limit }, guarded));
  const broken = lanes.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}
