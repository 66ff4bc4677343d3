import { isUtf8 } from "node:buffer";
import { bronzeRow, type StreamReading } from "../../record.ts";
import { readingId } from "../../seen.ts";
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
  readonly readings: StreamReading[];
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
  { topics, nodes }: { readonly topics: Topics; readonly nodes: EdgeNodes },
  isKnown: (id: string) => boolean,
): Rows {
  const rows: Rows = { readings: [], ids: [], refused: [], deaths: [], unborn: new Set() };
  const fresh = new Set<string>();
  let [at, arrival] = [Number.NaN, ""];
  for (const message of messages) {
    const { topic, payload } = message;
    const device = topics.deviceOf(topic);
    // Many come in one millisecond.
    if (message.arrival !== at) [at, arrival] = [message.arrival, new Date(message.arrival).toISOString()];
    const refuse = ({ reason, message: why }: NoReading) => {
      rows.readings.push(noReadingRow(device, arrival, reason, payload));
      rows.refused.push({ topic, message: why });
    };
    const all: (Cells | NoReading)[] = [];
    let wrong: NoReading | null = null;
    if (isSparkplug(topic) && payload.length > 0) {
      const told = nodes.read(topic, payload);
      all.push(...told.cells, ...told.refused);
      if (told.death !== null) rows.deaths.push(told.death);
      if (told.unborn !== null) rows.unborn.add(told.unborn);
    } else wrong = readPayload(payload, (cells) => all.push(cells), arrival);
    if (wrong !== null) refuse(wrong);
    for (const cells of wrong === null ? all : []) {
      const read =
        "reason" in cells
          ? cells
          : readingFrom(cells[DEVICE] === undefined ? cells.with(DEVICE, device) : cells, arrival);
      if ("reason" in read) {
        refuse(read);
        continue;
      }
      // Without a time of its own, one that comes again may as well be the next.
      const isTimed = !("reason" in cells) && (cells[TIMESTAMP] ?? "").trim() !== "" && cells[TIMESTAMP] !== arrival;
      const id = isTimed ? readingId(bronzeRow(read)) : null;
      if (id !== null && (isKnown(id) || fresh.has(id))) continue;
      if (id !== null) fresh.add(id);
      rows.readings.push(read);
    }
  }
  rows.ids.push(...fresh);
  return rows;
}

/** What is no reading, as a row: why, and how the message begins, stand in place of a value, and are none. */
function noReadingRow(device: string, timestamp: string, reason: string, payload: Buffer): StreamReading {
  const head = payload.subarray(0, SHOWN_BYTES);
  const shown = isUtf8(head) ? head.toString("utf8").replace(/[^\x20-\x7e]/g, "?") : `0x${head.toString("hex", 0, 24)}`;
  return { timestamp, device: device.slice(0, 256), value: `${reason}: ${shown}`, unit: "", score: "0" };
}
