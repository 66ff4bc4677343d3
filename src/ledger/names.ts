/** Every name in the ledger: how it is made, and what it is of. No other file knows them; nothing here reads a lake. */

import { BESIDE_RECEIPTS, topology } from "../topology.ts";

export const RECEIPTS = topology.layers.receipts.prefix;
export const DEAD_LETTERS = topology.layers.deadLetter.prefix;
/** As Lambda names the records of a destination bucket, at its root; ours have the same names behind {@link DEAD_LETTERS}. */
export const LAMBDA_RECORDS = "aws/lambda/async/";
/** The same of all of Lambda's, those of streams too: these stand under the id of their mapping. */
export const ALL_LAMBDA_RECORDS = "aws/lambda/";
/** Where a letter goes, under its old name, that somebody has seen and settled. */
const DISMISSED = `${DEAD_LETTERS}dismissed/`;
/** Where it stands when a version failed, by the id of its letter: whoever writes the letter again names the same time. */
const FAILED = `${RECEIPTS}${BESIDE_RECEIPTS.failed}/`;
/** Beside the receipts, and under no function: so it is listed by none, and goes where the receipts go. */
const VERIFY = `${RECEIPTS}${BESIDE_RECEIPTS.verify}/`;
/** What came of the last verify. */
export const VERIFY_RECORD = `${VERIFY}last.json`;
/** How far a verify has come that was stopped. */
export const VERIFY_CHECKPOINT = `${VERIFY}unfinished.json`;

/** What the key of a receipt says: one function, one version of one object. */
interface ReceiptName {
  readonly function: string;
  /** Of the object, without its layer. */
  readonly path: string;
  readonly token: string;
}

/** What the key of a dead letter says, or of a record of Lambda's own. */
interface LetterName {
  /** Where it stands: in the lake, open or dismissed, or in the bucket where Lambda puts its own. */
  readonly at: "open" | "dismissed" | "lambda";
  readonly function: string;
  /** Milliseconds since the epoch, in whole seconds. */
  readonly written: number;
  readonly id: string;
}

/** The folder of a key's receipts. */
export function receiptFolder(fn: string, key: string): string {
  return `${functionFolder(fn)}${key.slice(key.indexOf("/") + 1)}/`;
}

/** The folder of a function's receipts. */
export function functionFolder(fn: string): string {
  return `${RECEIPTS}${fn}/`;
}

/** Where the receipt of one version is. */
export function receiptKey(fn: string, key: string, token: string): string {
  return `${receiptFolder(fn, key)}${token}.json`;
}

/**
 * Whether two keys are receipts of one function and object. Where they stand one behind the other in a listing, a run was
 * killed before it removed what it had to: names do not tell which of them holds, so that neither ends any work.
 */
export function areOfOneObject(receipt: string, other: string): boolean {
  const folder = receipt.slice(0, receipt.lastIndexOf("/") + 1);
  return other.startsWith(folder) && !other.includes("/", folder.length);
}

/** What the key of a receipt says; null for any other. */
export function receiptName(key: string): ReceiptName | null {
  if (!key.startsWith(RECEIPTS) || key.startsWith(FAILED) || key.startsWith(VERIFY)) return null;
  const rest = key.slice(RECEIPTS.length);
  const [first, last] = [rest.indexOf("/"), rest.lastIndexOf("/")];
  const token = rest.slice(last + 1, -".json".length);
  if (first < 1 || last <= first + 1 || token === "" || !rest.endsWith(".json")) return null;
  return { function: rest.slice(0, first), path: rest.slice(first + 1, last), token };
}

/** Where it stands when the version of this letter failed. */
export function failedKey(id: string): string {
  return `${FAILED}${id}.json`;
}

/**
 * Where a letter of the lake is: `dead-letter/aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<id>`, as Lambda
 * names its own (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). `time` in ISO 8601, UTC.
 */
export function letterKey(fn: string, time: string, id: string): string {
  const day = time.slice(0, 10).replaceAll("-", "/");
  const second = time.slice(0, 19).replaceAll(":", ".");
  return `${DEAD_LETTERS}${lambdaFolder(fn)}${day}/${second}-${id}`;
}

/** The folder of Lambda's own records of a function. */
export function lambdaFolder(fn: string): string {
  return `${LAMBDA_RECORDS}${fn}/`;
}

/** Its groups: function, day, hour, minute, second, id. */
const LETTER = /^aws\/lambda\/async\/([^/]+)\/\d{4}\/\d\d\/\d\d\/(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)\.(\d\d)-([^/]+)$/;

/** What the key of a letter says; null for any other. What stands under `dead-letter/` by another name may be a letter, too. */
export function letterName(key: string): LetterName | null {
  const folder = [DISMISSED, DEAD_LETTERS, ""].find((one) => key.startsWith(one)) ?? "";
  const [, fn, day, hour, minute, second, id] = LETTER.exec(key.slice(folder.length)) ?? [];
  const written = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(written)) return null;
  const at = folder === DISMISSED ? "dismissed" : folder === DEAD_LETTERS ? "open" : "lambda";
  return { at, function: fn, written, id };
}

/** Where the letter of this key is kept once it is dismissed; in a bucket of failures, letters stand at its root. */
export function dismissedKey(key: string): string {
  const at = key.indexOf(ALL_LAMBDA_RECORDS);
  return `${DISMISSED}${at < 0 ? key.slice(DEAD_LETTERS.length) : key.slice(at)}`;
}

export function isDismissedKey(key: string): boolean {
  return key.startsWith(DISMISSED);
}

/** What the keys of one letter have in common, wherever and whenever it was written: the UUID at its end. */
export function letterIdentity(key: string): string {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(key)?.[0] ?? dismissedKey(key);
}
