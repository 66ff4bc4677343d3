import { describe, expect, it } from "vitest";
import { type Detection, takeReading, tellSilence } from "../../src/detection/detector.ts";
import type { Reason } from "../../src/detection/reasons.ts";
import { DEFAULT_ONE_IN_MS, sensitivityFor } from "../../src/detection/sensitivity.ts";
import { AT, copyState, newState } from "../../src/detection/state.ts";
import { silentFrom } from "../../src/detection/still.ts";
import { randomOf, START_MS, STEP_MS, series } from "./streams.ts";

const MONTH = sensitivityFor(DEFAULT_ONE_IN_MS);
const REPEATS = 20;
const DAY = 288;
const LEARNED = 22 * DAY;
/** Of one reading to the next. */
const SPREADS: Readonly<Record<string, number>> = { noise: 1, daily: 0.5 };

type Fault = (values: Float64Array, from: number, spread: number, seed: number) => void;

const addFrom = (by: (i: number, spread: number) => number): Fault => {
  return (values, from, spread) => {
    for (let i = from; i < values.length; i++) values[i] += by(i - from, spread);
  };
};

/** How often a fault was found within a day, in how many of these its reason was among these, and at which reading the first was. */
function tried(kind: string, reasons: readonly Reason[], harm: Fault): { found: number; right: number } {
  let [found, right] = [0, 0];
  for (let seed = 1; seed <= REPEATS; seed++) {
    const values = series(kind, 200 + seed, LEARNED + 2 * DAY);
    const from = LEARNED + 5 * seed;
    harm(values, from, SPREADS[kind], seed);
    const state = newState();
    const told: Detection[] = [];
    for (let i = 0; i < from + DAY; i++) {
      const detection = takeReading(state, START_MS + i * STEP_MS, values[i], MONTH);
      if (detection !== null && i >= from) told.push(detection);
    }
    if (told.length > 0) found++;
    if (told.some(({ reason }) => reasons.includes(reason))) right++;
  }
  return { found, right };
}

describe("a fault in noise, and where there is a daily cycle", () => {
  const faults: Readonly<Record<string, { reasons: readonly Reason[]; harm: Fault }>> = {
    "a spike": {
      reasons: ["spike"],
      harm: (values, from, spread) => {
        values[from] += 12 * spread;
      },
    },
    "a shift, once there are some readings of it": {
      reasons: ["level_shift"],
      harm: addFrom((_, spread) => 8 * spread),
    },
    "a value that is held": {
      reasons: ["flat_line"],
      harm: (values, from) => void values.fill(values[from], from),
    },
    "a variance, once there are some readings of it": {
      reasons: ["more_variation"],
      harm: (values, from, spread, seed) => {
        const random = randomOf(seed);
        for (let i = from; i < values.length; i++) values[i] += 5 * spread * Math.sqrt(12) * (random() - 0.5);
      },
    },
    "what runs away slowly": {
      reasons: ["drift", "level_shift"],
      harm: addFrom((i, spread) => 0.05 * spread * i),
    },
  };
  for (const [name, { reasons, harm }] of Object.entries(faults)) {
    it(`is found 20 times of 20 and called what it is 15 times: ${name}`, () => {
      for (const kind of Object.keys(SPREADS)) {
        const { found, right } = tried(kind, reasons, harm);
        expect({ kind, found, right: right >= 15 || right }).toEqual({ kind, found: REPEATS, right: true });
      }
    });
  }

  it("is found 20 times of 20 and called what it is 15 times: a day that stays away", () => {
    const { found, right } = tried("daily", ["unusual_time"], (values, from) => {
      const midnight = from - (from % DAY);
      for (let i = Math.max(from, midnight); i < values.length; i++) values[i] -= 5 * Math.sin((2 * Math.PI * i) / DAY);
    });
    expect({ found, right: right >= 15 || right }).toEqual({ found: REPEATS, right: true });
  });
});

describe("a device that stands still", () => {
  /** Every five minutes but for `gaps`, minutes by the reading behind them. */
  function run(values: Iterable<number>, gaps: Readonly<Record<number, number>> = {}) {
    const state = newState();
    const told: [at: number, reason: Reason][] = [];
    let [time, i] = [START_MS, 0];
    for (const value of values) {
      time += (gaps[i] ?? 5) * 60_000;
      const detection = takeReading(state, time, value, MONTH);
      if (detection !== null) told.push([i, detection.reason]);
      i++;
    }
    return { state, time, told };
  }

  it("is told when it reports again after twice the longest silence that it ever had, not after less", () => {
    const { told } = run(series("noise", 3, 1000), { 300: 60, 500: 90, 700: 200, 900: 300 });
    expect(told.filter(([, reason]) => reason === "silence")).toEqual([
      [300, "silence"],
      [700, "silence"],
    ]);
  });

  it("is known to be silent before it reports again, by its own readings alone", () => {
    const { state, time } = run(series("noise", 3, 1000), { 300: 60 });
    expect(silentFrom(state) - time).toBeGreaterThan(100 * 60_000);
    expect(silentFrom(state) - time).toBeLessThanOrEqual(120 * 60_000);
    expect(silentFrom(run(series("noise", 3, 100)).state)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is told silent once, from when on it is, and not again when it reports", () => {
    const { state, time } = run(series("noise", 3, 1000), { 300: 60 });
    const from = Math.floor(silentFrom(state)) + 1;
    expect(tellSilence(state, from - 1, 0)).toBe(null);
    expect(tellSilence(copyState(state), from + 1, from + 1)).toMatchObject({ time: from + 1, reason: "silence" });
    expect(tellSilence(state, from + 1, 0)).toMatchObject({ time: from, reason: "silence", score: 0 });
    expect(tellSilence(state, from + 2, 0)).toBe(null);
    const value = state.numbers[AT.given];
    expect(takeReading(state, time + 5 * 3_600_000, value, MONTH)?.reason).not.toBe("silence");
    const next = silentFrom(state);
    expect(tellSilence(state, next + 1, 0)?.reason).toBe("silence");
  });

  it("is told as stuck where a value stays twice as long as ever, once; never where the normal is constant", () => {
    const random = randomOf(5);
    const contact = Array.from({ length: 3000 }, (_, i) => Math.floor(i / 20) % 2);
    const { told } = run([...contact, ...new Array(300).fill(0)]);
    expect(told.filter(([at]) => at >= 3000).length).toBe(1);
    const seldom = Array.from({ length: 4000 }, () => (random() < 0.002 ? 1 : 0));
    expect(run(seldom).told.filter(([, reason]) => reason === "stuck")).toEqual([]);
  });
});
