import { MAX_ID_BYTES } from "../pipeline/devices.ts";
import { type Frame, isText } from "./frames/frame.ts";
import type { PlanPart, ReadingPlan } from "./plan.ts";
import { RowBuffer } from "./row-buffer.ts";

/** Devices whose unit, and ids whose replacement, is remembered; of more, and of longer ones, they are worked out each time. */
const REMEMBERED = 65_536;
const REMEMBERED_LENGTH = 1024;
/** What is longer before anything is replaced in it is no id. */
const MAX_RAW_BYTES = 16 * MAX_ID_BYTES;

/** Ids of devices, put together of the cells of the record at hand. */
export class DeviceIds {
  readonly #frame: Frame;
  readonly #replace: ReadingPlan["replace"];
  readonly #id = new RowBuffer();
  readonly #units = new Map<string, Uint8Array | null>();
  readonly #replaced = new Map<string, Buffer>();

  constructor(frame: Frame, { replace }: ReadingPlan) {
    this.#frame = frame;
    this.#replace = replace;
  }

  /** Adds an id as a field. False where a part of it is not there, or empty, and where it is longer than any device's. */
  addTo(rows: RowBuffer, pieces: readonly PlanPart[]): boolean {
    const [first] = pieces;
    if (pieces.length > 1 || this.#replace !== null) {
      if (!this.#compose(pieces)) return false;
      const id = this.#whole();
      if (id.length > MAX_ID_BYTES) return false;
      rows.addField(id, 0, id.length);
      return true;
    }
    if (typeof first !== "number") {
      rows.addField(first, 0, first.length);
      return true;
    }
    const frame = this.#frame;
    if (!isText(frame.look(first)) || frame.from === frame.to || frame.to - frame.from > MAX_ID_BYTES) return false;
    rows.addField(frame.cell, frame.from, frame.to);
    return true;
  }

  /** Empty where there is none. */
  text(pieces: readonly PlanPart[]): string {
    return this.#compose(pieces) ? this.#whole().toString("utf8") : "";
  }

  /** The unit by the first pattern that an id fits; null where none does. */
  unitOf(pieces: readonly PlanPart[], unitOf: (device: string) => Uint8Array | null): Uint8Array | null {
    const device = this.text(pieces);
    let found = this.#units.get(device);
    if (found === undefined) {
      found = unitOf(device);
      if (this.#units.size < REMEMBERED) this.#units.set(device, found);
    }
    return found;
  }

  /** Writes the pieces one behind the other into `#id`. */
  #compose(pieces: readonly PlanPart[]): boolean {
    const id = this.#id;
    const frame = this.#frame;
    id.to = 0;
    for (const piece of pieces) {
      if (typeof piece !== "number") id.add(piece);
      else if (!isText(frame.look(piece)) || frame.from === frame.to) return false;
      else if (frame.to - frame.from > MAX_RAW_BYTES) return false;
      else id.add(frame.cell, frame.from, frame.to);
      if (id.to > MAX_RAW_BYTES) return false;
    }
    return true;
  }

  #whole(): Buffer {
    const { bytes, to } = this.#id;
    if (this.#replace === null) return bytes.subarray(0, to);
    const text = bytes.toString("utf8", 0, to);
    let found = this.#replaced.get(text);
    if (found === undefined) {
      found = Buffer.from(this.#replace(text));
      if (this.#replaced.size < REMEMBERED && text.length <= REMEMBERED_LENGTH) this.#replaced.set(text, found);
    }
    return found;
  }
}
