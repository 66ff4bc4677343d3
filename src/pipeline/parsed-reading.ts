import { hashId } from "./devices.ts";
import { DEVICE_ID, type Header, TIMESTAMP } from "./header.ts";
import { ESCAPED, type Row, unescapeQuotes } from "./row.ts";
import type { ReadingSink } from "./sinks.ts";

/** Hands on the reading of a row that was parsed in full, whose id may stand in quotes. */
export function addParsed(
  readings: ReadingSink,
  { starts, ends, kinds }: Row,
  b: Buffer,
  { columnOf }: Header,
  value: number,
  side: number,
): void {
  const [column, time] = [columnOf[DEVICE_ID], columnOf[TIMESTAMP]];
  const [from, to] = [starts[column], ends[column]];
  if (kinds[column] !== ESCAPED) {
    readings.add(b, from, to - from, hashId(b, from, to), value, side, starts[time], ends[time]);
    return;
  }
  // The id's bytes do not stand in `b`: what is waiting there goes first, so that sums keep row order.
  readings.flush(b);
  const id = unescapeQuotes(b, from, to);
  const apart = Buffer.concat([id, b.subarray(starts[time], ends[time])]);
  readings.add(apart, 0, id.length, hashId(id, 0, id.length), value, side, id.length, apart.length);
  readings.flush(apart);
}
