import {
  TIMESTAMP_AMBIGUOUS,
  TIMESTAMP_FORMAT,
  TIMESTAMP_INVALID,
  TIMESTAMP_NONEXISTENT,
} from "../../pipeline/rejects.ts";
import { type CellReader, IsoReader } from "./cell-reader.ts";
import { InstantWriter } from "./instant-writer.ts";
import type { LocalStretch, LocalTime } from "./local-time.ts";
import { Passes } from "./passes.ts";
import { compilePattern } from "./pattern.ts";
import { PatternReader } from "./pattern-reader.ts";
import { UNIX_UNITS, UnixReader } from "./unix-reader.ts";
import { fixedZone, type ZoneRules } from "./zones.ts";

/** What a local time means that was there twice: see {@link Passes} for `order`. */
type Ambiguous = "order" | "first" | "second" | "reject";

/** How a source writes its timestamps. */
export interface TimestampFormat {
  /** `iso`, `unix:s|ms|us|ns` or a pattern of Unicode TR35: see `pattern.ts`. */
  readonly format: string;
  /** `UTC`, `±HH:MM` or a name of the IANA database; what has an offset of its own needs none. */
  readonly zone: string;
  readonly ambiguous: Ambiguous;
}

/** Turns timestamps of a source into those of the data contract; one for a batch, for it remembers the rows before. */
export interface Clock {
  /**
   * Writes the timestamp `b[from..to)` to `out` from `at` on, where {@link roomForTimestamp} bytes must be free: UTC with
   * `Z`, with all digits of its fraction. Returns the position behind it, or less than 0: a reason of `rejects.ts`, negative.
   * To be called once for each row, in order.
   */
  write(b: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number;
  /** Timestamps of the data contract, and nothing else, are read, and stay as they are; whoever knows that one is need not call {@link write}. */
  readonly keepsIso: boolean;
  /** Rows so far in an hour that exists twice of which no step back tells the pass: see {@link Passes}. */
  readonly assumed: number;
}

/** Local times this close to an hour that exists twice are remembered, in seconds. */
const NEAR = 2 * 86_400;

/**
 * `rules` are needed for a named zone only. `deviceOf` gives the id of the device that the row at hand is of; it is asked
 * near hours that exist twice only. Throws a RangeError for what {@link timestampProblems} finds wrong.
 */
export function createClock(timestamp: TimestampFormat, rules: ZoneRules | null, deviceOf = () => ""): Clock {
  const [problem] = timestampProblems(timestamp, rules);
  if (problem !== undefined) throw new RangeError(`${problem.setting}: ${problem.why}`);
  const zone = zoneOf(timestamp.zone, rules) as LocalTime;
  return new ZoneClock(readerOf(timestamp), zone, timestamp, deviceOf);
}

/** All that is wrong with how timestamps are said to be written, for whoever writes a contract. */
export function timestampProblems(
  { format, zone }: TimestampFormat,
  rules: ZoneRules | null,
): { readonly setting: "format" | "zone"; readonly why: string }[] {
  const problems: { setting: "format" | "zone"; why: string }[] = [];
  if (format.startsWith("unix:")) {
    if (!UNIX_UNITS.has(format.slice(5)))
      problems.push({ setting: "format", why: "write unix:s, unix:ms, unix:us or unix:ns" });
  } else if (format !== "iso") {
    for (const why of compilePattern(format).problems) problems.push({ setting: "format", why });
  }
  if (zoneOf(zone, rules) === null) {
    const meant = rules?.names.find((name) => name.toLowerCase() === zone.toLowerCase());
    const version = rules === null ? "" : ` of the IANA time zone database ${rules.version}`;
    const why = `"${zone}" is not UTC, ±HH:MM or a name${version}`;
    problems.push({ setting: "zone", why: meant === undefined ? why : `${why}: write ${meant}` });
  }
  return problems;
}

/** See {@link Clock.keepsIso}. */
export function keepsIso({ format, zone }: Pick<TimestampFormat, "format" | "zone">): boolean {
  return format === "iso" && zone === "UTC";
}

/** Whether times of this zone need the rules of the IANA database: its release judges them, and a receipt should say which. */
export function isNamedZone(zone: string): boolean {
  return fixedZone(zone) === null;
}

function zoneOf(zone: string, rules: ZoneRules | null): LocalTime | null {
  return fixedZone(zone) ?? rules?.find(zone) ?? null;
}

function readerOf({ format, zone }: TimestampFormat): CellReader {
  if (format === "iso") return new IsoReader(zone === "UTC");
  const scale = format.startsWith("unix:") ? UNIX_UNITS.get(format.slice(5)) : undefined;
  return scale === undefined ? new PatternReader(compilePattern(format)) : new UnixReader(scale);
}

class ZoneClock implements Clock {
  readonly keepsIso: boolean;
  readonly #reader: CellReader;
  readonly #zone: LocalTime;
  readonly #ambiguous: Ambiguous;
  readonly #invalid: number;
  readonly #deviceOf: () => string;
  readonly #writer = new InstantWriter();
  readonly #passes = new Passes();
  /** Local times `[quietFrom, quietTo)` have this offset, and nobody need remember them. */
  #quietFrom = 0;
  #quietTo = 0;
  #offset = 0;
  #fault = 0;

