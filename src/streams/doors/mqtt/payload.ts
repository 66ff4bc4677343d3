import { isUtf8 } from "node:buffer";
import { messageOf } from "../../../errors.ts";
import { BadRequest } from "../body.ts";
import { type OnCells, readJsonDocument } from "../json.ts";
import type { NoReading } from "../reading.ts";
import { readSenml } from "../senml.ts";

/** How a pack of SenML begins: with a label that no reading in JSON has. */
const SENML = /^\[\s*\{\s*"(?:b(?:n|t|u|v|s|ver)|n|u|v|vs|vb|vd|s|t|ut)"/;

/**
 * Tells the readings of a message: of a number, of JSON as it is sent over HTTP, or of SenML, whose times may count from `arrival`.
 * Returns what is wrong where there are none to be told. An empty message, by which a retained one is removed, has none, and nothing
 * is wrong. Throws `BadRequest` where its readings are too many.
 */
export function readPayload(payload: Buffer, onCells: OnCells, arrival: string): NoReading | null {
  if (payload.length === 0) return null;
  if (!isUtf8(payload) || payload.includes(0))
    return { reason: "text_invalid", message: "it is no UTF-8, or has a NUL" };
  const text = payload.toString("utf8").trim();
  if (!text.startsWith("{") && !text.startsWith("[")) {
    onCells([undefined, undefined, text, undefined, undefined]);
    return null;
  }
  const isSenml = SENML.test(text);
  const refused = (message: string) => ({ reason: isSenml ? "senml_invalid" : "json_invalid", message });
  try {
    const wrong = isSenml ? readSenml(payload, onCells, arrival) : readJsonDocument(text, onCells);
    return wrong === null ? null : refused(wrong);
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    return refused(messageOf(error));
  }
}
