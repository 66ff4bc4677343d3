import { batchPathOf } from "../ledger/layers.ts";
import { isLetterOnly } from "../ledger/letters.ts";
import { areOfOneObject, receiptKey } from "../ledger/names.ts";
import { pathOfReceipt } from "../ledger/orphans.ts";
import { allWork, type Work } from "../ledger/pending.ts";
import { commandName, type Sources, type Unread, unreadBy } from "../ledger/sources.ts";
import { findObject } from "../storage/find.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, matches, otherSuffix, topology } from "../topology.ts";
import type { Listing, Odd } from "./listing.ts";

/** What stands in the input folders and has no receipt. */
interface Waiting {
  readonly work: readonly Work[];
  /** What starts no function, or is read by nobody, and why; in the order of a plan. */
  readonly strangers: readonly Odd[];
  /** Keys of those that wait for a contract that was removed, by its name. */
  readonly forContracts: ReadonlyMap<string, readonly string[]>;
  readonly contested: readonly ContestedKeys[];
}

/** Keys that several contracts in force claim, so that they wait, and what these are called. */
export interface ContestedKeys {
  readonly names: readonly string[];
  readonly keys: readonly string[];
}

/** What the functions have to do and what not, as `planRun` finds it, from listings that there are already. */
export async function waitingIn(
  storage: LakeStorage,
  inputs: Listing,
  receipts: Listing,
  sources: Sources,
): Promise<Waiting> {
  const works: Work[] = [];
  const strangers: Odd[] = [];
  const forContracts = new Map<string, string[]>();
  const contested = new Map<string, { names: string[]; keys: string[] }>();
  const unread = ({ key }: ObjectInfo, { nobody, waitsFor, claimedBy }: Unread) => {
    strangers.push({ key, reason: nobody });
    if (claimedBy !== undefined) {
      const names = claimedBy.map(commandName);
      const one = contested.get(names.join(" ")) ?? { names, keys: [] };
      one.keys.push(key);
      contested.set(names.join(" "), one);
    }
    if (waitsFor === undefined) return;
    const others = forContracts.get(commandName(waitsFor));
    if (others === undefined) forContracts.set(commandName(waitsFor), [key]);
    else others.push(key);
  };
  async function* pendingOf(id: FunctionId): AsyncGenerator<Work> {
    const { startedBy } = topology.functions[id];
    const written = writtenIn(receipts[id]);
    for (const object of inputs[id]) {
      if (!matches(startedBy, object.key)) strangers.push({ key: object.key, reason: otherSuffix(startedBy) });
      else if (!(await hasEnded(storage, id, object, written))) {
        const found = unreadBy(sources, object.key);
        if (found === null) yield { function: id, object };
        else unread(object, found);
      }
    }
  }
  for await (const work of allWork(pendingOf)) works.push(work);
  return { work: await withoutReplaced(storage, works), strangers, forContracts, contested: [...contested.values()] };
}

/** Keys of receipts that end work: those that stand alone. */
function writtenIn(receipts: readonly ObjectInfo[]): Set<string> {
  const written = new Set<string>();
  for (const [i, { key }] of receipts.entries()) {
    const [before, after] = [receipts[i - 1], receipts[i + 1]];
    if (![before, after].some((other) => other !== undefined && areOfOneObject(key, other.key))) written.add(key);
  }
  return written;
}

async function hasEnded(
  storage: LakeStorage,
  id: FunctionId,
  object: ObjectInfo,
  written: ReadonlySet<string>,
): Promise<boolean> {
  const fn = topology.functions[id];
  const receipt = receiptKey(fn.name, object.key, object.token);
  return written.has(receipt) || (keyProblem(receipt) !== null && (await isLetterOnly(storage, fn, object)));
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
