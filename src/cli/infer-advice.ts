import { join } from "node:path";
import { BRONZE } from "../ledger/layers.ts";
import type { Fault } from "../ledger/receipts.ts";
import { isS3 } from "../storage/url.ts";
import { shellWord } from "./io.ts";

/** What a file is refused with that is of another form than the data contract's. */
const OTHER_FORM: readonly string[] = [
  "header_invalid",
  "columns_missing",
  "columns_duplicate",
  "encoding_invalid",
  "compressed",
];

/** What is no JSON, or none in full, no contract reads either. */
function isOtherJson(message: string): boolean {
  return message.startsWith("Cannot convert ") && !/not JSON|input ends|no reading in it|not UTF-8/.test(message);
}

/**
 * What else to do about a file that the built-in contract has refused, to stand behind its message; "" for any other fault.
 * `source` is the file as it came, as words of a command, where something else of it landed: a contract reads the former.
 */
export function inferAdvice(lake: string, key: string, { code, message }: Fault, source?: string): string {
  const isOtherForm = OTHER_FORM.includes(code) || (source !== undefined && isOtherJson(message));
  // A contract's own refusals name it, or a word of it.
  if (!isOtherForm || !key.startsWith(BRONZE) || /contract|"encoding"/.test(message)) return "";
  const file = source ?? (isS3(lake) ? "FILE" : shellWord(join(lake, key)));
  return `${message.endsWith(".") ? "" : "."} Or have it read as it is: vantageflow contract infer ${file}.`;
}
