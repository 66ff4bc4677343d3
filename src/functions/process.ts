import { setTimeout as sleep } from "node:timers/promises";
import { termsFor } from "../contracts/lake.ts";
import { errorClass, hasCode, isDataFault, VantageflowError } from "../errors.ts";
import { BRONZE } from "../ledger/layers.ts";
import { assertCurrent, holds } from "../ledger/lineage.ts";
import { receiptKey } from "../ledger/names.ts";
import { listReceipts, NO_ROWS, type Receipt, readReceipt } from "../ledger/receipts.ts";
import type { Incoming } from "../pipeline/opened.ts";
import type { StageResult } from "../pipeline/stages.ts";
import { BUILT_IN, type Terms } from "../pipeline/terms.ts";
import { removeSame } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import type { ProcessContext } from "./context.ts";
import { DEFINITIONS, passOf } from "./definitions.ts";
import { doneReceipt, fileReceipt, fileReceipts } from "./file-receipt.ts";
import { refuse, setAside } from "./refuse.ts";
import { dropStaleGold, isUnchanged, renewSilver } from "./renewal.ts";
import { type BatchResult, briefOf, faultOf, inLayerOrder, type Outcome, ofReceipt, outcomeOf } from "./result.ts";

/** One attempt at one object. */
export interface Attempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** With others in one pass, where there is one, as in the foreground; else by itself, as in Lambda. */
  readonly fused: boolean;
  /** Process even what has a receipt for unchanged content. */
  readonly force?: boolean | undefined;
  /** The version that the caller has just looked at: the first race begins with it. */
  readonly seen?: ObjectInfo | undefined;
  /**
   * At this instant (of `ledger/sources.ts`) the object was listed as it was handed in, and the function had no receipt of any
   * version of it.
   */
  readonly newAt?: number | undefined;
}

/** Lost races are not faults; they are run again at once, and this often. */
const MAX_RACES = 20;

/** What is larger is not read twice where a run that was killed has left some of its outputs: these are looked for first. */
const MAX_UNSEEN_BYTES = 4 * 1024 * 1024;

/**
 * Runs one function over the current version of one object to its end: outputs, receipt and, for a file that is
 * refused, one dead letter. Running it again changes nothing.
 *
 * Throws what may pass (`storage_failed`, `sibling_pending`, `conflict` after twenty lost races) and bugs: the caller
 * decides whether to try again. Everything else is a result.
 */
export async function processOnce(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  attempt: Attempt,
): Promise<BatchResult> {
  const started = context.now();
  const finish = (outcome: Outcome) => ({ key: object.key, ...outcome, durationMs: context.now() - started });
  for (let races = 1; ; races++) {
    try {
      const isFirst = races === 1 && attempt.attempt === 1;
      return finish(await raceOnce(context, id, object, { ...attempt, started, isFirst }));
    } catch (error) {
      if (errorClass(error) === "race" && races < MAX_RACES) await sleep(races);
      else if (!hasCode(error, "superseded", "not_found")) throw error;
      else return finish(failure(error));
    }
  }
}

/** Bronze that is landing while it is read. */
export interface Landing extends Incoming {
  /** Lands what has not been read yet. Throws what the landing has failed with. */
  finish(): Promise<ObjectInfo>;
}

/**
 * The same, fused, for bronze that is landing (and so has no receipt yet): one attempt. A file that is refused lands to its
 * end and is dead-lettered. Throws everything else; nothing is published then, unless a swap was lost.
 */
export async function processLanding(context: ProcessContext, id: FunctionId, landing: Landing): Promise<BatchResult> {
  const { key } = landing;
  const { fused } = DEFINITIONS[id];
  if (fused === undefined) throw new Error(`${id} has no fused pass`);
  const attempt = { attempt: 1, fused: true, started: context.now(), isFirst: true };
  const finish = (outcome: Outcome) => ({ key, ...outcome, durationMs: context.now() - attempt.started });
  let terms = BUILT_IN;
  try {
    terms = await termsFor(context, key);
    const stages = stagesIn(id, await fused.landing({ ...context, terms, isNew: true }, landing));
    return finish(await done(context, stages, attempt, true));
  } catch (error) {
    if (!isDataFault(error)) throw error;
    return finish(await refuse(context, id, await landing.finish(), faultOf(error), attempt, terms.contract));
  }
}

/** What is said of an object whose work ended with this error. */
export function failure(error: unknown): Outcome {
  return { outcome: outcomeOf(error), rows: NO_ROWS, devices: 0, outputs: [], error: faultOf(error) };
}

interface Started extends Attempt {
  readonly started: number;
  /** Nothing has gone wrong yet. */
  readonly isFirst: boolean;
}

