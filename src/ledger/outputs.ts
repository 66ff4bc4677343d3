import { hasCode } from "../errors.ts";
import { fedBy } from "../feeds.ts";
import type { LakeStorage, ObjectHead, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, functionIn, topology } from "../topology.ts";
import { batchPathOf, checkInputKey, keyIn, outputKeys } from "./layers.ts";
import { holds } from "./lineage.ts";
import { readReceipts } from "./receipts.ts";

/**
 * What the functions made of earlier versions of an object, gold first: a report counts gold. Only what metadata or a
 * receipt proves to be theirs: silver that somebody put there by hand stays, and so does its gold.
 */
export async function outputsOf(storage: LakeStorage, key: string): Promise<ObjectInfo[]> {
  const id = functionIn(key);
  return id !== null && isInputKey(key) ? madeOf(storage, id, key) : [];
}

/** Where a function puts what it makes of an object. */
export function outputsBy(id: FunctionId, source: string): string[] {
  const { writes } = topology.functions[id];
  return Object.values(outputKeys(source)).filter((key) => writes.some((prefix) => key.startsWith(prefix)));
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

/** What is made of that comes first. */
async function madeOf(storage: LakeStorage, id: FunctionId, source: string): Promise<ObjectInfo[]> {
  const made: ObjectInfo[] = [];
  for (const key of outputsBy(id, source)) {
    const head = await storage.head(key);
    if (head !== null && (await isMadeOf(storage, id, source, head))) made.push(head);
  }
  const behind: ObjectInfo[] = [];
  for (const next of fedBy(id)) {
    const input = keyIn(topology.functions[next].startedBy.prefix, batchPathOf(source));
    const stays = !made.some(({ key }) => key === input) && (await storage.head(input)) !== null;
    if (!stays) behind.push(...(await madeOf(storage, next, input)));
  }
  return [...behind, ...made];
}

async function isMadeOf(storage: LakeStorage, id: FunctionId, source: string, head: ObjectHead): Promise<boolean> {
  if (head.metadata !== null) return head.metadata.sourceKey === source;
  for (const { outputs } of await readReceipts(storage, topology.functions[id].name, source)) {
    const record = outputs.find(({ key }) => key === head.key);
    if (record !== undefined && (await holds(storage, record))) return true;
  }
  return false;
}
