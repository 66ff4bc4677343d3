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

  it("a reading that stands out from both beside it is told as itself, and not again by the one behind it", () => {
    const random = randomOf(7);
    const noise = () => 0.15 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    // A cold store whose door stood open once: for two hours, so that it has been as warm before, and not as suddenly.
    const door = (i: number) =>
      i < 2000 || i > 2200 ? 0 : i < 2022 ? 6 * (1 - Math.exp((2000 - i) / 6)) : 6 * Math.exp((2022 - i) / 8);
    const values = Float64Array.from(
      { length: 3000 },
      (_, i) => Math.round(10 * (3 + 0.8 * Math.sin((2 * Math.PI * i) / 144) + noise() + door(i))) / 10,
    );
    const isBehind = ({ at }: Found) => at >= 2500 && at < 2510;
    values[2500] = 12.4;
    const told = detectIn(values).filter(isBehind);
    expect(told.map(({ at, reason, value }) => [at, reason, value])).toEqual([[2500, "spike", 12.4]]);
    // Of one that wanders, within what is usual and never so unlike its neighbours; both on one day.
    let at = 0;
    const wandering = Float64Array.from({ length: 3000 }, () => {
      at = 0.995 * at + random() - 0.5;
      return 20 + at;
    });
    wandering[2500] = wandering[2499] + (wandering[2499] > 20 ? -3 : 3);
    const dip = { at: 2501, reason: "spike", value: wandering[2500], time: START_MS + 2500 * STEP_MS };
    expect(detectIn(wandering).filter(isBehind)).toMatchObject([dip]);
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
      for (const unit of [(x: number) => 1024 * x, (x: number) => 1000 * x, (x: number) => 1.8 * x + 32])
        expect(shape(detectIn(values.map(unit)))).toEqual(found);
    }
  });

  it("a device takes less than 16 kB", () => {
    expect(STATE_BYTES).toBeLessThan(16_000);
  });

  it("a glitch of a million times the value blinds a device for no more than 500 readings, among its first ones too", () => {
    for (const kind of ["noise", "daily", "on and off"]) {
      for (const at of [0, 1, 20, 36, 100, 1000]) {
        const values = series(kind, 4, at + 700);
        values[at] *= 1e6;
        const [highest, lowest] = [Math.max(...series(kind, 4, 500)), Math.min(...series(kind, 4, 500))];
        values[at + 650] = highest + 2 * (highest - lowest);
        expect([kind, at, detectIn(values).some((one) => one.at === at + 650)]).toEqual([kind, at, true]);
      }
    }
  });

  it("a glitch blinds a device that was constant no longer, and is told", () => {
    for (const at of [0, 10, 100, 1000]) {
      const values = new Float64Array(at + 700).fill(21.5);
      values[at] = 21.5e6;
      values[at + 650] = 90;
      const found = detectIn(values).map((one) => one.at);
      expect(found).toContain(at + 650);
      expect(found.includes(at)).toBe(at >= 150);
    }
  });

  it("what is ordinary is not told more often once a glitch is forgotten, nor before", () => {
    for (const at of [100, 4000]) {
      const values = series("daily", 5, 40_000);
      const without = detectIn(values).length;
      values[at] *= 1e6;
      expect(detectIn(values).length).toBeLessThanOrEqual(without + 2);
    }
  });
});

describe("normal data", () => {
  const SEEDS = Number(process.env.VANTAGEFLOW_TEST_STREAMS ?? 1);

  it("gives no kind of it more than 16 detections in 40,000 readings", () => {
    for (const kind of Object.keys(KINDS)) {
      for (let seed = 1; seed <= SEEDS; seed++)
        expect([kind, seed, detectIn(series(kind, seed, 40_000)).length <= 16]).toEqual([kind, seed, true]);
    }
  });
});
