import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeReading } from "../../src/detection/detector.ts";
import { DEFAULT_ONE_IN_MS, sensitivityFor } from "../../src/detection/sensitivity.ts";
import {
  AT,
  DETECTOR_VERSION,
  type DeviceState,
  newState,
  OF,
  readState,
  STATE_BYTES,
  writeState,
} from "../../src/detection/state.ts";
import { KINDS, START_MS, STEP_MS, series } from "./streams.ts";

const MONTH = sensitivityFor(DEFAULT_ONE_IN_MS);
const RUNS = Number(process.env.VANTAGEFLOW_TEST_RUNS ?? 40);

function feed(state: DeviceState, values: Float64Array, from = 0) {
  return Array.from(values.subarray(from), (value, i) =>
    takeReading(state, START_MS + (from + i) * STEP_MS, value, MONTH),
  );
}

const bytesOf = (state: DeviceState) => Buffer.from(state.numbers.buffer as ArrayBuffer);

function known(kind = "daily", count = 9000): DeviceState {
  const state = newState();
  feed(state, series(kind, 1, count));
  return state;
}

describe("a state that is written", () => {
  it("is read back bit for bit, at any point of any series, and goes on as the one before", () => {
    const kind = fc.constantFrom(...Object.keys(KINDS));
    const scale = fc.constantFrom(0, 1e-300, 1, -1e6, 1e12);
    fc.assert(
      fc.property(kind, fc.nat(1000), fc.nat(2000), scale, (name, seed, at, by) => {
        const values = series(name, seed, 2200).map((x) => x * by);
        const state = newState();
        feed(state, values.subarray(0, at));
        const read = readState(writeState(state));
        expect(read).not.toBe(null);
        if (read === null) return;
        expect(bytesOf(read).equals(bytesOf(state))).toBe(true);
        expect(feed(read, values, at)).toEqual(feed(state, values, at));
        expect(bytesOf(read).equals(bytesOf(state))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("takes 300 bytes of a new device, and no more than memory does of one that is known", () => {
    expect(writeState(newState()).length).toBeLessThan(300);
    for (const kind of Object.keys(KINDS)) expect(writeState(known(kind)).length).toBeLessThan(STATE_BYTES);
  });
});

describe("bytes that are no state", () => {
  it("are refused: nothing, a piece, more than all, another version", () => {
    const written = writeState(known());
    for (const length of [0, 1, 4, 100, 500, written.length - 1])
      expect(readState(written.subarray(0, length))).toBe(null);
    expect(readState(Uint8Array.of(...written, 0))).toBe(null);
    const other = written.slice();
    new DataView(other.buffer).setUint32(0, DETECTOR_VERSION + 1, true);
    expect(readState(other)).toBe(null);
  });

  it("are refused where the detector could not go on: no numbers, part of a reading, no weight, a bin beyond all", () => {
    const harms: ((state: DeviceState) => void)[] = [
      ({ numbers }) => void numbers.fill(Number.NaN, AT.mean, AT.mean + 1),
      ({ numbers }) => void numbers.fill(Number.POSITIVE_INFINITY, AT.interval, AT.interval + 1),
      ({ numbers }) => void numbers.fill(9000.5, AT.readings, AT.readings + 1),
      ({ numbers }) => void numbers.fill(-1, AT.readings, AT.readings + 1),
      ({ numbers }) => void numbers.fill(0, AT.weight, AT.weight + 1),
      ({ recent }) => void recent.fill(Number.NaN, 3, 4),
      ({ tails }) => void tails.fill(-1, 5, 6),
      ({ facts }) => void facts.fill(Number.POSITIVE_INFINITY, OF.small, OF.small + 1),
      ({ facts }) => void facts.fill(Number.NaN, OF.record, OF.record + 1),
      ({ facts }) => void facts.fill(2 ** 31 - 1, OF.top, OF.top + 1),
      ({ facts }) => void facts.fill(0.5, OF.usual, OF.usual + 1),
    ];
    for (const harm of harms) {
      const state = known();
      harm(state);
      expect(readState(writeState(state))).toBe(null);
    }
  });

  it("whatever they are, give null or a state that takes readings without an error", () => {
    const written = writeState(known("steps", 3000));
    const edit = fc.tuple(fc.nat(written.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
        const bytes = written.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        const state = readState(bytes);
        if (state !== null) expect(feed(state, series("steps", 2, 200))).toHaveLength(200);
      }),
      { numRuns: 5 * RUNS },
    );
  });
});
