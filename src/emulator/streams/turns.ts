/** Work of which a few are done at once, the others in their order. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function createTurns(max: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= max) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      // Whose turn it is next has the place of this one.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
