import { batchPathOf } from "../ledger/layers.ts";
import { isLetterOnly } from "../ledger/letters.ts";
import { receiptKey } from "../ledger/names.ts";
import { pathOfReceipt } from "../ledger/orphans.ts";
import { allWork, type Work } from "../ledger/pending.ts";
import { findObject } from "../storage/find.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, matches, otherSuffix, topology } from "../topology.ts";
import type { Listing, Odd } from "./listing.ts";

/** What the functions have to do, as `planRun` finds it, from listings that there are already. */
export async function workOf(storage: LakeStorage, inputs: Listing, receipts: Listing): Promise<Work[]> {
  const works: Work[] = [];
  for await (const work of allWork((id) => waitingOf(storage, id, inputs, receipts))) works.push(work);
  return withoutReplaced(storage, works);
}

async function* waitingOf(storage: LakeStorage, id: FunctionId, inputs: Listing, receipts: Listing) {
  const fn = topology.functions[id];
  const written = new Set(receipts[id].map(({ key }) => key));
  for (const object of inputs[id]) {
    if (!matches(fn.startedBy, object.key)) continue;
    const receipt = receiptKey(fn.name, object.key, object.token);
    if (written.has(receipt)) continue;
    const hasEnded = keyProblem(receipt) !== null && (await isLetterOnly(storage, fn, object));
    if (!hasEnded) yield { function: id, object };
  }
}

/**
 * Leaves out what was replaced or removed since it was listed, as its receipt was too: it may be older than all that
 * waits. Only the oldest are looked at, up to the first that is still there: it is their age that is told.
 */
async function withoutReplaced(storage: LakeStorage, works: readonly Work[]): Promise<Work[]> {
  const oldestFirst = works.toSorted((a, b) => a.object.modified - b.object.modified);
  const gone = new Set<Work>();
  for (const work of oldestFirst) {
    if ((await findObject(storage, work.object.key))?.token === work.object.token) break;
    gone.add(work);
  }
  return works.filter((work) => !gone.has(work));
}

/** What stands in an input folder and starts no function. */
export function strangersOf(inputs: Listing): Odd[] {
  return FUNCTION_IDS.flatMap((id) => {
    const { startedBy } = topology.functions[id];
    return inputs[id]
      .filter(({ key }) => !matches(startedBy, key))
      .map(({ key }) => ({ key, reason: otherSuffix(startedBy) }));
  });
}

/** Versions and receipts of these inputs, as one text: it changes when something becomes of one of them. */
export function stampOf(keys: ReadonlySet<string>, inputs: Listing, receipts: Listing): string {
  const lines: string[] = [];
  const paths = new Set([...keys].map((key) => batchPathOf(key)));
  const add = ({ key, token }: ObjectInfo) => lines.push(`${key} ${token}\n`);
  for (const id of FUNCTION_IDS) {
    for (const object of inputs[id]) if (keys.has(object.key)) add(object);
    for (const object of receipts[id]) {
      const path = pathOfReceipt(object.key);
      if (path !== undefined && paths.has(path)) add(object);
    }
  }
  return lines.join("");
}
