import { type ErrorCode, hasCode } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { pathOf } from "./layers.ts";
import type { OutputRecord } from "./output.ts";
import type { RowCounts } from "./scanner.ts";
import { readText, writeJson } from "./small-objects.ts";

export const RECEIPTS = "receipts/";

/** A fault as receipts, results and dead letters carry it. Never a cell value. */
export interface Fault {
  readonly code: ErrorCode | "internal";
  readonly message: string;
  readonly line: number | null;
  readonly column: string | null;
}

/** The ledger entry of one function, object and version: written last, so that its being there means all is done. */
export interface Receipt {
  readonly version: 1;
  readonly function: string;
  readonly source: {
    readonly key: string;
    readonly token: string;
    readonly size: number;
    readonly sha256: string | null;
  };
  readonly outcome: "done" | "refused" | "failed";
  /** The version of vantageflow that did it. */
  readonly code: string;
  readonly settings: { readonly anomaly_threshold: number };
  readonly rows: RowCounts;
  readonly devices: number;
  readonly outputs: readonly OutputRecord[];
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly duration_ms: number;
  readonly error: Fault | null;
}

export const NO_ROWS: RowCounts = { in: 0, silver: 0, anomalies: 0, rejects: 0, blank: 0 };

/** The folder of a key's receipts. */
function receiptFolder(fn: string, key: string): string {
  return `${RECEIPTS}${fn}/${pathOf(key)}/`;
}

/** What a receipt's key says: which path, which token. Null for anything else under `receipts/<function>/`. */
export function parseReceiptKey(fn: string, key: string): { path: string; token: string } | null {
  const rest = key.slice(`${RECEIPTS}${fn}/`.length);
  const slash = rest.lastIndexOf("/");
  if (slash < 1 || !rest.endsWith(".json")) return null;
  return { path: rest.slice(0, slash), token: rest.slice(slash + 1, -".json".length) };
}

/** Writes the receipt and then removes those of older versions of its source. */
export async function writeReceipt(storage: LakeStorage, receipt: Receipt): Promise<void> {
  const folder = receiptFolder(receipt.function, receipt.source.key);
  const key = `${folder}${receipt.source.token}.json`;
  await writeJson(storage, key, receipt);
  for (const old of await receiptKeys(storage, receipt.function, receipt.source.key)) {
    if (old !== key) await storage.remove(old);
  }
}

async function receiptKeys(storage: LakeStorage, fn: string, key: string): Promise<string[]> {
  const folder = receiptFolder(fn, key);
  const keys: string[] = [];
  for await (const { key: found } of storage.list(folder)) {
    if (!found.slice(folder.length).includes("/")) keys.push(found);
  }
  return keys;
}

/** All receipts of a key: at most one, but for a crash between writing a new one and removing the old. */
export async function readReceipts(storage: LakeStorage, fn: string, key: string): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const found of await receiptKeys(storage, fn, key)) {
    const receipt = await readReceipt(storage, found);
    if (receipt !== null) receipts.push(receipt);
  }
  return receipts;
}

/** Null when it is gone. One that cannot be read counts as none: the work is then done again, which is harmless. */
async function readReceipt(storage: LakeStorage, key: string): Promise<Receipt | null> {
  try {
    const receipt: unknown = JSON.parse(await readText(storage, key));
    return isReceipt(receipt) ? receipt : null;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, "not_found")) return null;
    throw error;
  }
}

function isReceipt(value: unknown): value is Receipt {
  const receipt = value as Partial<Receipt> | null;
  return (
    typeof receipt === "object" &&
    receipt?.version === 1 &&
    typeof receipt.function === "string" &&
    typeof receipt.source?.key === "string" &&
    typeof receipt.source.token === "string" &&
    ["done", "refused", "failed"].includes(receipt.outcome ?? "") &&
    typeof receipt.rows?.in === "number" &&
    Array.isArray(receipt.outputs)
  );
}
