/**
 * Begins so many of these ahead of their turn, and gives them in their order, each as it ended. What is begun and not taken any more is
 * given to `drop`.
 */
export async function* ahead<T, R>(
  items: readonly T[],
  count: number,
  begin: (item: T) => Promise<R>,
  drop: (result: R) => Promise<void>,
): AsyncGenerator<{ readonly item: T; readonly result: R } | { readonly item: T; readonly error: unknown }> {
  const begun: { readonly item: T; readonly result: Promise<R> }[] = [];
  let next = 0;
  try {
    for (;;) {
      for (; begun.length < count && next < items.length; next++) {
        const one = { item: items[next], result: begin(items[next]) };
        // Told when its turn comes.
        one.result.catch(() => {});
        begun.push(one);
      }
      const first = begun.shift();
      if (first === undefined) return;
      const { item } = first;
      const ended = await first.result.then(
        (result) => ({ item, result }),
        (error: unknown) => ({ item, error }),
      );
      yield ended;
    }
  } finally {
    for (const { result } of begun) await result.then(drop, () => {});
  }
}
