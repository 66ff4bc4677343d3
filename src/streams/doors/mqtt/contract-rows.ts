import { MESSAGE_ROWS } from "../../form.ts";
import { readingId } from "../../seen.ts";
import { messageRow } from "../message.ts";
import type { Message } from "./connection.ts";
import type { Rows } from "./rows.ts";
import type { Topics } from "./topics.ts";

/** What a door has to know of the contract that will read its messages. */
export interface MessageContract {
  /** Whether a message says when it was: then it is the same when it comes again. */
  readonly isTimed: (document: unknown) => boolean;
  /** Of a row in bronze. */
  readonly maxRowBytes: number;
}

/** Messages as they came, for a contract of the lake to read; empty ones are none. `isKnown` says which are there already. */
export function keepMessages(
  messages: readonly Message[],
  { topics, contract }: { readonly topics: Topics; readonly contract: MessageContract },
  isKnown: (id: string) => boolean,
): Rows {
  const rows: Rows = { rows: [], ids: [], refused: [], deaths: [], unborn: new Set() };
  const fresh = new Set<string>();
  for (const { topic, payload, arrival } of messages) {
    if (payload.length === 0) continue;
    const { device, parts } = topics.of(topic);
    const { row, document, isTooLarge } = messageRow(
      { topic, device, parts, payload, received: new Date(arrival).toISOString() },
      contract.maxRowBytes,
    );
    if (document !== undefined && contract.isTimed(document)) {
      const id = readingId(MESSAGE_ROWS.identity(row));
      if (isKnown(id) || fresh.has(id)) continue;
      fresh.add(id);
    }
    rows.rows.push(row);
    if (isTooLarge) rows.refused.push({ topic, message: `it is longer than ${contract.maxRowBytes} bytes` });
  }
  rows.ids.push(...fresh);
  return rows;
}
