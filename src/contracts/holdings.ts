import { mapBounded } from "../bounded.ts";
import { type Claim, claimants } from "../ledger/claims.ts";
import { BRONZE, isSourceName, SPLIT_FUNCTION } from "../ledger/layers.ts";
import { functionFolder, receiptKey } from "../ledger/names.ts";
import { readReceipt } from "../ledger/receipts.ts";
import { claimKey, commandName, contractKey, type Sources, type StoredContract, sourcesOf } from "../ledger/sources.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** More receipts than these are not read just to be counted. */
const MAX_RECEIPTS = 10_000;
/** Receipts in flight at once. */
const CONCURRENCY = 16;

/** The batches in bronze that a contract claims. */
export interface Holdings {
  readonly batches: number;
  /** Those without a receipt of their version: to be processed, or waiting for somebody to read them. */
  readonly waiting: number;
  /** Those that another version of the contract made, another contract, or the built-in one; null where they are too many to look. */
  readonly otherwiseMade: number | null;
}

/** Batches that several contracts in force claim, so that they wait. */
export interface Contested {
  readonly names: readonly string[];
  readonly waiting: number;
}

/** What each contract of a lake has, by its key: a listing of bronze, one of its receipts, and those of its batches. */
export async function holdingsOf(
  storage: LakeStorage,
  { contracts }: Sources,
  digestOf: (contract: StoredContract) => string | null,
): Promise<{ readonly byKey: ReadonlyMap<string, Holdings>; readonly contested: readonly Contested[] }> {
  const owners = new Map<string, StoredContract[]>();
  const batches = await batchesOf(storage, (key) => {
    const claiming = claimants(contracts, key);
    const inForce = claiming.filter(({ isRemoved }) => !isRemoved);
    if (claiming.length > 0) owners.set(key, inForce.length > 0 ? inForce : claiming);
    return claiming.length > 0;
  });
  const done = await doneOf(storage, batches);
  const isDone = (batch: ObjectInfo) => done.has(receiptOf(batch));
  const digests = done.size > MAX_RECEIPTS ? null : await digestsOf(storage, batches.filter(isDone));
  const isRead = ({ key }: ObjectInfo) => owners.get(key)?.length === 1;
  const byKey = new Map(
    contracts.map((contract) => {
      const own = batches.filter(({ key }) => owners.get(key)?.includes(contract));
      const made = own.filter(isDone);
      const isOther = (digest: string | null | undefined) => digest !== undefined && digest !== digestOf(contract);
      // What nobody reads cannot be made again.
      const again = contract.isRemoved ? made : made.filter(isRead);
      const other = digests === null ? null : again.filter(({ key }) => isOther(digests.get(key))).length;
      return [contract.object.key, { batches: own.length, waiting: own.length - made.length, otherwiseMade: other }];
    }),
  );
  return {
    byKey,
    contested: contestedOf(batches.filter((batch) => !isDone(batch)).map(({ key }) => owners.get(key) ?? [])),
  };
}

function contestedOf(owners: readonly (readonly StoredContract[])[]): Contested[] {
  const counts = new Map<string, Contested>();
  for (const claiming of owners) {
    if (claiming.length < 2 || claiming.some(({ isRemoved }) => isRemoved)) continue;
    const names = claiming.map(commandName);
    const before = counts.get(names.join(" "))?.waiting ?? 0;
    counts.set(names.join(" "), { names, waiting: before + 1 });
  }
  return [...counts.values()];
}

/** Batches that pass from one reader to another, or whose contract becomes another. */
export interface Handover {
  /** As messages name it: `the contract "a"`, `the built-in contract`, `nobody`. */
  readonly from: string;
  readonly to: string;
  readonly batches: number;
  /** Those that are made, and stay as they are until they are made again. */
  readonly made: number;
  /** Those of them that were refused; null where they are too many to look. */
  readonly refused: number | null;
}

