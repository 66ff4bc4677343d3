import { hasCode, VantageflowError } from "../errors.ts";
import { conflictsOf } from "../ledger/claims.ts";
import { contractKey, readSources, removedContractKey } from "../ledger/sources.ts";
import { readText, removeSame } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { digestOfText } from "./lake.ts";
import type { ReadableContract } from "./readable.ts";

/**
 * Contracts of a lake change here and nowhere else. Two objects say of a name how it stands, and no store changes two at
 * once, so the order of the writes is chosen for the crash between them: what a contract claims is read by the contract that
 * was in force, by the one that is, or waits. It is not left without a claim, for then the built-in contract would judge
 * it; but for the moment in which one applies a contract that another removes, and both take away what the other relies on.
 */

/** A contract as it lies in a lake. */
interface Lying {
  readonly object: ObjectInfo;
  readonly text: string;
  /** Null where the text is no JSON that one could be made of. */
  readonly digest: string | null;
}

/** What stands in a lake under the name of a contract; both where it was removed or applied by halves: then it is in force. */
export interface Standing {
  readonly inForce: Lying | null;
  readonly removed: Lying | null;
}

/**
 * What applying a contract means: the same is in force already; nothing of its name is there; another of its name is or was;
 * it was removed, and is put in force again.
 */
export type ContractChange = "unchanged" | "new" | "changed" | "restored";

/** Lost races are run again at once, and this often. */
const MAX_RACES = 10;

/** What stands under this name. Throws `input_invalid` for what is larger than any contract. */
export async function standingOf(storage: LakeStorage, name: string): Promise<Standing> {
  const [inForce, removed] = [contractKey(name), removedContractKey(name)];
  return { inForce: await lyingAt(storage, inForce), removed: await lyingAt(storage, removed) };
}

async function lyingAt(storage: LakeStorage, key: string): Promise<Lying | null> {
  const object = await storage.head(key);
  if (object === null) return null;
  try {
    // Of a version behind the one that was seen: no swap goes through then.
    const text = await readText(storage, key);
    return { object, text, digest: await digestOfText(text) };
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

/** What it would mean to apply the contract of this digest. */
export function changeOf({ inForce, removed }: Standing, digest: string): ContractChange {
  const before = inForce ?? removed;
  if (before === null) return "new";
  if (before.digest !== digest) return "changed";
  return inForce === null ? "restored" : "unchanged";
}

/**
 * Puts a contract in force. What stands under its name is replaced only where it is `seen`, by whoever agreed to that: else
 * throws `exists`, as it does when another contract claims one of its keys. The equal one is no change.
 *
 * It is written first and what lies under `removed/` goes then: in a crash between, both are there, and the one in force
 * reads. The other way round nobody would claim the batches that wait.
 */
export async function applyContract(
  storage: LakeStorage,
  applied: ReadableContract,
  seen?: Standing,
): Promise<ContractChange> {
  const { name } = applied.contract;
  return raced(name, async () => {
    const standing = await standingOf(storage, name);
    const change = changeOf(standing, applied.digest);
    if (change !== "unchanged") {
      if (change !== "new" && !isSame(standing, seen)) throw isOther(name, standing, seen);
      await checkClaims(storage, applied);
      await putInForce(storage, applied, standing);
    }
    if (standing.removed !== null) await removeOneOfTwo(storage, standing.removed.object, applied);
    return change;
  });
}

/** What became of a contract that was to be removed. */
export type Removal = "removed" | "released" | "unchanged";

/**
 * Takes a contract away: what it claims waits from then on. With `release` the claim goes, too, and its batches are the
 * built-in contract's, another's or nobody's. Only what was `seen` is taken away: throws `exists` for another version.
 *
 * It is written to `removed/` first and taken out of force then: in a crash between, it is in force still.
 */
export async function removeContract(
  storage: LakeStorage,
  name: string,
  seen: Standing,
  { release = false }: { readonly release?: boolean } = {},
): Promise<Removal> {
  return raced(name, async () => {
    const standing = await standingOf(storage, name);
    const { inForce, removed } = standing;
    if (!release && inForce === null && removed?.text === seen.inForce?.text) return "unchanged";
    if (!isSame(standing, seen)) throw isOther(name, standing, seen);
    if (release) {
      // What is in force first: where somebody has changed it, nothing has been done yet.
      for (const one of [inForce, removed]) if (one !== null) await storage.remove(one.object.key, one.object.token);
      return inForce === null && removed === null ? "unchanged" : "released";
    }
    if (inForce === null) return "unchanged";
    const key = removedContractKey(name);
    const kept = await writeText(storage, key, inForce.text, removed?.object.token ?? null);
    try {
      await removeOneOfTwo(storage, inForce.object, { contract: { name }, text: inForce.text });
    } catch (error) {
      // Another version came into force: what this one claims beside it is not to wait.
      if (hasCode(error, "conflict")) await removeOneOfTwo(storage, kept, { contract: { name }, text: inForce.text });
      throw error;
    }
    return "removed";
  });
}

async function raced<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (let races = 1; ; races++) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, "conflict")) throw error;
      if (races < MAX_RACES) continue;
      const why = "others keep changing it. Try again";
      throw new VantageflowError("conflict", `Cannot change the contract "${name}": ${why}.`, { cause: error });
    }
  }
}

