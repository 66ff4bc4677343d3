import { type Detection, takeReading } from "./detector.ts";
import type { Sensitivity } from "./sensitivity.ts";
import { AT, type DeviceState, newState } from "./state.ts";

/** Detectors of many devices, each by itself. */
export class Detectors {
  readonly #states = new Map<string, DeviceState>();
  readonly #sensitivity: Sensitivity;

  constructor(sensitivity: Sensitivity) {
    this.#sensitivity = sensitivity;
  }

  get count(): number {
    return this.#states.size;
  }

  /**
   * Takes a reading in; null where it is not odd. One of a time that the device has reported already is the same reading sent
   * again, and one of an earlier time comes too late: both are `"passed"` over.
   */
  take(device: string, time: number, value: number): Detection | "passed" | null {
    let state = this.#states.get(device);
    if (state === undefined) {
      state = newState();
      this.#states.set(device, state);
    } else if (time <= state.numbers[AT.time]) return "passed";
    return takeReading(state, time, value, this.#sensitivity);
  }
}
