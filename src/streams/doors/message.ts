import { isUtf8 } from "node:buffer";
import { NUMBER_BYTES, RECEIVED } from "../form.ts";

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

/** What contracts can read of a row, see {@link messageRow}; of a payload that is no text it has the last in place of `payload`. */
export const MESSAGE_COLUMNS = ["topic", "device_id", "parts", "payload", "received", "sequence", "payload_base64"];

/** What is shown of a message that is too long. */
const SHOWN_BYTES = 64;

/** A row, and what is known of it. */
export interface MessageRow {
  readonly row: string;
  /** The document that the payload is; undefined where it is none. */
  readonly document: unknown;
  /** It would have been longer than a row may be. */
  readonly isTooLarge: boolean;
}

/**
 * The row of a message, in the form of `MESSAGE_ROWS`, without its number: an object of `topic`, `device_id`, `parts`, `payload` and `received`.
 * The payload is the document that it was, numbers as they were written; what is no JSON is a text, and what is no text
 * stands as `payload_base64`. One that would be longer than `maxBytes` refuses its file, so it becomes a line that is no document: a reject.
 */
export function messageRow(message: LiveMessage, maxBytes: number): MessageRow {
  const { topic, device, parts, payload, received } = message;
  const foot = `${RECEIVED}"${received}"`;
  // What comes of a payload is never shorter.
  if (payload.length < maxBytes) {
    const head = `{"topic":${JSON.stringify(topic)},"device_id":${JSON.stringify(device)},"parts":${JSON.stringify(parts)}`;
    const { member, document } = payloadMember(payload);
    const row = `${head},${member}${foot}`;
    if (Buffer.byteLength(row) + NUMBER_BYTES <= maxBytes) return { row, document, isTooLarge: false };
  }
  const shown = payload.toString("latin1", 0, SHOWN_BYTES).replace(/[^\x20-\x7e]/g, "?");
  const row = `too_large: ${payload.length} bytes of ${JSON.stringify(topic.slice(0, SHOWN_BYTES))}: ${JSON.stringify(shown)}${foot}`;
  return { row, document: undefined, isTooLarge: true };
}

function payloadMember(payload: Buffer): { readonly member: string; readonly document: unknown } {
  if (!isUtf8(payload)) return { member: `"payload_base64":"${payload.toString("base64")}"`, document: undefined };
  const text = payload.toString("utf8").replace(/^\ufeff/, "");
  try {
    const document: unknown = JSON.parse(text);
    // Line ends stand between the tokens of a document; in a text of it none can.
    return { member: `"payload":${text.replace(/[\r\n]+/g, " ")}`, document };
  } catch {
    return { member: `"payload":${JSON.stringify(text)}`, document: undefined };
  }
}