async function raceOnce(context: ProcessContext, id: FunctionId, object: ObjectInfo, attempt: Started) {
  let current = object;
  let terms = BUILT_IN;
  const { isFirst, seen, newAt, force, fused } = attempt;
  const mayBeNew = isFirst && force !== true && object.size <= MAX_UNSEEN_BYTES && context.isUnfinished === undefined;
  const isListedNew = mayBeNew && newAt !== undefined;
  try {
    if (!isListedNew) current = ((isFirst && seen) || (await context.storage.head(object.key))) ?? gone(object.key);
    // What was handed in is whole; of what has come since nobody has said so.
    if (current.token !== object.token && context.isUnfinished?.(current)) return failure(underWay(object.key));
    // Before anything is changed: what nobody reads stays as it is.
    terms = await termsFor({ ...context, listedSince: isListedNew ? newAt : undefined }, current.key);
    const receipts = isListedNew ? [] : await listReceipts(context.storage, topology.functions[id].name, current.key);
    if (force !== true) {
      const renewed = await renew(context, id, current, fused, receipts, terms);
      if (renewed !== null) return ofReceipt(renewed, fused);
    }
    const isNew = mayBeNew && receipts.length === 0;
    if (!isNew) await reopen(context, id, current);
    const stages = await stagesOf(
      { ...context, terms, isNew, seen: isNew ? current : undefined },
      id,
      current.key,
      fused,
    );
    return await done(context, stages, attempt, isNew);
  } catch (error) {
    if (hasCode(error, "not_rebuildable")) return setAside(context, id, current, faultOf(error), attempt);
    if (!isDataFault(error)) throw error;
    return refuse(context, id, current, faultOf(error), attempt, terms.contract);
  }
}

function underWay(key: string): VantageflowError {
  return new VantageflowError("superseded", `Cannot process "${key}": it is being uploaded anew.`, { key });
}

function gone(key: string): never {
  throw new VantageflowError("not_found", `Cannot process "${key}": it was removed meanwhile.`, { key });
}

type Stages = readonly { readonly id: FunctionId; readonly result: StageResult }[];

async function stagesOf(context: ProcessContext, id: FunctionId, key: string, isFused: boolean): Promise<Stages> {
  const { stage, fused } = DEFINITIONS[id];
  if (!isFused || fused === undefined) return [{ id, result: await stage(context, key) }];
  return stagesIn(id, await fused.pass(context, key));
}

/** The results of a fused pass, each with its function. */
function stagesIn(id: FunctionId, results: readonly StageResult[]): Stages {
  return passOf(id).map((one, i) => ({ id: one, result: results[i] }));
}

/** What is made again is work until it is done: a receipt of before would hide what a crash leaves half made. */
async function reopen({ storage }: ProcessContext, id: FunctionId, { key, token }: ObjectInfo): Promise<void> {
  await storage.remove(receiptKey(topology.functions[id].name, key, token));
}

/**
 * Writes the receipts of the stages, the first stage's last: while it is missing, all of it is work. Throws `superseded`
 * when a newer version came meanwhile, whose outcome may be another.
 */
async function done(context: ProcessContext, stages: Stages, attempt: Started, isNew: boolean): Promise<Outcome> {
  const [{ result: first }] = stages;
  if (!attempt.fused) await dropStaleGold(context.storage, first, isNew);
  if (first.source.key.startsWith(BRONZE)) await context.keepInput?.(first.source);
  const last = stages.toReversed();
  const receipts = last.map(({ id, result }) => doneReceipt(context, id, attempt, result));
  await fileReceipts(context.storage, receipts, isNew, (i) => checkSibling(context, last[i].result));
  const { rows, notes, contract, devices } = first;
  const outputs = stages.flatMap(({ result }) => result.outputs.map(({ key }) => key));
  const noted = { rows, ...(notes === undefined ? {} : { notes }), ...briefOf(contract) };
  return { outcome: "done", ...noted, devices, outputs: inLayerOrder(outputs), error: null };
}

/** Receipts that a killed run has left beside the one that holds. None is of a newer version, for they were listed before this look. */
async function removeOthers(storage: LakeStorage, object: ObjectInfo, key: string, receipts: readonly ObjectInfo[]) {
  const others = receipts.filter((one) => one.key !== key);
  if (others.length > 0) await assertCurrent(storage, object);
  for (const other of others) await removeSame(storage, other);
}

/** Throws `superseded` for anomalies that are others now. Written anew with the same bytes, as by a run beside this one, they are not. */
async function checkSibling({ storage }: ProcessContext, { sibling }: StageResult): Promise<void> {
  if (sibling === null || (await storage.head(sibling.key))?.token === sibling.token) return;
  if (!(await holds(storage, sibling))) await assertCurrent(storage, sibling);
}

/**
 * The receipt that holds for this object, whatever version and threshold it was made under: only `--reprocess` applies
 * others; but what another contract has refused, this one may take. A new token over unchanged content, as in a copied lake, needs a receipt and nothing else.
 */
async function renew(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fused: boolean,
  receipts: readonly ObjectInfo[],
  { contract }: Terms,
): Promise<Receipt | null> {
  for (const { key } of receipts) {
    const receipt = await readReceipt(context.storage, key);
    if (receipt?.outcome === "refused" && receipt.split?.contract?.digest !== contract?.digest) continue;
    if (receipt === null || !(await isUnchanged(context.storage, receipt, object, fused))) continue;
    if (fused && passOf(id).length > 1 && receipt.outcome === "done") await renewSilver(context.storage, receipt);
    if (receipt.source.token === object.token) {
      await removeOthers(context.storage, object, key, receipts);
      return receipt;
    }
    const modified = new Date(object.modified).toISOString();
    const renewed = { ...receipt, source: { ...receipt.source, token: object.token, modified } };
    await fileReceipt(context.storage, renewed);
    return renewed;
  }
  return null;
}
