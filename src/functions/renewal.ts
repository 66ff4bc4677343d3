import { BRONZE, outputKeys } from "../ledger/layers.ts";
import { holds } from "../ledger/lineage.ts";
import { receiptKey } from "../ledger/names.ts";
import { outputsOf } from "../ledger/outputs.ts";
import { isReceiptThere, type Receipt, readReceipts } from "../ledger/receipts.ts";
import type { StageResult } from "../pipeline/stages.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { functionIn, topology } from "../topology.ts";
import { fileReceipt } from "./file-receipt.ts";

/**
 * Whether a receipt's work still holds for this object: the same bytes, and all that was made of them (and nothing, where
 * they were refused) is still there; with `fused`, its gold too.
 */
export async function isUnchanged(
  storage: LakeStorage,
  receipt: Receipt,
  object: ObjectInfo,
  fused: boolean,
): Promise<boolean> {
  const { outcome, source, outputs } = receipt;
  if (outcome === "failed" || outcome === "not_rebuildable" || source.size !== object.size) return false;
  if (outcome === "refused" && (await outputsOf(storage, object.key)).length > 0) return false;
  for (const output of outputs) if (!(await holds(storage, output))) return false;
  if (outcome === "done" && (!(await hasSibling(storage, receipt)) || (await hasStrayRejects(storage, receipt))))
    return false;
  if (fused && outcome === "done" && source.key.startsWith(BRONZE) && !(await hasGold(storage, source.key)))
    return false;
  if (source.token === object.token) return true;
  return source.sha256 !== null && (await sha256Of(storage, object.key)) === source.sha256;
}

/** The batch that landed in bronze is done when the second function is done with its silver, too. */
async function hasGold(storage: LakeStorage, key: string): Promise<boolean> {
  return (await goldReceipts(storage, key)).length > 0;
}

/** Receipts of the second function for a batch's silver whose gold is still there. */
async function goldReceipts(storage: LakeStorage, key: string): Promise<Receipt[]> {
  const { silver, gold } = outputKeys(key);
  const found: Receipt[] = [];
  for (const receipt of await startedReceipts(storage, silver)) {
    const record = receipt.outputs.find((output) => output.key === gold);
    if (record === undefined || !(await holds(storage, record)) || !(await hasSibling(storage, receipt))) continue;
    found.push(receipt);
  }
  return found;
}

/**
 * Whether gold was made of the anomalies that there are: a new version of a batch may change them alone, and leave silver
 * the very bytes that it was. Anomalies that have expired change nothing.
 */
async function hasSibling(storage: LakeStorage, { source, aggregate }: Receipt): Promise<boolean> {
  if (source.key.startsWith(BRONZE)) return true;
  const { anomalies } = outputKeys(source.key);
  if ((await storage.head(anomalies)) === null) return true;
  const sibling = aggregate?.sibling ?? null;
  return sibling !== null && (await holds(storage, sibling));
}

/** Rejects that a slow run over an older version has published beside a newer one that has none. */
async function hasStrayRejects(storage: LakeStorage, { source, outputs }: Receipt): Promise<boolean> {
  if (!source.key.startsWith(BRONZE)) return false;
  const { rejects } = outputKeys(source.key);
  if (outputs.some(({ key }) => key === rejects)) return false;
  return (await storage.head(rejects))?.metadata?.sourceKey === source.key;
}

/**
 * Makes a batch's silver work again where its gold was made of other anomalies. A bucket gives the same bytes the same
 * token: without this, a listing would find the silver of the version before done. Where silver replaced none (`isNew`),
 * only a receipt of its very token would hide it: one look tells that there is none.
 */
export async function dropStaleGold(
  storage: LakeStorage,
  { source, outputs }: StageResult,
  isNew: boolean,
): Promise<void> {
  if (!source.key.startsWith(BRONZE)) return;
  const { silver, anomalies } = outputKeys(source.key);
  if (isNew && !(await hasReceipt(storage, outputs.find(({ key }) => key === silver)?.info))) return;
  const made = outputs.find(({ key }) => key === anomalies);
  for (const receipt of await startedReceipts(storage, silver)) {
    if (receipt.aggregate?.sibling?.sha256 === made?.sha256) continue;
    await storage.remove(receiptKey(receipt.function, silver, receipt.source.token));
  }
}

/**
 * Gives a batch's silver its receipt where only the token is another: whoever lost a race to make this batch may have
 * published the same silver once more before it saw that the work was done. Throws `superseded`.
 */
export async function renewSilver(storage: LakeStorage, { source, outputs }: Receipt): Promise<void> {
  const { silver } = outputKeys(source.key);
  const head = await storage.head(silver);
  const record = outputs.find(({ key }) => key === silver);
  if (head === null || record === undefined) return;
  const receipts = await goldReceipts(storage, source.key);
  const same = receipts.find((receipt) => receipt.source.sha256 === record.sha256);
  if (same === undefined || receipts.some((receipt) => receipt.source.token === head.token)) return;
  if (!(await holds(storage, record))) return;
  const modified = new Date(head.modified).toISOString();
  await fileReceipt(storage, { ...same, source: { ...same.source, token: head.token, modified } });
}

/** Whether the function that an output starts is through with exactly this one. */
async function hasReceipt(storage: LakeStorage, output: ObjectInfo | undefined): Promise<boolean> {
  const id = output === undefined ? null : functionIn(output.key);
  return output !== undefined && id !== null && isReceiptThere(storage, topology.functions[id].name, output);
}

/** Receipts of the function that an output starts. */
async function startedReceipts(storage: LakeStorage, output: string): Promise<readonly Receipt[]> {
  const id = functionIn(output);
  return id === null ? [] : readReceipts(storage, topology.functions[id].name, output);
}
