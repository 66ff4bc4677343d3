import { hasCode } from "../errors.ts";
import type { LakeStorage, ObjectHead, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import { BRONZE, checkInputKey, outputKeys } from "./layers.ts";
import { holds } from "./lineage.ts";
import { readReceipts } from "./receipts.ts";

/**
 * What the functions made of earlier versions of an object, gold first: a report counts gold. Only what metadata or a
 * receipt proves to be theirs: silver that somebody put there by hand stays, and so does its gold.
 */
export async function outputsOf(storage: LakeStorage, key: string): Promise<ObjectInfo[]> {
  if (!isInputKey(key)) return [];
  const { gold, silver, anomalies, rejects } = outputKeys(key);
  if (!key.startsWith(BRONZE)) return madeOf(storage, "silverToGold", key, [gold]);
  const split = await madeOf(storage, "bronzeToSilver", key, [silver, anomalies, rejects]);
  const silverStays = !split.some((object) => object.key === silver) && (await storage.head(silver)) !== null;
  return silverStays ? split : [...(await madeOf(storage, "silverToGold", silver, [gold])), ...split];
}

/** A key that is refused never had outputs; what would be their names may be those of another batch. */
function isInputKey(key: string): boolean {
  try {
    checkInputKey(key);
    return true;
  } catch (error) {
    if (hasCode(error, "key_invalid")) return false;
    throw error;
  }
}

async function madeOf(
  storage: LakeStorage,
  id: FunctionId,
  source: string,
  candidates: readonly string[],
): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for (const key of candidates) {
    const head = await storage.head(key);
    if (head !== null && (await isMadeOf(storage, id, source, head))) found.push(head);
  }
  return found;
}

async function isMadeOf(storage: LakeStorage, id: FunctionId, source: string, head: ObjectHead): Promise<boolean> {
  if (head.metadata !== null) return head.metadata.sourceKey === source;
  for (const { outputs } of await readReceipts(storage, topology.functions[id].name, source)) {
    const record = outputs.find(({ key }) => key === head.key);
    if (record !== undefined && (await holds(storage, record))) return true;
  }
  return false;
}
