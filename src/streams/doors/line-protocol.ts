import { keyText, MEASUREMENT_STOPS, writeUnescaped } from "../../contracts/frames/line-protocol/escapes.ts";
import { BOOLEAN_FIELD, QUOTED_FIELD } from "../../contracts/frames/line-protocol/point.ts";
import { MAX_ID_BYTES } from "../../pipeline/devices.ts";
import * as reject from "../../pipeline/rejects.ts";
import type { Rejected } from "../keys.ts";
import { bronzeRow } from "../record.ts";
import { ReadingsSize } from "./body.ts";
import { type InstantReader, instantReader, type Precision } from "./instant.ts";
import { Points, type WrongLine } from "./points.ts";
import { noReading, readingFrom } from "./reading.ts";

/** Names of fields with texts that are told. */
const MAX_TEXTS = 20;

/** What the points of a request are. */
export interface LineReadings {
  /** Readings as rows of bronze. */
  readonly rows: readonly string[];
  /** The first of the fields that the data contract does not allow, with its line from 0; and how many there are. */
  readonly rejected: readonly Rejected[];
  readonly rejectedCount: number;
  /** Fields that are texts, and the first of their names, each with its measurement in front. */
  readonly textCount: number;
  readonly texts: readonly string[];
  /** Whether each point says when it was. */
  readonly isTimed: boolean;
}

/**
 * Reads the points of a request, each number of which is a reading of the device `<measurement>.<values of tags>.<field>`, the tags by their
 * names. Booleans are 1 and 0. The same device, time and value is one reading. Throws `BadRequest` where they are too many.
 */
export function readLineProtocol(bytes: Buffer, precision: Precision, arrival: string): LineReadings | WrongLine {
  return new Lines(bytes, instantReader(precision), arrival).read();
}

class Lines {
  readonly #rejected: Rejected[] = [];
  readonly #texts = new Set<string>();
  readonly #rows = new Set<string>();
  /** What stands in front of a device's field, by what stands in front of the fields of its point. */
  readonly #prefixes = new Map<string, string>();
  readonly #size = new ReadingsSize();
  readonly #points: Points;
  readonly #instant: InstantReader;
  readonly #arrival: string;
  #rejectedCount = 0;
  #textCount = 0;
  #isTimed = true;

  constructor(bytes: Buffer, instant: InstantReader, arrival: string) {
    this.#points = new Points(bytes);
    this.#instant = instant;
    this.#arrival = arrival;
  }

  read(): LineReadings | WrongLine {
    const wrong = this.#points.readAll(() => this.#take());
    if (wrong !== null) return wrong;
    return {
      rows: [...this.#rows],
      rejected: this.#rejected,
      rejectedCount: this.#rejectedCount,
      textCount: this.#textCount,
      texts: [...this.#texts],
      isTimed: this.#isTimed,
    };
  }

  /** Takes the fields of the point at hand; false where its time is none. */
  #take(): boolean {
    const { b, point, line } = this.#points;
    const isTimed = point.timeStart < point.timeEnd;
    if (!isTimed) this.#isTimed = false;
    const timestamp = isTimed ? this.#instant(b.toString("latin1", point.timeStart, point.timeEnd)) : this.#arrival;
    if (timestamp === null) return false;
    const prefix = this.#prefix();
    for (let i = point.tags; i < point.items; i++) {
      const [kind, field] = [point.kinds[i], point.keys.name(point.ids[i])];
      if ((kind & QUOTED_FIELD) === QUOTED_FIELD) this.#passOver(field);
      else if (prefix.length + field.length > MAX_ID_BYTES) this.#reject(line, noReading(reject.DEVICE_ID_INVALID));
      else {
        const text = b.toString("latin1", point.starts[i], point.ends[i]);
        const value = kind === BOOLEAN_FIELD ? (/^t/i.test(text) ? "1" : "0") : text;
        this.#add(line, timestamp, `${prefix}.${field}`, value);
      }
    }
    return true;
  }

  #add(line: number, timestamp: string, device: string, value: string): void {
    const reading = readingFrom([timestamp, device, value, undefined, undefined], this.#arrival);
    if ("reason" in reading) {
      this.#reject(line, reading);
      return;
    }
    this.#size.add(timestamp, device, value);
    this.#rows.add(bronzeRow(reading));
  }

  #reject(line: number, { reason, message }: { readonly reason: string; readonly message: string }): void {
    if (this.#rejectedCount++ === 0) this.#rejected.push({ index: line - 1, reason, message });
  }

  #passOver(field: string): void {
    this.#textCount++;
    if (this.#texts.size < MAX_TEXTS) this.#texts.add(`${this.#measurement()}.${field}`);
  }

  #prefix(): string {
    const { b, point } = this.#points;
    const head = b.toString("latin1", point.nameStart, point.tags === 0 ? point.nameEnd : point.ends[point.tags - 1]);
    const known = this.#prefixes.get(head);
    if (known !== undefined) return known;
    const tags = Array.from({ length: point.tags }, (_, i) => ({
      name: point.keys.name(point.ids[i]),
      value: keyText(b, point.starts[i], point.ends[i]),
    }));
    tags.sort((one, other) => (one.name < other.name ? -1 : 1));
    const prefix = [this.#measurement(), ...tags.map(({ value }) => value)].join(".");
    this.#prefixes.set(head, prefix);
    return prefix;
  }

  #measurement(): string {
    const { nameStart, nameEnd } = this.#points.point;
    const out = Buffer.allocUnsafe(nameEnd - nameStart);
    return out.toString("utf8", 0, writeUnescaped(this.#points.b, nameStart, nameEnd, MEASUREMENT_STOPS, out));
  }
}
