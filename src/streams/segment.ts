import type { KeyedAnswer } from "./keys.ts";
import { checked, wholeLines } from "./lines.ts";
import type { StreamReading, StreamRecord } from "./record.ts";

/** What came in one request, as it stands in a segment: all of it, or nothing. */
export interface Entry {
  /** The number of its first record; the others follow without a gap. */
  readonly first: number;
  readonly records: readonly StreamRecord[];
  /** What to answer who asks again by the same key; null where it came without one. */
  readonly keyed: KeyedAnswer | null;
}

/** Readings as they stand in a line; made before it is known which numbers they get. */
export function rowsText(readings: readonly StreamReading[]): string {
  return JSON.stringify(
    readings.map(({ timestamp, device, value, unit, score }) => [timestamp, device, value, unit, score]),
  );
}

/** A line of a segment. Its checksum tells one that was cut off, or never reached the disk, from one that is whole. */
export function segmentLine(first: number, rows: string, keyed: KeyedAnswer | null): string {
  return checked(`{"n":${first},"k":${JSON.stringify(keyed)},"r":${rows}}`);
}

/** What was whole in a segment. What is not at its end was never acknowledged; elsewhere it is damaged. */
export function readSegment(bytes: Buffer): { readonly entries: readonly Entry[]; readonly damaged: boolean } {
  const { values, damaged } = wholeLines(bytes);
  const lines = values as readonly { readonly n: number; readonly k: KeyedAnswer | null; readonly r: string[][] }[];
  const entries = lines.map(({ n, k, r }) => ({
    first: n,
    keyed: k,
    records: r.map(([timestamp, device, value, unit, score], i) => ({
      sequence: String(n + i),
      reading: { timestamp, device, value, unit, score },
    })),
  }));
  return { entries, damaged };
}
