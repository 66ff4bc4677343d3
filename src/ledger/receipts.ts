import { type ErrorCode, hasCode } from "../errors.ts";
import { draftJson, readText } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo, ObjectWriter } from "../storage/port.ts";
import { functionNamed, topology } from "../topology.ts";
import { receiptFolder, receiptKey } from "./names.ts";
import { isReadContract, type ReadContract } from "./read-contract.ts";
import { fromVersion1 } from "./receipt-version-1.ts";
import { areNumbers, areStrings, isRecord } from "./shapes.ts";

/** Where the rows of an object went; blank ones go nowhere. */
export interface RowCounts {
  readonly in: number;
  readonly silver: number;
  readonly anomalies: number;
  readonly rejects: number;
  readonly blank: number;
}

/** What a stage wrote, as its receipt names it. */
export interface OutputRecord {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
}

/** A fault as receipts, results and dead letters carry it. Never a cell value. */
export interface Fault {
  readonly code: ErrorCode | "internal";
  readonly message: string;
  readonly line: number | null;
  readonly column: string | null;
}

/** What is worth a look about rows that are counted as any other. */
export interface RowNotes {
  /** The last row has no line end and is a reading all the same: it may have been cut off. */
  readonly last_line_unterminated?: true;
  /** Rows with a quoted field that spans physical lines, and the line on which the first begins. */
  readonly multiline_rows?: { readonly count: number; readonly first_line: number };
}

/** What functions have in common that read rows: what they counted, and by which threshold. */
interface Tally {
  readonly anomaly_threshold: number;
  readonly rows: RowCounts;
  readonly devices: number;
}

/** What the receipt of a function of one kind has beside what all have. */
interface ReceiptParts {
  /** Bronze → silver. */
  readonly split: Tally & {
    /** Absent where there is nothing to note. */
    readonly notes?: RowNotes;
    /** Absent of the built-in contract. */
    readonly contract?: ReadContract;
  };
  /** Silver → gold. */
  readonly aggregate: Tally & {
    /** The anomalies that gold was made of, too; null where silver stood alone. */
    readonly sibling: OutputRecord | null;
  };
  /** Silver → the table of readings, which the clock starts. Absent where the batch was refused. */
  readonly table: {
    /** Of the table, as its log has it. */
    readonly id: string;
    /** The table's version with which its rows came. */
    readonly version: number;
    readonly rows: number;
    /** The anomalies that were read beside silver; null where silver stood alone. */
    readonly sibling: OutputRecord | null;
  };
}

/**
 * The ledger entry of one function, object and version: written last, so that its being there means all is done. What every
 * function has stands at the top, what only its kind has in a part of its own; parts of later versions are left as they are.
 */
export interface Receipt extends Partial<ReceiptParts> {
  readonly version: 2;
  readonly function: string;
  readonly source: {
    readonly key: string;
    readonly token: string;
    readonly size: number;
    readonly sha256: string | null;
    /** When it was put there, ISO 8601, UTC: its retention counts from then. Absent in receipts of older versions. */
    readonly modified?: string;
  };
  readonly outcome: "done" | "refused" | "failed" | "not_rebuildable";
  /** The version of vantageflow that did it. */
  readonly code: string;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly duration_ms: number;
  readonly outputs: readonly OutputRecord[];
  readonly error: Fault | null;
}

export const NO_ROWS: RowCounts = { in: 0, silver: 0, anomalies: 0, rejects: 0, blank: 0 };

/** What was counted; null of a function that reads no rows. */
export function tallyOf({ split, aggregate }: Receipt): Tally | null {
  return split ?? aggregate ?? null;
}

/** Writes a receipt as far as its commit: until then nobody sees it. */
export async function draftReceipt(
  storage: LakeStorage,
  receipt: Receipt,
): Promise<{ readonly key: string; readonly writer: ObjectWriter }> {
  const key = receiptKey(receipt.function, receipt.source.key, receipt.source.token);
  return { key, writer: await draftJson(storage, key, receipt) };
}

/** Forgets what a function did with a key, so that it is work again. */
export async function removeReceipts(storage: LakeStorage, fn: string, key: string): Promise<void> {
  for (const found of await listReceipts(storage, fn, key)) await storage.remove(found.key);
}

