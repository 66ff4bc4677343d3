import { hasCode } from "../errors.ts";
import { findObject } from "../storage/find.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, layerOf, otherSuffix, topology, triggeredBy } from "../topology.ts";
import { sourceKeyOf } from "./batch-source.ts";
import type { Failure } from "./failures.ts";
import { BRONZE, batchPathOf, checkInputKey, isOfBatch, keyIn, keysIn, outputKeys, SILVER } from "./layers.ts";
import { isLetterOnly } from "./letters.ts";
import { siblingOf } from "./lineage.ts";
import { litterOf } from "./litter.ts";
import { receiptKey } from "./names.ts";
import { type Absences, orphansOf } from "./orphans.ts";
import { type Receipt, readReceipts } from "./receipts.ts";
import { lookAtSources, type ReadBy } from "./sources.ts";

/** What one function has done, and has to do, with the batch of a key. */
export interface Part {
  readonly function: FunctionId;
  /** What it reads. */
  readonly source: string;
  readonly object: ObjectInfo | null;
  /** Its upload is under way, as far as can be known. */
  readonly isUnfinished: boolean;
  /** That of the current version, else the newest there is. */
  readonly receipt: Receipt | null;
  /** The receipt is that of the current version. */
  readonly isCurrent: boolean;
  /** The current version is through, with whatever outcome, or passed over. */
  readonly isSettled: boolean;
  readonly failures: readonly Failure[];
  /** Its silver and the anomalies beside it are not of one split: no run and no redrive can aggregate them. */
  readonly isTorn: boolean;
}

export interface Explanation {
  /** With its layer. */
  readonly key: string;
  /** The function that an object of this key starts; null for none. */
  readonly trigger: FunctionId | null;
  /** Why no function starts, or why the one that does refuses the key; null where all is well. */
  readonly problem: string | null;
  /** Who reads the batch in bronze as it is now. */
  readonly readBy: ReadBy;
  /** Something stands there that is no object, such as a link. */
  readonly isSkipped: boolean;
  readonly object: ObjectInfo | null;
  readonly parts: readonly Part[];
  /** What the batch has in the other layers; and, with null as its size in bytes, what its receipts name and is gone. */
  readonly outputs: readonly { readonly key: string; readonly size: number | null }[];
  /** Those of its outputs whose bronze somebody took away, by key. */
  readonly orphans: readonly string[];
}

export interface ExplainOptions {
  readonly failuresOf: (about: (key: string | null) => boolean) => Promise<readonly Failure[]>;
  readonly isUnfinished: (object: ObjectInfo) => boolean;
  readonly absences: Omit<Absences, "storage">;
}

/** All that is known of a key and its batch: a key of any layer, or a path without one. */
export async function explain(storage: LakeStorage, given: string, options: ExplainOptions): Promise<Explanation> {
  const key = await withLayer(storage, given);
  const path = batchPathOf(key);
  let skipped: string | null = null;
  const object = await findObject(storage, key, (_, reason) => {
    skipped = reason;
  });
  const sources = isOfBatch(key) ? await sourcesOf(storage, key) : [];
  const failures = await options.failuresOf((about) => about !== null && [key, ...sources].includes(about));
  const trigger = triggeredBy(key);
  const parts: Part[] = [];
  for (const source of sources) {
    const id = triggeredBy(source);
    if (id !== null) parts.push(await partOf(storage, id, source, failures, options));
  }
  const bronze = sources.find((source) => source.startsWith(BRONZE)) ?? keyIn(BRONZE, path);
  const { readBy: readerOf } = await lookAtSources(storage);
  const readBy = readerOf(bronze);
  const waiting = unreadOf({ parts, readBy });
  return {
    key,
    trigger,
    problem: skipped ?? problemOf(key, trigger) ?? (waiting?.part.source === key ? waiting.why : null),
    readBy,
    isSkipped: skipped !== null,
    object,
    parts,
    outputs: parts.length === 0 ? [] : await outputsOf(storage, path, parts),
    orphans: parts.length === 0 ? [] : await orphanKeys(storage, path, options),
  };
}

/** What each function reads of the batch of a key; the key itself, where it is what one reads. */
function sourcesOf(storage: LakeStorage, key: string): Promise<string[]> {
  const path = batchPathOf(key);
  const own = (id: FunctionId) => keysIn(topology.functions[id].startedBy.prefix, path).find((one) => one === key);
  return Promise.all(FUNCTION_IDS.map(async (id) => own(id) ?? sourceKeyOf(storage, id, path)));
}

/** Whether there is anything at all to be told of a key. */
export function isKnown({ object, isSkipped, parts, outputs }: Explanation): boolean {
  return (
    object !== null ||
    isSkipped ||
    outputs.some(({ size }) => size !== null) ||
    parts.some((part) => part.object !== null || part.receipt !== null || part.failures.length > 0)
  );
}

/** What comes next for the batch of a key: what happens at the next run by itself, or what somebody has to do. */
export type Next =
  | { readonly does: "run" | "wait"; readonly part: Part }
  | { readonly does: "contract"; readonly part: Part; readonly why: string }
  | { readonly does: "redrive"; readonly failure: Failure }
  | { readonly does: "reprocess"; readonly isTorn: boolean }
  | { readonly does: "bring_back" | "remove" | "nothing" };

