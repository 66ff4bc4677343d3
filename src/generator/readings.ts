import { VantageflowError } from "../errors.ts";
import { createReadingClock } from "./clock.ts";
import { type ColumnIndexes, spoilRow } from "./faults.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { createRandom } from "./random.ts";

/** What to generate. The same options give the same bytes on every machine. */
export interface GenerateOptions {
  /** Rows after the header, 0 or more. */
  readonly rows: number;
  /** Devices, 1 to 10 million; default 12. With at least as many rows each of them appears. */
  readonly devices?: number | undefined;
  /** 0 to 4294967295; default 1. */
  readonly seed?: number | undefined;
  /** Eight columns and `2024-01-01 10:00:00.000` instead of five and `2024-01-01T10:00:00.000Z`; default false. */
  readonly wide?: boolean | undefined;
  /** Share of the valid rows with a score above 0.5, 0 to 1; default 0.05. */
  readonly anomalies?: number | undefined;
  /** Share of all rows that are to be rejected, 0 to 1, cycling over the reasons; default 0. */
  readonly invalid?: number | undefined;
  /** Time of the first reading; default 2024-01-01T00:00:00Z. A device reports about once a minute. */
  readonly start?: Date | undefined;
  /** Ids of devices of which about 45 % of the readings are anomalies; default none. */
  readonly failing?: Iterable<string> | undefined;
}

type Settings = Required<{ [K in keyof GenerateOptions]: NonNullable<GenerateOptions[K]> }>;

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const WIDE_HEADER = "timestamp,device_id,device_type,location,value,unit,status,anomaly_score\n";
const COLUMNS: ColumnIndexes = { timestamp: 0, device: 1, value: 2, score: 4 };
const WIDE_COLUMNS: ColumnIndexes = { timestamp: 0, device: 1, value: 4, score: 7 };

const CHUNK = 256 * 1024;
/** More than the longest row: 116 bytes, wide and with a fault. */
const ROW_ROOM = 256;
const FAILING_RATE = 0.45;
const MINUTE = 60_000;
const MAX_DEVICES = 10_000_000;
const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const MIN_TIME = Date.parse("0000-01-01T00:00:00.000Z");
const TWO_32 = 2 ** 32;

/**
 * Makes up the readings of a factory as CSV: a header and `rows` rows, LF line ends, in chunks of about 256 kB.
 * Each chunk is a Buffer of its own, so it may be kept. Rows are in order of time; devices are in no order.
 * @throws VantageflowError `usage` for an option out of range, at once and not at the first chunk.
 */
export function generateReadings(options: GenerateOptions): Iterable<Buffer> {
  const settings = normalise(options);
  const fleet = createFleet(settings.devices, settings.wide, new Set(settings.failing));
  return { [Symbol.iterator]: () => chunks(settings, fleet) };
}

function* chunks(settings: Settings, fleet: Fleet): Generator<Buffer> {
  const writeRow = createRowWriter(settings, fleet);
  let b = Buffer.allocUnsafe(CHUNK);
  let p = b.write(settings.wide ? WIDE_HEADER : HEADER, "latin1");
  for (let row = 0; row < settings.rows; row++) {
    if (p > CHUNK - ROW_ROOM) {
      yield b.subarray(0, p);
      b = Buffer.allocUnsafe(CHUNK);
      p = 0;
    }
    p = writeRow(b, p);
  }
  yield b.subarray(0, p);
}

