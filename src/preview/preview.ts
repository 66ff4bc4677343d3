import { mapBounded } from "../bounded.ts";
import { readStored } from "../contracts/lake.ts";
import type { ReadableContract } from "../contracts/readable.ts";
import { VantageflowError } from "../errors.ts";
import { conflictsOf } from "../ledger/claims.ts";
import { BRONZE, batchPathOf, GOLD, isCsvName, keysIn, pathOf } from "../ledger/layers.ts";
import { litterOf } from "../ledger/litter.ts";
import { readReceipts } from "../ledger/receipts.ts";
import { readBy, readSources, type StoredContract } from "../ledger/sources.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { BUILT_IN } from "../pipeline/terms.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { matches, topology } from "../topology.ts";
import { type BatchPreview, previewBatch, type Ruleset } from "./pass.ts";

export interface PreviewOptions {
  readonly storage: LakeStorage;
  /** The settings in force, and the proposed ones. */
  readonly before: PipelineSettings;
  readonly after: PipelineSettings;
  /** Contracts as they would be; one of the lake's of the same name is replaced. */
  readonly proposed: readonly ReadableContract[];
  /** Only batches whose key or path begins with it. */
  readonly prefix?: string | undefined;
  /** Only batches that came at or after this time, milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Moves of a batch that are told one by one. */
  readonly limit: number;
  readonly concurrency: number;
  readonly stopped?: () => boolean;
  /** What there is to read, and what of it was. */
  readonly onPlan?: (objects: readonly ObjectInfo[]) => void;
  readonly onRead?: (object: ObjectInfo) => void;
}

/** A batch that both sets of rules do not treat alike, or may not. */
export interface PreviewedBatch extends BatchPreview {
  readonly object: ObjectInfo;
}

export interface LakePreview {
  readonly batches: readonly PreviewedBatch[];
  /** Batches in bronze that were asked about, whether or not their rules would be others. */
  readonly inScope: number;
  /** Gold whose bronze is gone: it stands as it is. */
  readonly cannotTell: readonly string[];
}

/** A contract of either side: of the lake, or proposed. */
interface Side {
  readonly name: string;
  readonly prefix: string;
  readonly suffixes: readonly string[];
  readonly isRemoved: boolean;
  readonly stored?: StoredContract;
  readonly proposed?: ReadableContract;
}

/**
 * What would become of the batches in bronze by the proposed rules, beside what becomes of them by those in force. Reads
 * each once, and those only whose rules would be others; writes nothing. Throws `usage` for contracts that cannot be in one
 * lake.
 */
export async function previewLake(options: PreviewOptions): Promise<LakePreview> {
  const { storage, proposed, concurrency, stopped } = options;
  const { contracts } = await readSources(storage);
  const inForce: Side[] = contracts.map((stored) => ({ ...stored, stored }));
  const replaced = new Set(proposed.map(({ contract }) => contract.name));
  const after: Side[] = [
    ...inForce.filter(({ name }) => !replaced.has(name)),
    ...proposed.map((one) => ({ ...one.contract, isRemoved: false, proposed: one })),
  ];
  const [conflict] = conflictsOf(standing(after));
  if (conflict !== undefined) {
    const what = "Give one of them another prefix, or remove it: vantageflow contract remove NAME";
    throw new VantageflowError("usage", `Cannot plan with these contracts: ${conflict.why}. ${what}.`);
  }
  const rules = async (sides: readonly Side[], key: string, settings: PipelineSettings) => {
    const found = readBy(sides, key);
    if (!("nobody" in found)) return { settings, side: found.contract };
    // What was made before its contract was removed stands as it is.
    const { waitsFor } = found;
    return waitsFor !== undefined && (await isMade(storage, key)) ? { settings, side: waitsFor } : null;
  };
  const isOther = async (key: string) => {
    const [a, b] = [await rules(inForce, key, options.before), await rules(after, key, options.after)];
    if (a === null || b === null) return a !== b;
    if (a.side?.proposed !== b.side?.proposed || a.side?.name !== b.side?.name) return true;
    return JSON.stringify(a.settings) !== JSON.stringify(b.settings);
  };
  const bronze = new Set<string>();
  const wanted: ObjectInfo[] = [];
  let inScope = 0;
  for await (const object of storage.list(BRONZE)) {
    bronze.add(object.key);
    if (!isInScope(options, object)) continue;
    inScope++;
    if (await isOther(object.key)) wanted.push(object);
  }
  options.onPlan?.(wanted);
  const one = async (object: ObjectInfo): Promise<PreviewedBatch | null> => {
    if (stopped?.() === true) return null;
    const a = await rulesetOf(await rules(inForce, object.key, options.before));
    const b = await rulesetOf(await rules(after, object.key, options.after));
    const preview = await previewObject(storage, object, a, b, options.limit);
    options.onRead?.(object);
    return preview;
  };
  const batches = await mapBounded(wanted, concurrency, one, ({ size }) => size);
  const cannotTell: string[] = [];
  for await (const { key } of storage.list(GOLD)) {
    const sources = keysIn(BRONZE, batchPathOf(key));
    const [source] = sources;
    if (!isCsvName(key) || sources.some((one) => bronze.has(one)) || !isUnder(source, options.prefix)) continue;
    if (await isOther(source)) cannotTell.push(key);
  }
  return { batches: batches.filter((batch) => batch !== null), inScope, cannotTell };
}

/** What is removed keeps its claim; of one that is in force, too, it says nothing. */
function standing(sides: readonly Side[]): readonly Side[] {
  const inForce = new Set(sides.filter(({ isRemoved }) => !isRemoved).map(({ name }) => name));
  return sides.filter(({ name, isRemoved }) => !isRemoved || !inForce.has(name));
}

async function isMade(storage: LakeStorage, key: string): Promise<boolean> {
  const receipts = await readReceipts(storage, topology.functions.bronzeToSilver.name, key);
  return receipts.some(({ outcome }) => outcome === "done");
}

async function rulesetOf(
  found: { readonly settings: PipelineSettings; readonly side: Side | null } | null,
): Promise<Ruleset | null> {
  if (found === null) return null;
  const { settings, side } = found;
  if (side === null) return { settings, terms: BUILT_IN };
  const contract = side.proposed ?? (side.stored === undefined ? null : await readStored(side.stored));
  return contract === null ? null : { settings, terms: contract.terms(settings) };
}

async function previewObject(
  storage: LakeStorage,
  object: ObjectInfo,
  before: Ruleset | null,
  after: Ruleset | null,
  limit: number,
): Promise<PreviewedBatch> {
  const reader = await storage.read(object.key);
  try {
    const source = { key: object.key, arrival: () => reader.head.modified };
    const preview = await previewBatch(source, (into) => reader.pull(into), before, after, limit);
    return { object, ...preview };
  } finally {
    await reader.close();
  }
}

function isInScope({ prefix, since }: PreviewOptions, { key, modified }: ObjectInfo): boolean {
  if (!matches(topology.functions.bronzeToSilver.startedBy, key) || litterOf(key) !== null) return false;
  return isUnder(key, prefix) && (since === undefined || modified >= since);
}

function isUnder(key: string, prefix = ""): boolean {
  return key.startsWith(prefix) || pathOf(key).startsWith(prefix);
}
