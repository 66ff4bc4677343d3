import { hasCode, VantageflowError } from "../errors.ts";
import { lakeOption, shellWord } from "../shell.ts";
import { readTextAndHead } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { isDirectory } from "../storage/url.ts";
import { onlyEndingIn, topology } from "../topology.ts";
import { type Claim, claimants } from "./claims.ts";
import { BRONZE } from "./layers.ts";

/**
 * Where the contracts of a lake are: what lies there is in force. What lies under `claims/` beside it says what it claims
 * once more, and keeps that waiting when the one in force is gone, by whatever way.
 */
export const CONTRACTS = topology.layers.contracts.prefix;
const CLAIMS = `${CONTRACTS}claims/`;

export function contractKey(name: string): string {
  return `${CONTRACTS}${name}.json`;
}

export function claimKey(name: string): string {
  return `${CLAIMS}${name}.json`;
}

/** Where the claim of a contract of this key lies; null for what is no contract in force. */
export function claimKeyOf(key: string): string | null {
  const [, name] = /^([^/]+)\.json$/.exec(key.startsWith(CONTRACTS) ? key.slice(CONTRACTS.length) : "") ?? [];
  return name === undefined ? null : claimKey(name);
}

/** A contract that lies in a lake, as far as it says whose a batch is. */
export interface StoredContract extends Claim {
  readonly object: ObjectInfo;
  /** All of it: what says whose a batch is and what it is read by are of one version then, whatever becomes of the object. */
  readonly text: string;
  /** Not in force, but what is left of one that was: its batches wait. */
  readonly isRemoved: boolean;
}

/** A claim that counts, or one that was taken away. */
interface Standing extends Claim {
  readonly isRemoved: boolean;
  readonly object?: { readonly key: string };
}

/** What commands call a contract: one that was put there by hand may say another name than its file has. */
export function commandName({ name, object }: Pick<Standing, "name" | "object">): string {
  return object === undefined ? name : object.key.slice(object.key.lastIndexOf("/") + 1).replace(/\.json$/, "");
}

/** Why nobody reads a batch; for which contract it waits, where that was removed, or which ones both claim it. */
export interface Unread<T = StoredContract> {
  readonly nobody: string;
  readonly waitsFor?: T;
  readonly claimedBy?: readonly T[];
}

/** Who reads a batch: the built-in contract, one of the lake's, or nobody. */
export type ReadBy<T = StoredContract> = { readonly contract: T | null } | Unread<T>;

/** Whose the batches of a lake are. */
export interface Sources {
  readonly contracts: readonly StoredContract[];
  /** Of a key in bronze. */
  readBy(key: string): ReadBy;
}

/** What was read of a lake's contracts, by key: a contract is read again when its version is another. */
const KNOWN = new WeakMap<LakeStorage, Map<string, StoredContract>>();

/** The last listing of a lake's contracts, and when it was begun. */
const SHARED = new WeakMap<LakeStorage, { readonly at: number; readonly reading: Promise<Sources> }>();
const SHARED_MS = 1000;

/**
 * The contracts of a lake as they are now: one listing, and a read of each that is new, but of the keys `leftOut`. Throws
 * `contract_invalid` for a file there that does not say which batches are its: any of them may be.
 */
export async function readSources(storage: LakeStorage, leftOut: readonly string[] = []): Promise<Sources> {
  const at = instant();
  const reading = readInOrder(storage, leftOut);
  if (leftOut.length === 0) SHARED.set(storage, { at, reading });
  return reading;
}

/**
 * The same as they were at `since` or later, and no more than a second ago: many batches share one listing. Whoever asks for
 * a batch that was in the lake at `since` gets every change that was made before that batch came.
 */
export async function sourcesSince(storage: LakeStorage, since: number): Promise<Sources> {
  const shared = SHARED.get(storage);
  const isYoung = shared !== undefined && shared.at >= since && instant() - shared.at <= SHARED_MS;
  // One that has failed is no answer to anybody but who asked for it.
  return (isYoung ? await shared.reading.catch(() => null) : null) ?? readSources(storage);
}

