import { VantageflowError } from "../errors.ts";

/** A kind of sensor. `low` and `span` (the width of the normal range) count in the last decimal: 1800 is 18.00. */
interface SensorKind {
  readonly code: string;
  readonly type: string;
  readonly unit: string;
  readonly decimals: 1 | 2 | 3;
  readonly low: number;
  readonly span: number;
}

const KINDS: readonly SensorKind[] = [
  { code: "TEM", type: "temperature", unit: "C", decimals: 2, low: 1800, span: 900 },
  { code: "HUM", type: "humidity", unit: "%", decimals: 1, low: 350, span: 200 },
  { code: "PRS", type: "pressure", unit: "hPa", decimals: 1, low: 9950, span: 300 },
  { code: "VIB", type: "vibration", unit: "mm/s", decimals: 3, low: 400, span: 2400 },
  { code: "FLW", type: "flow", unit: "L/min", decimals: 2, low: 800, span: 700 },
  { code: "PWR", type: "power", unit: "kW", decimals: 1, low: 20, span: 180 },
];

const BAYS = 24;

/** What the generator needs of its devices, by device index; bytes lie side by side so that a row is a few copies. */
export interface Fleet {
  /** `FAB-TEM-001,`, or `FAB-TEM-001,temperature,FAB1-BAY01,` in wide rows. Device `i` has `[prefixStart[i], prefixStart[i + 1])`. */
  readonly prefixes: Uint8Array;
  readonly prefixStart: Uint32Array;
  readonly decimals: Uint8Array;
  /** The bottom of the device's own band, in the last decimal. */
  readonly low: Int32Array;
  /** The width of that band, in the last decimal. */
  readonly span: Int32Array;
  /** 1 for a device that fails. */
  readonly failing: Uint8Array;
  /** What stands between value and score: `,C,`, in wide rows `,C,OK,`. By device index modulo the array's length. */
  readonly normal: readonly Uint8Array[];
  /** The same for an anomaly: `,C,`, in wide rows `,C,ALERT,`. */
  readonly anomalous: readonly Uint8Array[];
}

/**
 * Lays out `count` devices: `FAB-TEM-001`, `FAB-HUM-001`, ... over the kinds, then number 002.
 * @throws VantageflowError `usage` when `failing` names a device that is not among them.
 */
export function createFleet(count: number, wide: boolean, failing: ReadonlySet<string>): Fleet {
  const fleet = {
    prefixStart: new Uint32Array(count + 1),
    decimals: new Uint8Array(count),
    low: new Int32Array(count),
    span: new Int32Array(count),
    failing: new Uint8Array(count),
    normal: KINDS.map((kind) => Buffer.from(wide ? `,${kind.unit},OK,` : `,${kind.unit},`)),
    anomalous: KINDS.map((kind) => Buffer.from(wide ? `,${kind.unit},ALERT,` : `,${kind.unit},`)),
  };
  const prefixes: string[] = [];
  const unknown = new Set(failing);
  for (let i = 0, at = 0; i < count; i++) {
    const kind = KINDS[i % KINDS.length];
    const number = Math.floor(i / KINDS.length) + 1;
    const id = `FAB-${kind.code}-${pad(number, 3)}`;
    const prefix = wide ? `${id},${kind.type},FAB1-BAY${pad(((number - 1) % BAYS) + 1, 2)},` : `${id},`;
    prefixes.push(prefix);
    at += prefix.length;
    fleet.prefixStart[i + 1] = at;
    fleet.decimals[i] = kind.decimals;
    // Each device has a band of half the kind's range, at a place of its own in it.
    fleet.span[i] = kind.span >> 1;
    fleet.low[i] = kind.low + ((Math.imul(i + 1, 0x9e3779b1) >>> 0) % (kind.span >> 1));
    fleet.failing[i] = unknown.delete(id) ? 1 : 0;
  }
  for (const id of unknown) {
    throw new VantageflowError(
      "usage",
      `Cannot generate readings of failing device "${id}": it is not among the ${count} devices. Name one of them or ask for more devices.`,
    );
  }
  return { ...fleet, prefixes: Buffer.from(prefixes.join(""), "latin1") };
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, "0");
}
