/**
 * mulberry32 (Tommy Ettinger, public domain): a generator of 32-bit unsigned integers with 32 bits of state,
 * in integer arithmetic only, so that a seed gives the same numbers on every machine.
 */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
