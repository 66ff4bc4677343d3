import { keyText, MEASUREMENT_STOPS, writeUnescaped } from "../../contracts/frames/line-protocol/escapes.ts";
import { BOOLEAN_FIELD, Point, QUOTED_FIELD } from "../../contracts/frames/line-protocol/point.ts";
import { MAX_ID_BYTES } from "../../pipeline/devices.ts";
import * as reject from "../../pipeline/rejects.ts";
import type { Rejected } from "../keys.ts";
import type { StreamReading } from "../record.ts";
import { ReadingsSize } from "./body.ts";
import { type InstantReader, instantReader, type Precision } from "./instant.ts";
import { noReading, readingFrom } from "./reading.ts";

const [TAB, LF, CR, BLANK, HASH] = [9, 10, 13, 32, 35];
const LINE_ENDS = Buffer.from("\n\n");
/** Characters of a wrong line that are shown, and names of fields with texts. */
const [MAX_SHOWN, MAX_TEXTS] = [160, 20];

/** Why nothing of a request can be kept. */
export interface WrongLine {
  /** The physical line, 1-based. */
  readonly line: number;
  readonly message: string;
}

/** What the points of a request are. */
export interface LineReadings {
  readonly readings: readonly StreamReading[];
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
  readonly #readings: StreamReading[] = [];
  readonly #rejected: Rejected[] = [];
  readonly #texts = new Set<string>();
  readonly #known = new Set<string>();
  /** What stands in front of a device's field, by what stands in front of the fields of its point. */
  readonly #prefixes = new Map<string, string>();
  readonly #size = new ReadingsSize();
  readonly #point = new Point(new Map());
  readonly #b: Buffer;
  readonly #instant: InstantReader;
  readonly #arrival: string;
  #rejectedCount = 0;
  #textCount = 0;
  #isTimed = true;

  constructor(bytes: Buffer, instant: InstantReader, arrival: string) {
    this.#b = Buffer.concat([bytes, LINE_ENDS]);
    this.#instant = instant;
    this.#arrival = arrival;
  }

  read(): LineReadings | WrongLine {
    const [b, point] = [this.#b, this.#point];
    const end = b.length - 1;
    for (let p = 0, line = 1; p < end; line++) {
      while (b[p] === BLANK || b[p] === TAB) p++;
      const start = p;
      if (b[p] === HASH) while (b[p] !== LF && b[p] !== CR) p++;
      else if (b[p] !== LF && b[p] !== CR) {
        p = point.read(b, p, end);
        if (p < 0) return { line, message: this.#whyNoPoint(start, end) };
        if (point.isKeyTwice) return { line, message: `${this.#shown(start)}: a tag or field stands twice` };
        if (!this.#take(line)) return { line, message: `${this.#shown(start)}: time outside range` };
        line += point.lines;
      }
      p += b[p] === CR && b[p + 1] === LF ? 2 : 1;
    }
    return {
      readings: this.#readings,
      rejected: this.#rejected,
      rejectedCount: this.#rejectedCount,
      textCount: this.#textCount,
      texts: [...this.#texts],
      isTimed: this.#isTimed,
    };
  }

  /** Takes the fields of the point at hand; false where its time is none. */
  #take(line: number): boolean {
    const [b, point] = [this.#b, this.#point];
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
    const known = this.#known.size;
    this.#known.add(`${timestamp}\n${value}\n${device}`);
    if (this.#known.size > known) this.#readings.push(reading);
  }

  #reject(line: number, { reason, message }: { readonly reason: string; readonly message: string }): void {
    if (this.#rejectedCount++ === 0) this.#rejected.push({ index: line - 1, reason, message });
  }

  #passOver(field: string): void {
    this.#textCount++;
    if (this.#texts.size < MAX_TEXTS) this.#texts.add(`${this.#measurement()}.${field}`);
  }

  #prefix(): string {
    const [b, point] = [this.#b, this.#point];
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
    const { nameStart, nameEnd } = this.#point;
    const out = Buffer.allocUnsafe(nameEnd - nameStart);
    return out.toString("utf8", 0, writeUnescaped(this.#b, nameStart, nameEnd, MEASUREMENT_STOPS, out));
  }

  #whyNoPoint(start: number, end: number): string {
    const [b, { fault }] = [this.#b, this.#point];
    const shown = this.#shown(start);
    if (fault >= end) return `${shown}: a quote is never closed`;
    const how = "A line is measurement,tag=value field=1.5 1735689600000000000";
    if (b[fault] === LF || b[fault] === CR) return `${shown}: it ends too early, or with what is no value. ${how}`;
    return `${shown}: character ${b.toString("utf8", start, fault).length + 1} cannot stand there. ${how}`;
  }

  /** The line at `p`, as much of it as is worth showing, as InfluxDB begins what it says of one. */
  #shown(p: number): string {
    let to = p;
    while (this.#b[to] !== LF && this.#b[to] !== CR) to++;
    const line = this.#b.toString("utf8", p, to);
    return `unable to parse '${line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line}'`;
  }
}
