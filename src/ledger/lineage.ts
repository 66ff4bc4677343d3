import { VantageflowError } from "../errors.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectHead } from "../storage/port.ts";
import { BRONZE, batchPathOf, keysIn, outputKeys, SPLIT_FUNCTION } from "./layers.ts";
import { type OutputRecord, readReceipts } from "./receipts.ts";

/**
 * The anomalies that the same split wrote, or null for silver that somebody put there by hand. Metadata says which
 * split; in a copied lake there is none, and the split's receipt names the bytes. Silver never stands alone while
 * anomalies lie beside it: gold would quietly lack them.
 *
 * Throws `sibling_pending` when the two are not proven to be of one split, and `anomalies_missing` when the sibling is
 * gone (`not_rebuildable` when bronze is gone too).
 */
export async function siblingOf(storage: LakeStorage, silver: ObjectHead): Promise<ObjectHead | null> {
  const { anomalies: key } = outputKeys(silver.key);
  const sibling = await storage.head(key);
  if (sibling === null) {
    if (silver.metadata === null && (await splitOf(storage, silver)) === null) return null;
    throw await missing(storage, silver.key, key);
  }
  if (await isOfOneSplit(storage, silver, sibling)) return sibling;
  throw await pending(storage, silver.key, key);
}

async function isOfOneSplit(storage: LakeStorage, silver: ObjectHead, sibling: ObjectHead): Promise<boolean> {
  if (silver.metadata !== null && sibling.metadata !== null) {
    const [a, b] = [silver.metadata, sibling.metadata];
    return a.sourceToken === b.sourceToken && a.variant === b.variant;
  }
  const record = (await splitOf(storage, silver))?.find(({ key }) => key === sibling.key);
  return record !== undefined && (await holds(storage, record));
}

/** The outputs of the split that wrote exactly this silver, by its receipt; null when none did. */
async function splitOf(storage: LakeStorage, silver: ObjectHead): Promise<readonly OutputRecord[] | null> {
  for (const bronze of keysIn(BRONZE, batchPathOf(silver.key))) {
    for (const { outputs } of await readReceipts(storage, SPLIT_FUNCTION, bronze)) {
      const record = outputs.find(({ key }) => key === silver.key);
      if (record !== undefined && (await holds(storage, record))) return outputs;
    }
  }
  return null;
}

/** Whether an output is still there with the bytes that its receipt names. */
export async function holds(storage: LakeStorage, output: OutputRecord): Promise<boolean> {
  const head = await storage.head(output.key);
  if (head === null || head.size !== output.size) return false;
  // Empty where its writer gave none.
  return (head.metadata?.sha256 || (await sha256Of(storage, output.key))) === output.sha256;
}

async function pending(storage: LakeStorage, key: string, sibling: string): Promise<VantageflowError> {
  const why = `"${sibling}" is not of the same source version (a split is still writing, or somebody changed it)`;
  const isGone = !(await hasBronze(storage, key));
  const advice = isGone
    ? "Its bronze is gone, too; what helps, says: vantageflow explain KEY"
    : "If it stays so, run: vantageflow run --reprocess";
  const message = `Cannot aggregate "${key}": ${why}. ${advice}.`;
  return new VantageflowError("sibling_pending", message, { key });
}

async function hasBronze(storage: LakeStorage, silver: string): Promise<boolean> {
  for (const key of keysIn(BRONZE, batchPathOf(silver))) if ((await storage.head(key)) !== null) return true;
  return false;
}

async function missing(storage: LakeStorage, key: string, sibling: string): Promise<VantageflowError> {
  const isThere = await hasBronze(storage, key);
  const code = isThere ? "anomalies_missing" : "not_rebuildable";
  const advice = isThere
    ? "Run: vantageflow run --reprocess"
    : "Its bronze is gone too, so gold cannot be rebuilt; what gold there is stays";
  return new VantageflowError(code, `Cannot aggregate "${key}": "${sibling}" is missing. ${advice}.`, { key });
}

/** Throws `superseded` unless `head` still describes the current version. */
export async function assertCurrent(storage: LakeStorage, head: { key: string; token: string }): Promise<void> {
  const now = await storage.head(head.key);
  if (now?.token === head.token) return;
  const what = now === null ? "removed" : "replaced";
  const why = `it was ${what} while it was being read. The newest version is work of its own; run: vantageflow run`;
  throw new VantageflowError("superseded", `Cannot finish "${head.key}": ${why}.`, { key: head.key });
}
