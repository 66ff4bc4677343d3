import { hasCode, VantageflowError } from "../errors.ts";
import { conflictsOf } from "../ledger/claims.ts";
import { claimKey, claimOf, contractKey, isWithin, readSources } from "../ledger/sources.ts";
import { conflict } from "../storage/faults.ts";
import { readText, removeSame } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import type { ReadableContract } from "./readable.ts";
import { digestOfText } from "./text-digest.ts";

/**
 * Contracts of a lake change here and nowhere else. Two objects say of a name how it stands: the contract in force, and
 * beside it its claim, which outlives it: whoever takes the one in force away, by whatever way, leaves what it claims
 * waiting, and not for the built-in contract to judge. No store changes two at once, so the order of the writes is chosen
 * for the crash between them: what a contract claims is read by the contract that was in force, by the one that is, or
 * waits. Only a release takes a claim away.
 */

/** A contract as it lies in a lake. */
interface Lying {
  readonly object: ObjectInfo;
  readonly text: string;
  /** Null where the text is no JSON that one could be made of. */
  readonly digest: string | null;
}

/** What stands in a lake under the name of a contract: where only the claim does, it was removed. */
export interface Standing {
  readonly inForce: Lying | null;
  readonly claim: Lying | null;
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
  const inForce = await lyingAt(storage, contractKey(name));
  const claim = await lyingAt(storage, claimKey(name));
  // A claim without its contract may be of one that was applied between the two looks, and not removed.
  const isSure = inForce !== null || claim === null;
  return { inForce: isSure ? inForce : await lyingAt(storage, contractKey(name)), claim };
}

async function lyingAt(storage: LakeStorage, key: string): Promise<Lying | null> {
  const object = await storage.head(key);
  if (object === null) return null;
  try {
    // Of a version behind the one that was seen: no swap goes through then.
    const text = await readText(storage, key);
    return { object, text, digest: digestOfText(text) };
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

/** What it would mean to apply the contract of this digest. */
export function changeOf({ inForce, claim }: Standing, digest: string): ContractChange {
  const before = inForce ?? claim;
  if (before === null) return "new";
  if (before.digest !== digest) return "changed";
  if (inForce === null) return "restored";
  return claim === null || isClaimOf(claim, inForce) ? "unchanged" : "changed";
}

/** Whether what is claimed beside a contract in force is no more than it claims itself; else batches wait for it. */
function isClaimOf(claim: Lying, inForce: Lying): boolean {
  const [left, right] = [claimOf(claim.text), claimOf(inForce.text)];
  return left !== null && right !== null && isWithin(left, right);
}

/**
 * Puts a contract in force. What stands under its name is replaced only where it is `seen`, by whoever agreed to that: else
 * throws `exists`, as it does when another contract claims one of its keys. The equal one is no change.
 *
 * It is written first and its claim then: in a crash between, it reads what it claims, and what it claimed before waits.
 * The other way round, one who applies would look like one who has removed.
 */
export async function applyContract(
  storage: LakeStorage,
  applied: ReadableContract,
  seen?: Standing,
): Promise<ContractChange> {
  const { name } = applied.contract;
  let done: ContractChange | null = null;
  return raced(name, async () => {
    const standing = await standingOf(storage, name);
    const change = changeOf(standing, applied.digest);
    const isOurs = done !== null && standing.inForce?.text === applied.text;
    if (change !== "unchanged" && !isOurs) {
      if (change !== "new" && !isSame(standing, seen)) throw isOther(name, standing, seen);
      await checkClaims(storage, applied);
      await putInForce(storage, applied, standing);
      done = change;
    }
    await claimFor(storage, name, standing.claim);
    return done ?? change;
  });
}

/** Writes the claim of what is in force. Throws `conflict` where that is another one behind the write than before it. */
async function claimFor(storage: LakeStorage, name: string, claim: Lying | null): Promise<void> {
  const inForce = await lyingAt(storage, contractKey(name));
  if (inForce === null) throw conflict(contractKey(name));
  if (claim?.text === inForce.text) return;
  await writeText(storage, claimKey(name), inForce.text, claim?.object.token ?? null);
  if ((await lyingAt(storage, contractKey(name)))?.text !== inForce.text) throw conflict(contractKey(name));
}

/** What became of a contract that was to be removed. */
export type Removal = "removed" | "released" | "unchanged";

/**
 * Takes a contract away: what it claims waits from then on. With `release` the claim goes, too, and its batches are the
 * built-in contract's, another's or nobody's. Only what was `seen` is taken away: throws `exists` for another version.
 *
 * Its claim is there first and it is taken out of force then: in a crash between, it is in force still.
 */
export async function removeContract(
  storage: LakeStorage,
  name: string,
  seen: Standing,
  { release = false }: { readonly release?: boolean } = {},
): Promise<Removal> {
  return raced(name, async () => {
    const standing = await standingOf(storage, name);
    const { inForce, claim } = standing;
    if (!release && inForce === null && claim?.text === seen.inForce?.text) return "unchanged";
    if (!isSame(standing, seen)) throw isOther(name, standing, seen);
    if (release) {
      // What is in force first: where somebody has changed it, nothing has been done yet.
      for (const one of [inForce, claim]) if (one !== null) await storage.remove(one.object.key, one.object.token);
      return inForce === null && claim === null ? "unchanged" : "released";
    }
    if (inForce === null) return "unchanged";
    const kept = await keepClaim(storage, name, inForce, claim);
    try {
      await storage.remove(inForce.object.key, inForce.object.token);
    } catch (error) {
      // Another version came into force: what this one claims beside it is not to wait.
      if (hasCode(error, "conflict") && kept !== null && claim === null) await removeSame(storage, kept);
      throw error;
    }
    return "removed";
  });
}

/** Has the claim be that of what is to be removed; but for what is no contract, whose claim is the one that is there. */
async function keepClaim(storage: LakeStorage, name: string, inForce: Lying, claim: Lying | null) {
  if (claim?.text === inForce.text || (claim !== null && claimOf(inForce.text) === null)) return null;
  return writeText(storage, claimKey(name), inForce.text, claim?.object.token ?? null);
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

/** By content, for content is what was agreed to; the claim of what is in force says nothing. */
function isSame(standing: Standing, seen: Standing | undefined): boolean {
  if (seen === undefined) return false;
  const [now, then] = [standing.inForce ?? standing.claim, seen.inForce ?? seen.claim];
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
  const { contracts } = await readSources(storage, [contractKey(name), claimKey(name)]);
  for (const other of contracts) {
    const [conflict] = conflictsOf([other, contract]);
    if (conflict === undefined) continue;
    const why = other.name === name ? `one of this name lies in "${other.object.key}"` : conflict.why;
    const isHalf = other.isRemoved && contracts.some((one) => one.name === other.name && !one.isRemoved);
    const way = isHalf
      ? `"${other.name}" claimed it before it was changed. Let that go: vantageflow contract apply FILE with "${other.name}"`
      : other.isRemoved
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
async function putInForce(storage: LakeStorage, applied: ReadableContract, { inForce }: Standing) {
  const key = contractKey(applied.contract.name);
  const written = await writeText(storage, key, applied.text, inForce?.object.token ?? null);
  try {
    await checkClaims(storage, applied);
  } catch (error) {
    if (!hasCode(error, "exists")) throw error;
    if (inForce !== null) await writeText(storage, key, inForce.text, written.token);
    else await removeSame(storage, written);
    throw error;
  }
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