  constructor(
    reader: CellReader,
    local: LocalTime,
    { format, zone, ambiguous }: TimestampFormat,
    deviceOf: () => string,
  ) {
    this.keepsIso = keepsIso({ format, zone });
    this.#reader = reader;
    this.#zone = local;
    this.#ambiguous = ambiguous;
    this.#invalid = format === "iso" ? TIMESTAMP_INVALID : TIMESTAMP_FORMAT;
    this.#deviceOf = deviceOf;
  }

  get assumed(): number {
    return this.#passes.assumed;
  }

  write(b: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
    const reader = this.#reader;
    if (!reader.read(b, from, to)) return 0 - this.#invalid;
    if (reader.isCanonical) {
      for (let p = from; p < to; p++) out[at++] = b[p];
      return at;
    }
    const { local, offset, digits, digitsFrom, digitsTo } = reader;
    let seconds: number;
    if (!Number.isNaN(offset)) seconds = local - offset;
    else if (local >= this.#quietFrom && local < this.#quietTo) seconds = local - this.#offset;
    else {
      this.#fault = 0;
      seconds = this.#find(local);
      if (this.#fault > 0) return 0 - this.#fault;
    }
    const end = this.#writer.write(out, at, seconds, digits, digitsFrom, digitsTo);
    return end < 0 ? 0 - this.#invalid : end;
  }

  /** The instant of a local time, in seconds; or a fault. */
  #find(local: number): number {
    const index = this.#zone.indexOf(local);
    const stretch = this.#zone.at(index) as LocalStretch;
    if (isTwice(stretch)) return this.#findTwice(local, stretch);
    if (Number.isNaN(stretch.first)) {
      this.#fault = TIMESTAMP_NONEXISTENT;
      return Number.NaN;
    }
    this.#offset = stretch.first;
    this.#quietFrom = stretch.from + (this.#isOrdered(index - 1) ? NEAR : 0);
    this.#quietTo = stretch.to - (this.#isOrdered(index + 1) ? NEAR : 0);
    if (local < this.#quietFrom || local >= this.#quietTo) this.#passes.pass(this.#deviceOf(), local);
    return local - stretch.first;
  }

  #findTwice(local: number, stretch: LocalStretch): number {
    let pass = this.#ambiguous === "first" ? 1 : this.#ambiguous === "second" ? 2 : 0;
    if (this.#ambiguous === "order") pass = this.#passes.passOf(this.#deviceOf(), local, stretch);
    if (pass === 0) this.#fault = TIMESTAMP_AMBIGUOUS;
    return local - (pass === 1 ? stretch.first : stretch.second);
  }

  /** Whether the stretch at this position is there twice, and the order of rows decides. */
  #isOrdered(index: number): boolean {
    const stretch = this.#zone.at(index);
    return this.#ambiguous === "order" && stretch !== undefined && isTwice(stretch);
  }
}

function isTwice({ first, second }: LocalStretch): boolean {
  return first > second || first < second;
}
