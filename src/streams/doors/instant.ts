import { InstantWriter, roomForTimestamp } from "../../contracts/fields/instant-writer.ts";
import { UnixReader } from "../../contracts/fields/unix-reader.ts";

/** What a number of time counts in: how many digits of it are of a second, or how many seconds one is. */
export interface Precision {
  readonly digits: number;
  readonly seconds: number;
}

/** The precisions of InfluxDB 2, and with them those of InfluxDB 1, by what they are called in an address. */
export const PRECISIONS: Readonly<Record<string, Precision>> = {
  ns: { digits: 9, seconds: 1 },
  us: { digits: 6, seconds: 1 },
  ms: { digits: 3, seconds: 1 },
  s: { digits: 0, seconds: 1 },
};
export const OLD_PRECISIONS: Readonly<Record<string, Precision>> = {
  ...PRECISIONS,
  n: PRECISIONS.ns,
  u: PRECISIONS.us,
  µ: PRECISIONS.us,
  m: { digits: 0, seconds: 60 },
  h: { digits: 0, seconds: 3600 },
};

/** The timestamp of the data contract that whole digits are, to the last of them; null where its year has not four digits. */
export type InstantReader = (digits: string) => string | null;

/** Longer ones have no year of four digits in any precision, but for zeros in front. */
const MAX_DIGITS = 32;

export function instantReader({ digits, seconds }: Precision): InstantReader {
  const reader = new UnixReader(digits);
  const writer = new InstantWriter();
  const out = Buffer.allocUnsafe(roomForTimestamp(MAX_DIGITS));
  // Points of one sample have one time.
  let last: { readonly text: string; readonly timestamp: string | null } = { text: "", timestamp: null };
  const read = (text: string) => {
    if (text.length > MAX_DIGITS) return null;
    const cell = Buffer.from(seconds === 1 ? text : String(BigInt(text) * BigInt(seconds)));
    if (!reader.read(cell, 0, cell.length)) return null;
    const end = writer.write(out, 0, reader.local, reader.digits, reader.digitsFrom, reader.digitsTo);
    return end < 0 ? null : out.toString("latin1", 0, end);
  };
  return (text) => {
    if (text !== last.text) last = { text, timestamp: read(text) };
    return last.timestamp;
  };
}