/** The receipts of a key, unread. */
export async function listReceipts(storage: LakeStorage, fn: string, key: string): Promise<ObjectInfo[]> {
  const folder = receiptFolder(fn, key);
  const found: ObjectInfo[] = [];
  for await (const object of storage.list(folder)) {
    if (!object.key.slice(folder.length).includes("/")) found.push(object);
  }
  return found;
}

/** Whether a function has a receipt of exactly this version. */
export async function isReceiptThere(
  storage: LakeStorage,
  fn: string,
  { key, token }: Pick<ObjectInfo, "key" | "token">,
): Promise<boolean> {
  return (await storage.head(receiptKey(fn, key, token))) !== null;
}

/** All receipts of a key: at most one, but for a crash between writing a new one and removing the old. */
export async function readReceipts(storage: LakeStorage, fn: string, key: string): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const found of await listReceipts(storage, fn, key)) {
    const receipt = await readReceipt(storage, found.key);
    if (receipt !== null) receipts.push(receipt);
  }
  return receipts;
}

/** Null when it is gone. One that cannot be read counts as none: the work is then done again, which is harmless. */
export async function readReceipt(storage: LakeStorage, key: string): Promise<Receipt | null> {
  try {
    return parseReceipt(await readText(storage, key));
  } catch (error) {
    if (hasCode(error, "not_found", "input_invalid")) return null;
    throw error;
  }
}

/** Null for a text that is no receipt. One of version 1 is read as version 2. */
export function parseReceipt(text: string): Receipt | null {
  try {
    const receipt: unknown = JSON.parse(text);
    if (!isRecord(receipt)) return null;
    const read = receipt.version === 1 ? fromVersion1(receipt) : receipt;
    return isReceipt(read) ? read : null;
  } catch {
    return null;
  }
}

/** Whether a text is what a newer version of vantageflow writes as a receipt: one of this version cannot tell what it says. */
export function isOfNewerVersion(text: string): boolean {
  try {
    const receipt: unknown = JSON.parse(text);
    return isRecord(receipt) && typeof receipt.version === "number" && receipt.version > VERSION_WRITTEN;
  } catch {
    return false;
  }
}

const VERSION_WRITTEN = 2;

function isReceipt(value: object): value is Receipt {
  if (!isRecord(value) || value.version !== VERSION_WRITTEN) return false;
  const { source, outputs, error } = value;
  return (
    isRecord(source) &&
    areStrings(value.function, value.code, value.started, source.key, source.token) &&
    areNumbers(source.size, value.attempts, value.duration_ms) &&
    (source.sha256 === null || typeof source.sha256 === "string") &&
    (source.modified === undefined || typeof source.modified === "string") &&
    ["done", "refused", "failed", "not_rebuildable"].includes(String(value.outcome)) &&
    Array.isArray(outputs) &&
    outputs.every(isOutput) &&
    (error === null || (isRecord(error) && areStrings(error.code, error.message))) &&
    areParts(value)
  );
}

/** The part of its function is there, and each that this version knows is what it should be. */
function areParts(receipt: Record<string, unknown>): boolean {
  const id = functionNamed(String(receipt.function));
  if (id !== null && receipt[topology.functions[id].receiptPart] === undefined) return false;
  return Object.entries(IS_PART).every(([part, isPart]) => receipt[part] === undefined || isPart(receipt[part]));
}

const IS_PART: Readonly<Record<keyof ReceiptParts, (value: unknown) => boolean>> = {
  split: (value) =>
    isTally(value) &&
    (value.notes === undefined || areNotes(value.notes)) &&
    (value.contract === undefined || isReadContract(value.contract)),
  aggregate: (value) => isTally(value) && (value.sibling === null || isOutput(value.sibling)),
  table: (value) =>
    isRecord(value) &&
    areStrings(value.id) &&
    areNumbers(value.version, value.rows) &&
    (value.sibling === null || isOutput(value.sibling)),
};

function isTally(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const { anomaly_threshold: threshold, rows, devices } = value;
  return isRecord(rows) && areNumbers(threshold, devices, ...Object.keys(NO_ROWS).map((count) => rows[count]));
}

function areNotes(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { last_line_unterminated: unterminated, multiline_rows: multiline } = value;
  return (
    (unterminated === undefined || unterminated === true) &&
    (multiline === undefined || (isRecord(multiline) && areNumbers(multiline.count, multiline.first_line)))
  );
}

function isOutput(value: unknown): boolean {
  return isRecord(value) && areStrings(value.key, value.sha256) && areNumbers(value.size);
}
