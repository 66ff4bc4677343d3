/** Series of a device as sensors give them, seeded: one value every five minutes. */

const DAY = 288;
const WEEK = 7 * DAY;

type Random = () => number;

/** Mulberry32: the same numbers on every machine. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A random walk that is drawn back to 0. */
function walk(random: Random, keep: number): () => number {
  let at = 0;
  return () => {
    at = keep * at + Math.sqrt(1 - keep * keep) * normal(random);
    return at;
  };
}

const cycle = (i: number, length: number) => Math.sin((2 * Math.PI * i) / length);

/** Ten kinds of normal: the value of reading `i`, by what a random source of its own gives. */
export const KINDS: Readonly<Record<string, (random: Random) => (i: number) => number>> = {
  noise: (random) => () => 20 + normal(random),
  uniform: (random) => () => 20 + 2 * random(),
  "slow noise": (random) => {
    const next = walk(random, 0.9);
    return () => 20 + next();
  },
  wandering: (random) => {
    const next = walk(random, 0.995);
    return () => 20 + 3 * next() + 0.2 * normal(random);
  },
  daily: (random) => (i) => 20 + 5 * cycle(i, DAY) + 0.5 * normal(random),
  "daily and weekly": (random) => (i) => 20 + 5 * cycle(i, DAY) + 3 * cycle(i, WEEK) + 0.5 * normal(random),
  steps: (random) => {
    const next = walk(random, 0.98);
    return () => Math.round((20 + next()) * 2) / 2;
  },
  skewed: (random) => () => Math.exp(0.5 * normal(random)),
  "on and off": (random) => {
    let [on, left] = [false, 0];
    return () => {
      if (left-- <= 0) [on, left] = [!on, 6 + Math.floor(30 * random())];
      return (on ? 60 : 20) + 0.3 * normal(random);
    };
  },
  "heavy tails": (random) => () =>
    20 + normal(random) / Math.sqrt((normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2) / 3),
};

export const STEP_MS = 300_000;
/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2024, 0, 1);

/** The first `count` values of a kind. */
export function series(kind: string, seed: number, count: number): Float64Array {
  const next = KINDS[kind](randomOf(seed));
  return Float64Array.from({ length: count }, (_, i) => next(i));
}