/** By content, for content is what was agreed to; a removed one that is in force as well says nothing. */
function isSame(standing: Standing, seen: Standing | undefined): boolean {
  if (seen === undefined) return false;
  const [now, then] = [standing.inForce ?? standing.removed, seen.inForce ?? seen.removed];
  return now?.text === then?.text && (standing.inForce === null) === (seen.inForce === null);
}

function isOther(name: string, standing: Standing, seen: Standing | undefined): VantageflowError {
  const refuse = (why: string) =>
    new VantageflowError("exists", `Cannot change the contract "${name}": ${why}`, { key: contractKey(name) });
  if (seen !== undefined) return refuse("it was changed meanwhile. Look at it again: vantageflow contract list.");
  if (standing.inForce === null)
    return refuse("it was removed from this lake. Put it in force again: vantageflow contract apply FILE.");
  const how = "See what would change: vantageflow plan --contract FILE; then vantageflow contract apply FILE";
  return refuse(`the lake has another one of this name. ${how}.`);
}

/** Throws `exists` where another contract claims what this one does. One that was removed claims it, too: its batches wait for it. */
export async function checkClaims(storage: LakeStorage, { contract }: ReadableContract): Promise<void> {
  const { name } = contract;
  const { contracts } = await readSources(storage, [contractKey(name), removedContractKey(name)]);
  for (const other of contracts) {
    const [conflict] = conflictsOf([other, contract]);
    if (conflict === undefined) continue;
    const why = other.name === name ? `one of this name lies in "${other.object.key}"` : conflict.why;
    const way = other.isRemoved
      ? `"${other.name}" was removed, and its batches wait for it. Let them go: vantageflow contract remove ${other.name} --release`
      : `Change what one of them claims, or remove the other: vantageflow contract remove ${other.name}`;
    throw new VantageflowError(
      "exists",
      `Cannot apply the contract "${name}": "${other.name}" is there, and ${why}. ${way}.`,
    );
  }
}

/**
 * Looks for others again once it is written: of two that are applied at once, neither may have seen the other, but whoever
 * wrote last sees both then. Until it has taken its own back, what both claim waits.
 */
async function putInForce(storage: LakeStorage, applied: ReadableContract, { inForce, removed }: Standing) {
  const key = contractKey(applied.contract.name);
  const written = await writeText(storage, key, applied.text, inForce?.object.token ?? null);
  try {
    await checkClaims(storage, applied);
  } catch (error) {
    if (!hasCode(error, "exists")) throw error;
    if (inForce !== null) await writeText(storage, key, inForce.text, written.token);
    else if (removed !== null) await removeOneOfTwo(storage, written, { ...applied, text: removed.text });
    else await removeSame(storage, written);
    throw error;
  }
}

/**
 * Removes one of the two objects of a contract. Somebody who removes it while another applies it may take away the other
 * one meanwhile: whoever is last sees that, and leaves what it claims waiting.
 */
async function removeOneOfTwo(storage: LakeStorage, object: ObjectInfo, { contract: { name }, text }: Named) {
  await storage.remove(object.key, object.token);
  const [inForce, removed] = [contractKey(name), removedContractKey(name)];
  if ((await storage.head(inForce)) !== null || (await storage.head(removed)) !== null) return;
  try {
    await writeText(storage, removed, text, null);
  } catch (error) {
    // The other was last as well, and has done it.
    if (!hasCode(error, "conflict")) throw error;
  }
}

interface Named {
  readonly contract: { readonly name: string };
  readonly text: string;
}

/** Throws `conflict`. */
async function writeText(storage: LakeStorage, key: string, text: string, ifToken: string | null): Promise<ObjectInfo> {
  const writer = await storage.create(key);
  try {
    await writer.write(Buffer.from(text, "utf8"));
    return await writer.commit({ ifToken });
  } finally {
    await writer.abort();
  }
}
