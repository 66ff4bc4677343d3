import { contractDigest } from "./digest.ts";
import { readJson } from "./json.ts";

/** The digest of a contract's text, as receipts name it, whether or not it is in order; null for what is no JSON. */
export function digestOfText(text: string): string | null {
  const { value } = readJson(text);
  return value === undefined ? null : contractDigest(value);
}
