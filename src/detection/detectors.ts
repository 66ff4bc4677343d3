import { VantageflowError } from "../errors.ts";
import { type Detection, takeReading, tellSilence } from "./detector.ts";
import type { Sensitivity } from "./sensitivity.ts";
import { AT, type DeviceState, LEARNED_READINGS, newState } from "./state.ts";
import { silentFrom } from "./still.ts";

/** Devices that are looked at at once, at most: a gigabyte of what they remember. */
const MAX_DEVICES = 100_000;

/** A day that only a smaller share of the devices have readings of says nothing of the others: their clocks run ahead, or the rest is to come. */
const REPORTING = 1 / 4;

/** A device, when its newest reading was, and from when on it is silent if it does not report. Milliseconds since the epoch. */
export interface AwaitedDevice {
  readonly device: string;
  readonly last: number;
  readonly silent: number;
}

/** Detectors of many devices, each by itself. */
export class Detectors {
  readonly #states = new Map<string, DeviceState>();
  readonly #sensitivity: Sensitivity;
  /** Readings that did not count: of a time that their device had reported already. */
  passed = 0;

  constructor(sensitivity: Sensitivity) {
    this.#sensitivity = sensitivity;
  }

  get count(): number {
    return this.#states.size;
  }

  /** What is remembered of each device, in the order in which they came. */
  entries(): IterableIterator<[device: string, state: DeviceState]> {
    return this.#states.entries();
  }

  /** Goes on from what was remembered of a device. */
  restore(device: string, state: DeviceState): void {
    this.#states.set(device, state);
  }

  /** Devices that have shown what is usual: of the others nothing is told. */
  get learned(): number {
    let learned = 0;
    for (const { numbers } of this.#states.values()) if (numbers[AT.readings] >= LEARNED_READINGS) learned++;
    return learned;
  }

  /**
   * Takes a reading in; null where it is not odd. One of a time that the device has reported already is the same reading sent
   * again, one of an earlier time comes too late, and neither counts. Throws `input_invalid` for more devices than one can look at.
   */
  take(device: string, time: number, value: number): Detection | null {
    let state = this.#states.get(device);
    if (state === undefined) {
      if (this.count === MAX_DEVICES) {
        const why = `there are more than ${MAX_DEVICES.toLocaleString("en-US")} devices. Look at one: --device ID`;
        throw new VantageflowError("input_invalid", `Cannot detect: ${why}.`);
      }
      state = newState();
      this.#states.set(device, state);
    } else if (time <= state.numbers[AT.time]) {
      this.passed++;
      return null;
    }
    return takeReading(state, time, value, this.#sensitivity);
  }

  /**
   * The devices that are the next to be silent, unless they report: the first first, at most so many. Not those of which it was told that
   * they are, nor any of which too little is known.
   */
  awaited(most: number): AwaitedDevice[] {
    const awaited: AwaitedDevice[] = [];
    for (const [device, state] of this.#states) {
      const { numbers } = state;
      const silent = silentFrom(state);
      if (silent === Number.POSITIVE_INFINITY || numbers[AT.silent] === numbers[AT.readings]) continue;
      awaited.push({ device, last: numbers[AT.time], silent: Math.ceil(silent) });
    }
    awaited.sort((a, b) => a.silent - b.silent || (a.device < b.device ? -1 : 1));
    return awaited.slice(0, most);
  }

  /**
   * Devices of which it becomes known at the end of a day that they are silent, see {@link tellSilence}. `from` is its beginning, `now`
   * the newest reading in it: milliseconds.
   */
  *silences(now: number, from: number): IterableIterator<[device: string, detection: Detection]> {
    let [known, reporting] = [0, 0];
    for (const { numbers } of this.#states.values()) {
      if (numbers[AT.readings] < LEARNED_READINGS || numbers[AT.silent] === numbers[AT.readings]) continue;
      known++;
      if (numbers[AT.time] >= from) reporting++;
    }
    if (reporting < REPORTING * known) return;
    for (const [device, state] of this.#states) {
      const detection = tellSilence(state, now, from);
      if (detection !== null) yield [device, detection];
    }
  }
}
