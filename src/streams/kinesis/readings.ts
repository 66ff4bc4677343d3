import { isUtf8 } from "node:buffer";
import { readJsonDocument, readJsonLines } from "../doors/json.ts";
import { type Cells, type NoReading, readingFrom } from "../doors/reading.ts";
import type { StreamReading } from "../record.ts";
import { unpackAggregated } from "./aggregated.ts";

/**
 * The readings in the data of a record, in order: JSON, an object or an array of them, or an object a line, perhaps packed with others
 * by AWS's producers. Null for what is none. `arrival` is the time of those that say none, ISO 8601.
 */
export function readingsIn(data: Uint8Array, arrival: string): (StreamReading | null)[] {
  const readings = (unpackAggregated(data) ?? [data]).flatMap((one) => readingsOf(one, arrival));
  return readings.length === 0 ? [null] : readings;
}

function readingsOf(data: Uint8Array, arrival: string): (StreamReading | null)[] {
  if (data.includes(0) || !isUtf8(data)) return [null];
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8").trim();
  const readings: (StreamReading | null)[] = [];
  const onCells = (cells: Cells | NoReading) => {
    const read = "reason" in cells ? cells : readingFrom(cells, arrival);
    readings.push("reason" in read ? null : read);
  };
  if (readJsonDocument(text, onCells) !== null) {
    readings.length = 0;
    // No part of an array that broke off counts, as over HTTP; nothing else says that a text is of lines.
    if (text.startsWith("{")) readJsonLines(text, onCells);
  }
  return readings.length === 0 ? [null] : readings;
}