/** Now, in milliseconds of a clock that never goes back and is the same in all threads. */
export function instant(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

async function readInOrder(storage: LakeStorage, leftOut: readonly string[]): Promise<Sources> {
  const {
    sources,
    unreadable: [first],
  } = await readAll(storage, leftOut);
  if (first !== undefined) throw unreadableError(storage, first);
  return sources;
}

/** The contracts that say which batches are theirs, and the keys of those that do not. */
export async function readAll(
  storage: LakeStorage,
  leftOut: readonly string[] = [],
): Promise<{ readonly sources: Sources; readonly unreadable: readonly string[] }> {
  const known = KNOWN.get(storage) ?? new Map<string, StoredContract>();
  KNOWN.set(storage, known);
  const contracts: StoredContract[] = [];
  const unreadable: string[] = [];
  for await (const object of storage.list(CONTRACTS)) {
    if (!object.key.endsWith(".json") || leftOut.includes(object.key)) continue;
    const before = known.get(object.key);
    const found = before?.object.token === object.token ? before : await readClaim(storage, object.key);
    if (found === null) continue;
    if (found === "unreadable") {
      unreadable.push(object.key);
      continue;
    }
    known.set(object.key, found);
    contracts.push(found);
  }
  const claims = contracts.filter((one) => !one.isRemoved || !contracts.some((other) => isCovering(other, one)));
  return { sources: sourcesOf(claims), unreadable };
}

/** Whether a contract in force claims all that the claim beside it says: then that says nothing. */
function isCovering(inForce: StoredContract, { object, ...claim }: StoredContract): boolean {
  return claimKeyOf(inForce.object.key) === object.key && isWithin(claim, inForce);
}

/** Whether all keys of the one claim are those of the other. */
export function isWithin(claim: Claim, { prefix, suffixes }: Claim): boolean {
  return claim.prefix === prefix && claim.suffixes.every((suffix) => suffixes.includes(suffix));
}

/** The same of contracts that are known, or would be there. */
export function sourcesOf(contracts: readonly StoredContract[]): Sources {
  return { contracts, readBy: (key) => readBy(contracts, key) };
}

/** Null for what is gone. */
async function readClaim(storage: LakeStorage, key: string) {
  let read: Awaited<ReturnType<typeof readTextAndHead>>;
  try {
    read = await readTextAndHead(storage, key);
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    if (hasCode(error, "input_invalid")) return "unreadable" as const;
    throw error;
  }
  const { head, text } = read;
  const claim = claimOf(text);
  if (claim === null) return "unreadable" as const;
  // Of what was read, not of what was listed: it may have been replaced between the two, and be put back.
  const { token, size, modified } = head;
  return { ...claim, object: { key, token, size, modified }, text, isRemoved: key.startsWith(CLAIMS) };
}

/** Of what is to be read by `contracts/contract.ts`: only what says which keys it is for. */
export function claimOf(text: string): Claim | null {
  try {
    const { name, prefix, suffixes = topology.csvSuffixes.slice(0, 1) } = JSON.parse(text.replace(/^\ufeff/, ""));
    const areTexts = [name, prefix].every((one) => typeof one === "string") && Array.isArray(suffixes);
    return areTexts && suffixes.every((one: unknown) => typeof one === "string") ? { name, prefix, suffixes } : null;
  } catch {
    return null;
  }
}

/** What is wrong with it is told by one command, wherever it lies, and mended by another. */
function unreadableError({ url }: LakeStorage, key: string): VantageflowError {
  const why = "it is no contract, so it cannot be told which batches are its";
  return new VantageflowError("contract_invalid", `Cannot read "${key}": ${why}. ${mendAdvice(url, key)}.`, { key });
}

/** What to type where a contract of a lake is not in order. */
export function mendAdvice(lake: string, key: string): string {
  const name = key.slice(key.lastIndexOf("/") + 1).replace(/\.json$/, "");
  const see = isDirectory(lake)
    ? `contract check ${shellWord(`${lake.replace(/\/+$/, "")}/${key}`)}`
    : `contract show ${shellWord(name)}${lakeOption(lake)}`;
  const mend = `See what is wrong: vantageflow ${see}; then mend it: vantageflow contract apply FILE${lakeOption(lake)}`;
  return `${mend}. Taken away instead, what a contract claims waits`;
}

/** `the contracts "a" and "b" both claim …` */
export function bothClaim(names: readonly string[], what: string): string {
  const [last = ""] = names.slice(-1);
  const first = names.slice(0, -1).map((name) => `"${name}"`);
  return `the contracts ${first.join(", ")} and "${last}" ${first.length === 1 ? "both" : "all"} claim ${what}`;
}

/** The one way out of it. */
export const REMOVE_ONE = "Remove one: vantageflow contract remove NAME";

/** Who of these reads a key in bronze. */
export function readBy<T extends Standing>(contracts: readonly T[], key: string): ReadBy<T> {
  const claiming = claimants(contracts, key);
  const inForce = claiming.filter(({ isRemoved }) => !isRemoved);
  if (inForce.length === 1) return { contract: inForce[0] };
  if (inForce.length > 1) {
    return { nobody: `it waits: ${bothClaim(inForce.map(commandName), "it")}. ${REMOVE_ONE}`, claimedBy: inForce };
  }
  const [removed] = claiming;
  if (removed !== undefined && contracts.some(({ name, isRemoved }) => name === removed.name && !isRemoved)) {
    const why = `it waits for what the contract "${removed.name}" claimed before it was changed by halves or by hand`;
    return { nobody: `${why}. Let it go: vantageflow contract apply FILE`, waitsFor: removed };
  }
  if (removed !== undefined) {
    const again = `vantageflow contract apply FILE, or let it go: vantageflow contract remove ${removed.name} --release`;
    const why = `it waits for the contract "${removed.name}", which was removed. Apply it again: ${again}`;
    return { nobody: why, waitsFor: removed };
  }
  if (topology.csvSuffixes.some((suffix) => key.endsWith(suffix))) return { contract: null };
  const known = onlyEndingIn(topology.csvSuffixes);
  return { nobody: `no contract claims it, and without one ${known}. Propose one: vantageflow contract infer FILE` };
}

/** Why a function does not take an object of this key: in bronze somebody has to read it. Null where it does. */
export function unreadBy(sources: Sources, key: string): Unread | null {
  if (!key.startsWith(BRONZE)) return null;
  const found = sources.readBy(key);
  return "nobody" in found ? found : null;
}

/**
 * The same for who only looks: a contract that is none stops no look. Then nobody reads anything of bronze until it is
 * mended, and `problem` says why.
 */
export async function lookAtSources(storage: LakeStorage): Promise<Sources & { readonly problem: string | null }> {
  try {
    return { ...(await readSources(storage)), problem: null };
  } catch (error) {
    if (!hasCode(error, "contract_invalid")) throw error;
    const nobody = error.message;
    return { contracts: [], readBy: () => ({ nobody }), problem: nobody };
  }
}
