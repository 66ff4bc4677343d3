import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { BadRequest } from "../../body.ts";

/** A metric as it stands in a message; what is not stated is null. */
export interface SparkplugMetric {
  readonly name: string | null;
  readonly alias: string | null;
  /** Milliseconds since the epoch. */
  readonly time: number | null;
  readonly type: number;
  readonly isNull: boolean;
  /** What both fields for integers may hold, by any of several ways to write a negative one. */
  readonly integer: bigint | null;
  readonly real: number | null;
  /** A Float's are shorter than a Double's. */
  readonly isSingle: boolean;
}

export interface SparkplugPayload {
  readonly time: number | null;
  readonly metrics: readonly SparkplugMetric[];
}

/** Fields of `sparkplug_b.proto`, by number. */
const [PAYLOAD_TIME, PAYLOAD_METRIC] = [1, 2];
const [NAME, ALIAS, TIME, TYPE, IS_NULL, INT, LONG, FLOAT, DOUBLE, BOOLEAN] = [1, 2, 3, 4, 7, 10, 11, 12, 13, 14];
/** Bits of integers by their type, negative where they have a sign. */
const BITS: Readonly<Record<number, number>> = { 1: -8, 2: -16, 3: -32, 4: -64, 5: 8, 6: 16, 7: 32, 8: 64 };
const [FLOAT_TYPE, DOUBLE_TYPE, BOOLEAN_TYPE] = [9, 10, 11];

/** Of a message: empty ones take two bytes in it, and many times as many in memory. */
const MAX_METRICS = 400_000;

/** Reads a message of Sparkplug B. Throws `BadRequest` where it has too many metrics, and whatever else for what is none. */
export function readSparkplug(bytes: Uint8Array): SparkplugPayload {
  const reader = new BinaryReader(bytes);
  let time: number | null = null;
  const metrics: SparkplugMetric[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === PAYLOAD_TIME && wire === WireType.Varint) time = Number(reader.uint64());
    else if (field === PAYLOAD_METRIC && wire === WireType.LengthDelimited) {
      if (metrics.length === MAX_METRICS) throw new BadRequest(413, `it has more than ${MAX_METRICS} metrics`);
      metrics.push(readMetric(reader.bytes()));
    } else reader.skip(wire, field);
  }
  return { time, metrics };
}

function readMetric(bytes: Uint8Array): SparkplugMetric {
  const reader = new BinaryReader(bytes);
  const metric = {
    name: null,
    alias: null,
    time: null,
    type: 0,
    isNull: false,
    integer: null,
    real: null,
    isSingle: false,
  };
  const found: { -readonly [Field in keyof SparkplugMetric]: SparkplugMetric[Field] } = metric;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === NAME && wire === WireType.LengthDelimited) found.name = reader.string();
    else if (wire === WireType.Varint) {
      const value = BigInt(reader.uint64());
      if (field === ALIAS) found.alias = String(value);
      else if (field === TIME) found.time = Number(value);
      else if (field === TYPE) found.type = Number(value);
      else if (field === IS_NULL) found.isNull = value !== 0n;
      else if (field === INT || field === LONG || field === BOOLEAN) found.integer = value;
    } else if (field === FLOAT && wire === WireType.Bit32) {
      found.real = reader.float();
      found.isSingle = true;
    } else if (field === DOUBLE && wire === WireType.Bit64) found.real = reader.double();
    else reader.skip(wire, field);
  }
  return found;
}

/**
 * The number that is meant, as a text: libraries write negative and unsigned integers into either field and with any number of bits,
 * so they are cut to those of the type. Null where the type is none of numbers (a boolean is 1 or 0) or there is no value.
 */
export function metricValue({ isNull, integer, real, isSingle }: SparkplugMetric, type: number): string | null {
  if (isNull) return null;
  const bits = BITS[type];
  if (bits !== undefined && integer !== null) {
    return String(bits < 0 ? BigInt.asIntN(-bits, integer) : BigInt.asUintN(bits, integer));
  }
  if (type === BOOLEAN_TYPE && integer !== null) return integer === 0n ? "0" : "1";
  if ((type !== FLOAT_TYPE && type !== DOUBLE_TYPE) || real === null) return null;
  return isSingle ? shortest(real) : String(real);
}

/** The shortest text that is this number among those of 32 bits: 20.1 and not 20.100000381469727. */
function shortest(real: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(real.toPrecision(digits)));
    if (Math.fround(Number(text)) === real) return text;
  }
  return String(real);
}

/** A command to an edge node to be born again: only births say what aliases mean. `time` is in milliseconds since the epoch. */
export function rebirthCommand(time: number): Uint8Array {
  const metric = new BinaryWriter();
  metric.tag(NAME, WireType.LengthDelimited).string("Node Control/Rebirth");
  metric.tag(TIME, WireType.Varint).uint64(time);
  metric.tag(TYPE, WireType.Varint).uint32(BOOLEAN_TYPE);
  metric.tag(BOOLEAN, WireType.Varint).bool(true);
  const payload = new BinaryWriter();
  payload.tag(PAYLOAD_TIME, WireType.Varint).uint64(time);
  return payload.tag(PAYLOAD_METRIC, WireType.LengthDelimited).bytes(metric.finish()).finish();
}
