import { VantageflowError } from "../errors.ts";
import { VERIFY_RECORD } from "../ledger/names.ts";
import { readText, writeJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { isCounts } from "./checkpoint.ts";
import type { Counts } from "./judge.ts";

/** What came of the last verify that came to its end. */
export interface Verification {
  /** When it was begun: what it says was true then or later. ISO 8601, UTC. */
  readonly time: string;
  /** The version of vantageflow that did it. */
  readonly code: string;
  /** Null for the whole lake. */
  readonly prefix: string | null;
  /** Objects by their state; after `--fix`, as they were then. */
  readonly counts: Counts;
  /** Batches that could not be looked at. */
  readonly failed: number;
  /** What is wrong with the table of readings, of a verify that has looked at it. */
  readonly table: number;
}

/** Throws `not_found` where none was written, and `input_invalid` for what is no record. */
export async function readVerification(storage: LakeStorage): Promise<Verification> {
  const text = await readText(storage, VERIFY_RECORD);
  const record = parse(text);
  if (record !== null) return record;
  const why = "it is no record of a verify. Remove it, or: vantageflow verify";
  throw new VantageflowError("input_invalid", `Cannot read "${VERIFY_RECORD}": ${why}.`, { key: VERIFY_RECORD });
}

/** Keeps what came of a verify. That of a part says nothing of the rest: it never replaces one of the whole lake. */
export async function keepVerification(storage: LakeStorage, record: Verification): Promise<void> {
  if (record.prefix !== null) {
    const before = await readVerification(storage).catch(() => null);
    if (before !== null && before.prefix === null) return;
  }
  await writeJson(storage, VERIFY_RECORD, { version: 1, ...record });
}

function parse(text: string): Verification | null {
  try {
    // Records of 1.2.0 and before say nothing of the table.
    const { version, time, code, prefix, counts, failed, table = 0 } = JSON.parse(text) ?? {};
    const isTime = typeof time === "string" && Number.isFinite(Date.parse(time));
    const isRecord = version === 1 && isTime && typeof code === "string" && isCounts(counts);
    if (!isRecord || !(prefix === null || typeof prefix === "string") || ![failed, table].every(Number.isSafeInteger))
      return null;
    return { time: new Date(time).toISOString(), code, prefix, counts, failed, table };
  } catch {
    return null;
  }
}
