import { describe, expect, it } from "vitest";
import { type Detection, takeReading } from "../../src/detection/detector.ts";
import { Detectors } from "../../src/detection/detectors.ts";
import { DEFAULT_ONE_IN_MS, sensitivityFor } from "../../src/detection/sensitivity.ts";
import { copyState, newState, STATE_BYTES } from "../../src/detection/state.ts";
import { KINDS, randomOf, START_MS, STEP_MS, series } from "./streams.ts";

const MONTH = sensitivityFor(DEFAULT_ONE_IN_MS);

type Found = Detection & { readonly at: number };

function detectIn(values: Iterable<number>, state = newState(), from = 0): Found[] {
  const found: Found[] = [];
  let at = from;
  for (const value of values) {
    const detection = takeReading(state, START_MS + at * STEP_MS, value, MONTH);
    if (detection !== null) found.push({ ...detection, at });
    at++;
  }
  return found;
}

const shape = (found: readonly Found[]) => found.map(({ at, reason }) => [at, reason]);

describe("the series that everybody tries first", () => {
  it("a constant gives no detection, however long it is", () => {
    expect(detectIn(new Float64Array(20_000).fill(21.5))).toEqual([]);
    expect(detectIn(new Float64Array(2000))).toEqual([]);
  });

  it("one spike in a constant is found at once and is the only detection of its day", () => {
    const values = new Float64Array(5000).fill(21.5);
    values[3000] = 90;
    const found = detectIn(values);
    expect(found[0]).toMatchObject({ at: 3000, reason: "spike", value: 90, expected: 21.5 });
    expect(found.filter(({ at }) => at < 3000 + 288)).toHaveLength(1);
  });

  it("steps of the sensor's resolution are no detections by the hundred, and no numbers that are none", () => {
    const random = randomOf(7);
    const found = detectIn(Float64Array.from({ length: 20_000 }, () => (random() < 0.5 ? 20 : 20.5)));
    expect(found.length).toBeLessThan(16);
    for (const { onceIn, score, expected, band } of found) {
      expect([onceIn, score, expected, band].every(Number.isFinite)).toBe(true);
    }
  });

  it("a level that moves by two and a half deviations is found within a day", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = series("noise", seed, 6000).map((x, i) => (i < 5000 ? x : x + 2.5));
      expect(detectIn(values).some(({ at }) => at >= 5000 && at < 5288)).toBe(true);
    }
  });

  it("a gap and what is sent again: a reading counts once, and one that comes too late not at all", () => {
    const values = series("daily", 3, 4000);
    const once = new Detectors(MONTH);
    const twice = new Detectors(MONTH);
    const gap = (i: number) => START_MS + (i < 2000 ? i : i + 500) * STEP_MS;
    for (const [i, value] of values.entries()) {
      const expected = once.take("a", gap(i), value);
      expect(twice.take("a", gap(i), value)).toEqual(expected);
      expect(twice.take("a", gap(i), value)).toBe(null);
      if (i > 0) expect(twice.take("a", gap(i - 1), 1e6)).toBe(null);
    }
    expect([once.passed, twice.passed]).toEqual([0, 2 * values.length - 1]);
  });

  it("a counter that wraps is found where it wraps, not at each step", () => {
    const found = detectIn(Float64Array.from({ length: 8000 }, (_, i) => (i * 3) % 20_000));
    expect(found.some(({ at }) => at >= 6667 && at <= 6670)).toBe(true);
    expect(found.length).toBeLessThan(16);
  });
});

describe("what holds for every series", () => {
  it("no detection changes when readings follow, and a state that was copied goes on as the one before", () => {
    for (const kind of Object.keys(KINDS)) {
      const values = series(kind, 11, 6000);
      const whole = detectIn(values);
      const state = newState();
      const first = detectIn(values.subarray(0, 3500), state);
      const copied = copyState(state);
      const rest = detectIn(values.subarray(3500), copied, 3500);
      expect([...first, ...rest]).toEqual(whole);
      expect(detectIn(values.subarray(3500), state, 3500)).toEqual(rest);
    }
  });

  it("a unit changes nothing: degrees or Fahrenheit, metres or millimetres", () => {
    for (const kind of Object.keys(KINDS)) {
      const values = series(kind, 12, 6000);
      const found = shape(detectIn(values));
      expect(shape(detectIn(values.map((x) => x * 1024)))).toEqual(found);
      expect(shape(detectIn(values.map((x) => x * 1.8 + 32))).slice(0, 3)).toEqual(found.slice(0, 3));
    }
  });

  it("a device takes less than 16 kB", () => {
    expect(STATE_BYTES).toBeLessThan(16_000);
  });

  it("a glitch of a million times the value blinds a device for no more than 500 readings", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const values = series("noise", seed, 6000);
      values[4000] *= 1e6;
      for (let i = 4500; i < values.length; i++) values[i] += 5;
      expect(detectIn(values).some(({ at }) => at >= 4500 && at < 4536)).toBe(true);
    }
  });
});

describe("normal data", () => {
  it("gives no kind of it more than a detection in four days, in five months of five minutes", () => {
    for (const kind of Object.keys(KINDS))
      expect([kind, detectIn(series(kind, 1, 40_000)).length < 36]).toEqual([kind, true]);
  });
});

describe("reasons", () => {
  const REPEATS = 20;
  /** How often one of these reasons is the first that is told within a day of a fault that `harm` makes from reading `at` on. */
  function told(kind: string, reasons: readonly string[], harm: (values: Float64Array, at: number) => void): number {
    let times = 0;
    for (let seed = 1; seed <= REPEATS; seed++) {
      const values = series(kind, 200 + seed, 11_000);
      const at = 10_000 + 5 * seed;
      harm(values, at);
      const first = detectIn(values).find((one) => one.at >= at && one.at < at + 288);
      if (first !== undefined && reasons.includes(first.reason)) times++;
    }
    return times;
  }

  it("call a spike one, with a daily cycle too", () => {
    const spike = (values: Float64Array, at: number) => {
      values[at] += 12;
    };
    expect(told("noise", ["spike"], spike)).toBeGreaterThanOrEqual(15);
    expect(told("daily", ["spike"], spike)).toBeGreaterThanOrEqual(15);
  });

  it("call a day that stays away, after a night as every other, unusual for this time in half of all cases", () => {
    let times = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const values = series("daily", 300 + seed, 11_000);
      // The lowest of a day on, and until the next.
      const at = 216 + 288 * 35;
      for (let i = at; i < at + 288; i++) values[i] -= 5 + 5 * Math.sin((2 * Math.PI * i) / 288);
      const first = detectIn(values).find((one) => one.at >= at && one.at < at + 288);
      if (first?.reason === "unusual_time") times++;
    }
    expect(times).toBeGreaterThanOrEqual(10);
  });

  it("call a sensor that holds its value one that varies less, with a daily cycle too", () => {
    const hold = (values: Float64Array, at: number) => void values.fill(values[at], at, at + 200);
    expect(told("daily", ["flat_line", "less_variation"], hold)).toBeGreaterThanOrEqual(15);
  });

  it("call what runs away slowly a drift or a shift", () => {
    const drift = (values: Float64Array, at: number) => {
      for (let i = at; i < values.length; i++) values[i] += 0.02 * (i - at);
    };
    expect(told("noise", ["drift", "level_shift"], drift)).toBeGreaterThanOrEqual(15);
  });
});
