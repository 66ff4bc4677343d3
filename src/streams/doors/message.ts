import { isUtf8 } from "node:buffer";
import { RECEIVED } from "../form.ts";

/** A message that a contract of the lake is to read, as it came. */
export interface LiveMessage {
  /** Where it was published, or what stood behind the contract's name in the address. */
  readonly topic: string;
  /** What the topic says of the device: see `Topics`. */
  readonly device: string;
  /** Parts of the topic that have a name. */
  readonly parts: Readonly<Record<string, string>>;
  readonly payload: Buffer;
  /** When it came, as a timestamp of the data contract. */
  readonly received: string;
}

/** What a row has behind it at most: its number and what is around that. */
const NUMBER_BYTES = 40;
/** What is shown of a message that is too long. */
const SHOWN_BYTES = 64;

/**
 * The row of a message, in the form of `MESSAGE_ROWS`, without its number: an object of `topic`, `device_id`, `parts`, `payload` and `received`.
 * The payload is the document that it was, numbers as they were written; what is no JSON is a text, and what is no text
 * stands as `payload_base64`. One that would be longer than `maxBytes` refuses its file, so it becomes a line that is no document: a reject.
 */
export function messageRow(message: LiveMessage, maxBytes: number): string {
  const { topic, device, parts, payload, received } = message;
  const head = `{"topic":${JSON.stringify(topic)},"device_id":${JSON.stringify(device)},"parts":${JSON.stringify(parts)}`;
  const foot = `${RECEIVED}"${received}"`;
  // What comes of a payload is never shorter.
  if (payload.length < maxBytes) {
    const row = `${head},${payloadMember(payload)}${foot}`;
    if (Buffer.byteLength(row) + NUMBER_BYTES <= maxBytes) return row;
  }
  const shown = payload.toString("latin1", 0, SHOWN_BYTES).replace(/[^\x20-\x7e]/g, "?");
  return `too_large: ${payload.length} bytes of ${JSON.stringify(topic.slice(0, SHOWN_BYTES))}: ${JSON.stringify(shown)}${foot}`;
}

/** What is wrong with a message that will be rejected for its length; null where nothing is. */
export function isTooLarge(row: string): boolean {
  return row.startsWith("too_large: ");
}

function payloadMember(payload: Buffer): string {
  if (!isUtf8(payload)) return `"payload_base64":"${payload.toString("base64")}"`;
  const text = payload.toString("utf8").replace(/^\ufeff/, "");
  try {
    JSON.parse(text);
  } catch {
    return `"payload":${JSON.stringify(text)}`;
  }
  // Between the tokens of a document; in a text of it none can stand.
  return `"payload":${text.replace(/[\r\n]+/g, " ")}`;
}
