import { isUtf8 } from "node:buffer";
import { bronzeRow } from "../../record.ts";
import { readingId } from "../../seen.ts";
import { BadRequest, ReadingsSize } from "../body.ts";
import { type Cells, type NoReading, readingFrom } from "../reading.ts";
import type { Message } from "./connection.ts";
import { readPayload } from "./payload.ts";
import { type EdgeNodes, isSparkplug } from "./sparkplug/nodes.ts";
import type { Topics } from "./topics.ts";

/** What is shown of a message that is no reading. */
const SHOWN_BYTES = 48;
const [TIMESTAMP, DEVICE] = [0, 1];

/** What messages come to. */
export interface Rows {
  /** Readings, and rows for what is none: silver rejects those, so that all is accounted for. */
  readonly rows: string[];
  /** By which those are told that say their time, when they come again. */
  readonly ids: string[];
  /** What was no reading: its topic, and why. */
  readonly refused: { readonly topic: string; readonly message: string }[];
  /** Edge nodes and devices that say that they are gone, and those of which a birth was not heard. */
  readonly deaths: string[];
  readonly unborn: Set<string>;
}

/** Reads messages; `isKnown` says which readings are there already. */
export function readMessages(
  messages: readonly Message[],
  reading: { readonly topics: Topics; readonly nodes: EdgeNodes },
  isKnown: (id: string) => boolean,
): Rows {
  const rows: Rows = { rows: [], ids: [], refused: [], deaths: [], unborn: new Set() };
  const fresh = new Set<string>();
  let [at, arrival] = [Number.NaN, ""];
  for (const message of messages) {
    const { topic, payload } = message;
    const { device } = reading.topics.of(topic);
    // Many come in one millisecond.
    if (message.arrival !== at) [at, arrival] = [message.arrival, new Date(message.arrival).toISOString()];
    const found = readOne(message, reading, device, arrival, rows);
    for (const { row, id } of found.readings) {
      if (id !== null && (isKnown(id) || fresh.has(id))) continue;
      if (id !== null) fresh.add(id);
      rows.rows.push(row);
    }
    if (found.refused === null) continue;
    // One row, however many there are: there can be a million in a message, and a row is longer than each.
    const more = found.refusals > 1 ? ` (${found.refusals - 1} more in it)` : "";
    rows.rows.push(noReadingRow(device, arrival, found.refused.reason, payload, more));
    rows.refused.push({ topic, message: `${found.refused.message}${more}` });
  }
  // One by one: the stack has no room for those of a large message at once.
  for (const id of fresh) rows.ids.push(id);
  return rows;
}

/** What one message comes to. */
interface Found {
  /** With what each is told by when it comes again; null without a time of its own: that may as well be the next. */
  readings: { readonly row: string; readonly id: string | null }[];
  /** The first of what is no reading, and how many there are. */
  refused: NoReading | null;
  refusals: number;
}

function readOne(
  { topic, payload }: Message,
  { nodes }: { readonly nodes: EdgeNodes },
  device: string,
  arrival: string,
  rows: Rows,
): Found {
  const found: Found = { readings: [], refused: null, refusals: 0 };
  const size = new ReadingsSize();
  const take = (cells: Cells | NoReading) => {
    const read =
      "reason" in cells
        ? cells
        : readingFrom(cells[DEVICE] === undefined ? cells.with(DEVICE, device) : cells, arrival);
    if ("reason" in read) {
      found.refused ??= read;
      found.refusals++;
      return;
    }
    size.add(read.timestamp, read.device, read.value, read.unit, read.score);
    const isTimed = !("reason" in cells) && (cells[TIMESTAMP] ?? "").trim() !== "" && cells[TIMESTAMP] !== arrival;
    const row = bronzeRow(read);
    found.readings.push({ row, id: isTimed ? readingId(row) : null });
  };
  let wrong: NoReading | null = null;
  try {
    if (isSparkplug(topic) && payload.length > 0) {
      const told = nodes.read(topic, payload);
      if (told.death !== null) rows.deaths.push(told.death);
      if (told.unborn !== null) rows.unborn.add(told.unborn);
      for (const one of [told.cells, told.refused].flat()) take(one);
    } else wrong = readPayload(payload, take, arrival);
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    wrong = { reason: "too_large", message: error.message };
  }
  return wrong === null ? found : { readings: [], refused: wrong, refusals: 1 };
}

/** What is no reading, as a row: why, and how the message begins, stand in place of a value, and are none. */
function noReadingRow(device: string, timestamp: string, reason: string, payload: Buffer, more: string): string {
  const head = payload.subarray(0, SHOWN_BYTES);
  const shown = isUtf8(head) ? head.toString("utf8").replace(/[^\x20-\x7e]/g, "?") : `0x${head.toString("hex", 0, 24)}`;
  const value = `${reason}: ${shown}${more}`;
  return bronzeRow({ timestamp, device: device.slice(0, 256), value, unit: "", score: "0" });
}