/** A function that writes the next row at `p`, which has {@link ROW_ROOM} bytes, and returns the position after it. */
function createRowWriter(settings: Settings, fleet: Fleet): (b: Buffer, p: number) => number {
  const { prefixes, prefixStart, decimals, low, span, failing, normal, anomalous } = fleet;
  const devices = settings.devices;
  const random = createRandom(settings.seed);
  const firstRound = shuffledIndexes(devices, random);
  const clock = createReadingClock(settings.start.getTime(), stepOf(devices), settings.wide);
  const time = clock.text;
  const anomalyLimit = settings.anomalies * TWO_32;
  const failingLimit = Math.max(FAILING_RATE, settings.anomalies) * TWO_32;
  const invalidLimit = settings.invalid * TWO_32;
  const columns = settings.wide ? WIDE_COLUMNS : COLUMNS;
  const kinds = normal.length;
  let row = 0;
  let spoiled = 0;

  return (b, start) => {
    const device = row < devices ? firstRound[row] : Math.floor((random() / TWO_32) * devices);
    const anomaly = random() < (failing[device] === 1 ? failingLimit : anomalyLimit);
    const share = random() / TWO_32;
    const luck = random() / TWO_32;
    // An anomaly lies above the band by up to twice its width, and the higher the worse its score.
    const value = low[device] + Math.floor((anomaly ? 1 + 2 * luck : share) * span[device]);
    const score = anomaly ? 5001 + Math.floor(luck * 5000) : Math.floor(luck * luck * 5001);
    if (row++ > 0) clock.advance();

    let p = append(b, start, time, 0, time.length);
    b[p++] = 44;
    p = append(b, p, prefixes, prefixStart[device], prefixStart[device + 1]);
    p = appendDecimal(b, p, value, decimals[device]);
    const middle = (anomaly ? anomalous : normal)[device % kinds];
    p = append(b, p, middle, 0, middle.length);
    p = appendDecimal(b, p, score, 4);
    if (random() < invalidLimit) {
      const text = spoilRow(b.toString("latin1", start, p), spoiled++, columns);
      p = start + b.write(text, start, "latin1");
    }
    b[p++] = 10;
    return p;
  };
}

function append(b: Uint8Array, p: number, source: Uint8Array, from: number, to: number): number {
  while (from < to) b[p++] = source[from++];
  return p;
}

/** Writes `number / 10^decimals` with exactly `decimals` fraction digits; returns the position after it. */
function appendDecimal(b: Uint8Array, p: number, number: number, decimals: number): number {
  let digits = decimals + 1;
  for (let limit = decimals === 4 ? 100_000 : 10 ** digits; number >= limit; limit *= 10) digits++;
  const point = p + digits - decimals;
  const end = p + digits + 1;
  for (let at = end - 1; at >= p; at--) {
    if (at === point) {
      b[at] = 46;
    } else {
      const rest = (number / 10) | 0;
      b[at] = 48 + number - rest * 10;
      number = rest;
    }
  }
  return end;
}

/** 0 to `count - 1` in random order (Fisher and Yates). */
function shuffledIndexes(count: number, random: () => number): Uint32Array {
  const indexes = new Uint32Array(count);
  for (let i = 1; i < count; i++) {
    const other = Math.floor((random() / TWO_32) * (i + 1));
    indexes[i] = indexes[other];
    indexes[other] = i;
  }
  return indexes;
}

/** Milliseconds between two rows, so that each device reports about once a minute. */
function stepOf(devices: number): number {
  return Math.max(1, Math.floor(MINUTE / devices));
}

function normalise(options: GenerateOptions): Settings {
  const { rows, devices = 12, seed = 1, wide = false, anomalies = 0.05, invalid = 0, failing = [] } = options;
  const start = options.start ?? new Date(Date.UTC(2024, 0, 1));
  requireInteger("rows", rows, 0, Number.MAX_SAFE_INTEGER);
  requireInteger("devices", devices, 1, MAX_DEVICES);
  requireInteger("seed", seed, 0, TWO_32 - 1);
  requireRate("anomalies", anomalies);
  requireRate("invalid", invalid);
  const end = start.getTime() + rows * stepOf(devices);
  if (!(start.getTime() >= MIN_TIME && end <= MAX_TIME)) {
    throw usage("start", String(start.getTime()), "the readings would not lie in the years 0 to 9999. Choose another");
  }
  return { rows, devices, seed, wide, anomalies, invalid, start, failing: [...failing] };
}

function requireInteger(name: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw usage(name, String(value), `it is not a whole number from ${low} to ${high}. Give one`);
  }
}

function requireRate(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw usage(name, String(value), "it is not a number from 0 to 1. Give one");
}

function usage(name: string, value: string, why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot generate readings with ${name} "${value}": ${why}.`);
}
