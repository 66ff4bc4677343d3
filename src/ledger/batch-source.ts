import { VantageflowError } from "../errors.ts";
import { findObject } from "../storage/find.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import { BRONZE, batchPathOf, keysIn, SPLIT_FUNCTION } from "./layers.ts";
import { listReceipts, readReceipts } from "./receipts.ts";

/**
 * What the object is called that a function reads of a batch. Where it may have two names, it is the one that is there; where
 * both are, or none is, the one that was processed; else the first. Nothing is asked where there is one name.
 */
export async function sourceKeyOf(storage: LakeStorage, id: FunctionId, path: string): Promise<string> {
  const { name, startedBy } = topology.functions[id];
  const keys = keysIn(startedBy.prefix, path);
  if (keys.length === 1) return keys[0];
  const there: string[] = [];
  for (const key of keys) if ((await findObject(storage, key)) !== null) there.push(key);
  if (there.length === 1) return there[0];
  for (const key of keys) if (await isDone(storage, key)) return key;
  for (const key of keys) if ((await listReceipts(storage, name, key)).length > 0) return key;
  return keys[0];
}

/**
 * Of `x.dat` and `x.dat.csv`, of which the same names would be made, the one stays that was processed first, for as long as it
 * is there. Throws `key_invalid` for the other one.
 */
export async function checkOwnOutputs(storage: LakeStorage, key: string): Promise<void> {
  if (!key.startsWith(BRONZE)) return;
  for (const other of keysIn(BRONZE, batchPathOf(key))) {
    if (other === key || (await findObject(storage, other)) === null || !(await isDone(storage, other))) continue;
    const why = `what is made of it has the names of what is made of ${JSON.stringify(other)}`;
    const message = `Cannot process ${JSON.stringify(key)}: ${why}. Give it another name, or remove one of them.`;
    throw new VantageflowError("key_invalid", message, { key });
  }
}

async function isDone(storage: LakeStorage, bronze: string): Promise<boolean> {
  return (await readReceipts(storage, SPLIT_FUNCTION, bronze)).some(({ outcome }) => outcome === "done");
}
