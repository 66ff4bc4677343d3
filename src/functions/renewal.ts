import { BRONZE, outputKeys } from "../pipeline/layers.ts";
import { holds } from "../pipeline/lineage.ts";
import { sha256Of } from "../pipeline/objects.ts";
import { type Receipt, readReceipts } from "../pipeline/receipts.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { topology } from "../topology.ts";
import { outputsOf } from "./stale.ts";

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
  if (outcome === "failed" || source.size !== object.size) return false;
  if (outcome === "refused" && (await outputsOf(storage, object.key)).length > 0) return false;
  for (const output of outputs) if (!(await holds(storage, output))) return false;
  if (fused && outcome === "done" && source.key.startsWith(BRONZE) && !(await hasGold(storage, source.key)))
    return false;
  if (source.token === object.token) return true;
  return source.sha256 !== null && (await sha256Of(storage, object.key)) === source.sha256;
}

/** The batch that landed in bronze is done when the second function is done with its silver, too. */
async function hasGold(storage: LakeStorage, key: string): Promise<boolean> {
  const { silver, gold } = outputKeys(key);
  for (const { outputs } of await readReceipts(storage, topology.functions.silverToGold.name, silver)) {
    const record = outputs.find((output) => output.key === gold);
    if (record !== undefined && (await holds(storage, record))) return true;
  }
  return false;
}
