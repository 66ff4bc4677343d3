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

/** What else to do about a file that the built-in contract has refused, to stand behind its message; "" for any other fault. */
export function inferAdvice(lake: string, key: string, { code, message }: Fault): string {
  // A contract's own refusals name it, or a word of it.
  if (!OTHER_FORM.includes(code) || !key.startsWith(BRONZE) || /contract|"encoding"/.test(message)) return "";
  const file = isS3(lake) ? "FILE" : shellWord(join(lake, key));
  return ` Or have it read as it is: vantageflow contract infer ${file}.`;
}
