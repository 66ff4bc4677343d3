import { hasCode } from "../errors.ts";
import { fedBy } from "../feeds.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectHead, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, functionIn, layerOf, topology } from "../topology.ts";
import { checkInputKey, isOfBatch, outputKeys, pathOf } from "./layers.ts";
import { holds } from "./lineage.ts";
import { readReceipts } from "./receipts.ts";

/**
 * What the functions made of earlier versions of an object, what was made of that first, and so gold before silver: a
 * report counts gold. Only what metadata or a receipt proves to be theirs: silver that somebody put there by hand stays,
 * and so does its gold. Objects of a table are none of it: its log says which of them count.
 */
export async function outputsOf(storage: LakeStorage, key: string): Promise<ObjectInfo[]> {
  const id = functionIn(key);
  return id !== null && isInputKey(key) ? madeOf(storage, id, key) : [];
}

/**
 * Where a function puts what it makes of an object: in the layers of batches by their names; elsewhere there is no rule of
 * names, and its receipts say it. Of a function that writes batches only the lake is asked nothing.
 */
export async function outputsBy(storage: LakeStorage, id: FunctionId, source: string): Promise<string[]> {
  const { name, writes } = topology.functions[id];
  const under = (prefixes: readonly string[], key: string) => prefixes.some((prefix) => key.startsWith(prefix));
  const named = Object.values(outputKeys(source)).filter((key) => under(writes, key));
  const elsewhere = writesElsewhere(id);
  if (elsewhere.length === 0) return named;
  const written = (await readReceipts(storage, name, source)).flatMap(({ outputs }) => outputs.map(({ key }) => key));
  return [...new Set([...named, ...written.filter((key) => under(elsewhere, key) && keyProblem(key) === null)])];
}

/** Prefixes that a function writes under, outside the layers of batches. */
export function writesElsewhere(id: FunctionId): readonly string[] {
  return topology.functions[id].writes.filter((prefix) => !isOfBatch(prefix));
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
  // What a slow run published after the receipts went is found where it is named as its source.
  const late = writesElsewhere(id).map((prefix) => `${prefix}${pathOf(source)}`);
  const keys = new Set([...(await outputsBy(storage, id, source)), ...late]);
  const made: ObjectInfo[] = [];
  for (const key of keys) {
    if (layerOf(key)?.expires === "log") continue;
    const head = await storage.head(key);
    if (head !== null && (await isMadeOf(storage, id, source, head))) made.push(head);
  }
  const behind: ObjectInfo[] = [];
  for (const next of fedBy(id)) {
    const { prefix } = topology.functions[next].startedBy;
    for (const input of [...keys].filter((key) => key.startsWith(prefix))) {
      const stays = !made.some(({ key }) => key === input) && (await storage.head(input)) !== null;
      if (!stays) behind.push(...(await madeOf(storage, next, input)));
    }
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