/** Whose batches would be others', or judged by other words of one of the contracts `named`: two listings. */
export async function handoversOf(
  storage: LakeStorage,
  now: Sources,
  then: Sources,
  named: readonly string[],
): Promise<readonly Handover[]> {
  const passing = new Map<string, readonly [from: string, to: string]>();
  const batches = await batchesOf(storage, (key) => {
    const [before, after] = [now.readBy(key), then.readBy(key)];
    const isNamed = "contract" in after && after.contract !== null && named.includes(after.contract.name);
    const [from, to] = [readerName(before), readerName(after)];
    if (from === to && !isNamed) return false;
    passing.set(key, [from, to]);
    return true;
  });
  const done = await doneOf(storage, batches);
  const ended = batches.filter((batch) => done.has(receiptOf(batch)));
  const refused = ended.length > MAX_RECEIPTS ? null : await refusedOf(storage, ended);
  const found = new Map<string, { -readonly [Key in keyof Handover]: Handover[Key] }>();
  for (const batch of batches) {
    const [from, to] = passing.get(batch.key) ?? ["", ""];
    const one = found.get(`${from}\n${to}`) ?? { from, to, batches: 0, made: 0, refused: refused && 0 };
    one.batches++;
    if (done.has(receiptOf(batch))) one.made++;
    if (one.refused !== null && refused?.has(batch.key)) one.refused++;
    found.set(`${from}\n${to}`, one);
  }
  return [...found.values()];
}

/** The contracts of a lake once these are applied. */
export function withApplied({ contracts }: Sources, applied: readonly Claim[]): Sources {
  const kept = without(contracts, ...applied.map(({ name }) => name));
  return sourcesOf([...kept, ...applied.map((one) => placed(one, contractKey(one.name), false))]);
}

/** The contracts of a lake once this one, as commands call it, is removed, or released. */
export function withRemoved({ contracts }: Sources, name: string, isReleased: boolean): Sources {
  const removed = contracts.find(({ object }) => object.key === contractKey(name));
  const kept = without(contracts, name);
  if (isReleased || removed === undefined) return sourcesOf(kept);
  return sourcesOf([...kept, placed(removed, claimKey(name), true)]);
}

function without(contracts: readonly StoredContract[], ...names: readonly string[]): StoredContract[] {
  const keys = names.flatMap((name) => [contractKey(name), claimKey(name)]);
  return contracts.filter(({ object }) => !keys.includes(object.key));
}

function placed({ name, prefix, suffixes }: Claim, key: string, isRemoved: boolean): StoredContract {
  return { name, prefix, suffixes, object: { key, token: "", size: 0, modified: 0 }, text: "", isRemoved };
}

function readerName(by: ReturnType<Sources["readBy"]>): string {
  if ("nobody" in by) return "nobody";
  return by.contract === null ? "the built-in contract" : `the contract "${by.contract.name}"`;
}

async function batchesOf(storage: LakeStorage, isWanted: (key: string) => boolean): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const object of storage.list(BRONZE)) {
    if (isSourceName(object.key) && isWanted(object.key)) found.push(object);
  }
  return found;
}

function receiptOf({ key, token }: ObjectInfo): string {
  return receiptKey(SPLIT_FUNCTION, key, token);
}

/** The keys of the receipts that these batches have. */
async function doneOf(storage: LakeStorage, batches: readonly ObjectInfo[]): Promise<ReadonlySet<string>> {
  if (batches.length === 0) return new Set();
  const wanted = new Set(batches.map(receiptOf));
  const done = new Set<string>();
  for await (const { key } of storage.list(functionFolder(SPLIT_FUNCTION))) if (wanted.has(key)) done.add(key);
  return done;
}

/** The keys of those that were refused. */
async function refusedOf(storage: LakeStorage, batches: readonly ObjectInfo[]): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  await mapBounded(batches, CONCURRENCY, async (batch) => {
    if ((await readReceipt(storage, receiptOf(batch)))?.outcome === "refused") refused.add(batch.key);
  });
  return refused;
}

/** The digest of the contract that each was made by: null of the built-in one; nothing of what was refused. */
async function digestsOf(storage: LakeStorage, batches: readonly ObjectInfo[]) {
  const digests = new Map<string, string | null>();
  await mapBounded(batches, CONCURRENCY, async (batch) => {
    const receipt = await readReceipt(storage, receiptOf(batch));
    if (receipt?.outcome === "done") digests.set(batch.key, receipt.split?.contract?.digest ?? null);
  });
  return digests;
}