/** Bronze first: processing it writes silver anew. */
export function nextOf({ parts, outputs, orphans, readBy }: Explanation): Next {
  const waiting = unreadOf({ parts, readBy });
  if (waiting !== null) return { does: "contract", ...waiting };
  const bronze = bronzeOf(parts);
  // Nothing can be made again of what nobody reads.
  const again = (next: Next): Next =>
    bronze !== undefined && "nobody" in readBy ? { does: "contract", part: bronze, why: readBy.nobody } : next;
  const part = parts.find(({ object, isSettled }) => object !== null && !isSettled);
  if (part !== undefined && !part.isTorn) return { does: part.isUnfinished ? "wait" : "run", part };
  if (parts.some(({ isTorn }) => isTorn)) {
    return bronze?.object == null ? { does: "bring_back" } : again({ does: "reprocess", isTorn: true });
  }
  const failure = parts.flatMap(({ failures }) => failures).find(({ state }) => state === "open");
  if (failure !== undefined) return { does: "redrive", failure };
  if (orphans.length > 0) return { does: "remove" };
  const isIncomplete = bronze?.receipt?.outcome === "done" && outputs.some(({ size }) => size === null);
  return isIncomplete && bronze?.object != null ? again({ does: "reprocess", isTorn: false }) : { does: "nothing" };
}

/** Bronze that is not through and that nobody reads. */
function unreadOf({ parts, readBy }: Pick<Explanation, "parts" | "readBy">) {
  const part = bronzeOf(parts);
  const waits = part !== undefined && part.object !== null && !part.isSettled && "nobody" in readBy;
  return waits ? { part, why: readBy.nobody } : null;
}

function bronzeOf(parts: readonly Part[]): Part | undefined {
  return parts.find(({ source }) => source.startsWith(BRONZE));
}

/** A batch may have a folder named as a layer, `bronze/state/a.csv`: its path is one where there is no object of that key. */
async function withLayer(storage: LakeStorage, given: string): Promise<string> {
  const isThere = async (key: string) => (await findObject(storage, key)) !== null;
  const isKey = layerOf(given) !== undefined;
  if (isOfBatch(given) || (isKey && (await isThere(given)))) return given;
  const [bronze, silver] = [keyIn(BRONZE, given), keyIn(SILVER, given)];
  if (await isThere(bronze)) return bronze;
  if (await isThere(silver)) return silver;
  return isKey ? given : bronze;
}

function problemOf(key: string, trigger: FunctionId | null): string | null {
  const litter = litterOf(key);
  if (litter !== null) return litter;
  if (trigger === null) {
    const triggers = FUNCTION_IDS.map((id) => topology.functions[id].startedBy);
    const own = triggers.find(({ prefix }) => key.startsWith(prefix));
    if (own !== undefined) return otherSuffix(own);
    return `only objects under ${triggers.map(({ prefix }) => prefix).join(" and ")} start a function`;
  }
  try {
    checkInputKey(key);
    return null;
  } catch (error) {
    if (hasCode(error, "key_invalid")) return error.message;
    throw error;
  }
}

async function partOf(
  storage: LakeStorage,
  id: FunctionId,
  source: string,
  failures: readonly Failure[],
  { isUnfinished }: ExplainOptions,
): Promise<Part> {
  const fn = topology.functions[id];
  const object = await findObject(storage, source);
  const isLitter = litterOf(source) !== null;
  const fits = keyProblem(receiptKey(fn.name, source, "t")) === null;
  const receipts = fits ? await readReceipts(storage, fn.name, source) : [];
  const current = receipts.find((one) => one.source.token === object?.token) ?? null;
  const newest = receipts.toSorted((a, b) => (a.started < b.started ? 1 : -1))[0] ?? null;
  const isSettled = object !== null && (current !== null || isLitter || (await isLetterOnly(storage, fn, object)));
  const own = failures.filter((one) => one.functionId === id && one.key === source);
  const isOpen = !isSettled || own.some(({ state }) => state === "open");
  return {
    function: id,
    source,
    object,
    isUnfinished: object !== null && current === null && !isLitter && isUnfinished(object),
    receipt: current ?? newest,
    isCurrent: current !== null,
    isSettled,
    failures: own,
    isTorn: source.startsWith(SILVER) && fits && !isLitter && isOpen && (await isTorn(storage, source)),
  };
}

async function isTorn(storage: LakeStorage, source: string): Promise<boolean> {
  const silver = await storage.head(source);
  if (silver === null) return false;
  try {
    await siblingOf(storage, silver);
    return false;
  } catch (error) {
    if (hasCode(error, "sibling_pending")) return true;
    if (hasCode(error, "anomalies_missing", "not_rebuildable")) return false;
    throw error;
  }
}

async function orphanKeys(storage: LakeStorage, path: string, { absences }: ExplainOptions): Promise<string[]> {
  return (await orphansOf({ storage, ...absences }, path)).map(({ key }) => key);
}

async function outputsOf(storage: LakeStorage, path: string, parts: readonly Part[]) {
  const expected = new Set(parts.flatMap(({ receipt }) => receipt?.outputs.map(({ key }) => key) ?? []));
  const { silver, anomalies, rejects, gold } = outputKeys(`${BRONZE}${path}`);
  const elsewhere = [...expected].filter((key) => !isOfBatch(key) && keyProblem(key) === null);
  const found = [];
  for (const key of [silver, anomalies, rejects, gold, ...elsewhere]) {
    const size = (await findObject(storage, key))?.size ?? null;
    if (size !== null || expected.has(key)) found.push({ key, size });
  }
  return found;
}
