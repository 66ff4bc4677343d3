import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isDataFault, messageOf, VantageflowError } from "../errors.ts";
import { sha256Of } from "../pipeline/digest.ts";
import { BRONZE, outputKeys } from "../pipeline/layers.ts";
import { assertCurrent } from "../pipeline/lineage.ts";
import { type Fault, NO_ROWS, type Receipt, readReceipts, removeReceipts, writeReceipt } from "../pipeline/receipts.ts";
import type { RowCounts } from "../pipeline/scanner.ts";
import { bronzeToGold, type StageContext, type StageResult, silverToGold } from "../pipeline/stages.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import { writeDeadLetter } from "./dead-letter.ts";
import { isUnchanged } from "./renewal.ts";

export interface ProcessContext extends StageContext {
  /** The version of vantageflow, for receipts. */
  readonly code: string;
  /** Milliseconds since the epoch; for receipts only. */
  readonly now: () => number;
}

/** What became of one object. */
export interface BatchResult {
  readonly key: string;
  readonly outcome: "done" | "already_ingested" | "refused" | "failed" | "superseded" | "not_rebuildable";
  readonly rows: RowCounts;
  readonly devices: number;
  /** Keys that hold the outputs. */
  readonly outputs: readonly string[];
  readonly durationMs: number;
  readonly error: Fault | null;
}

/** Quick retries in the foreground, for faults that may pass: milliseconds before the second and third attempt. */
const RETRY_DELAYS_MS = [100, 400];
/** A refused file up to this size is known again in a copied lake; a larger one is refused again. */
const MAX_REFUSED_DIGEST_BYTES = 64 * 1024 * 1024;
/** Lost races are not faults; they are run again at once, and this often. */
const MAX_RACES = 20;

/**
 * Runs one function over one object to its end: outputs, receipt and, for a file that is refused, one dead letter.
 * Never throws for what the object or the store does; the result says it. `force` processes even unchanged content.
 */
export async function processObject(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  force = false,
): Promise<BatchResult> {
  const started = context.now();
  const finish = (result: Omit<BatchResult, "key" | "durationMs">): BatchResult => ({
    key: object.key,
    ...result,
    durationMs: context.now() - started,
  });
  let races = 0;
  for (let attempt = 1; ; ) {
    try {
      return finish(await attemptOnce(context, id, object, { started, attempt, force }));
    } catch (error) {
      const fault = faultOf(error);
      if (hasCode(error, "conflict", "superseded") && ++races < MAX_RACES) {
        await sleep(races);
      } else if (attempt <= RETRY_DELAYS_MS.length && isTransient(error)) {
        await sleep(RETRY_DELAYS_MS[attempt - 1]);
        attempt++;
      } else {
        return finish({ outcome: outcomeOf(error), rows: NO_ROWS, devices: 0, outputs: [], error: fault });
      }
    }
  }
}

interface Attempt {
  readonly started: number;
  readonly attempt: number;
  readonly force: boolean;
}

type Outcome = Omit<BatchResult, "key" | "durationMs">;

async function attemptOnce(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  attempt: Attempt,
): Promise<Outcome> {
  const { storage } = context;
  let current = object;
  try {
    current = (await storage.head(object.key)) ?? gone(object.key);
    const { name } = topology.functions[id];
    if (!attempt.force) {
      const renewed = await renew(context, name, current);
      if (renewed !== null) return ofReceipt(renewed);
    }
    if (id === "silverToGold") return await done(context, [[name, await silverToGold(context, current.key)]], attempt);
    const { silver, gold } = await bronzeToGold(context, current.key);
    const stages: [string, StageResult][] = [
      [name, silver],
      [topology.functions.silverToGold.name, gold],
    ];
    return await done(context, stages, attempt);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    return refuse(context, id, current, faultOf(error), attempt);
  }
}

function gone(key: string): never {
  throw new VantageflowError("not_found", `Cannot process "${key}": it was removed meanwhile.`, { key });
}

/** Writes the receipts of the stages, the first stage's last: while it is missing, all of it is work. */
async function done(context: ProcessContext, stages: [string, StageResult][], attempt: Attempt): Promise<Outcome> {
  for (const [fn, result] of stages.toReversed()) {
    const receipt = receiptOf(context, fn, attempt, {
      source: result.source,
      outcome: "done",
      rows: result.rows,
      devices: result.devices,
      outputs: result.outputs.map(({ key, size, sha256 }) => ({ key, size, sha256 })),
      error: null,
    });
    await writeReceipt(context.storage, receipt);
  }
  const [, first] = stages[0];
  const outputs = stages.flatMap(([, result]) => result.outputs.map(({ key }) => key));
  return { outcome: "done", rows: first.rows, devices: first.devices, outputs: inLayerOrder(outputs), error: null };
}

/**
 * The dead letter first, then the outputs of older versions are removed (what is refused has no silver and no gold), the
 * receipt last: a crash in between leaves work, and the same dead letter again. Older receipts go before the outputs
 * they name, so that a version which comes meanwhile writes its own: then this throws `superseded` or `conflict`.
 */
async function refuse(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fault: Fault,
  attempt: Attempt,
): Promise<Outcome> {
  const { storage } = context;
  const fn = topology.functions[id];
  const stale = await staleOutputs(storage, object.key);
  const sha256 = await digestOf(storage, object);
  await writeDeadLetter(storage, fn, object, fault, attempt.attempt);
  for (const { name } of Object.values(topology.functions)) await removeReceipts(storage, name, object.key);
  if (sha256 !== null) await assertCurrent(storage, object);
  for (const { key, token } of stale) await storage.remove(key, token);
  const receipt = receiptOf(context, fn.name, attempt, {
    source: { key: object.key, token: object.token, size: object.size, sha256 },
    outcome: "refused",
    rows: NO_ROWS,
    devices: 0,
    outputs: [],
    error: fault,
  });
  try {
    await writeReceipt(storage, receipt);
  } catch (error) {
    // A key that the store cannot hold has no place for a receipt either: it is refused at every sweep.
    if (!hasCode(error, "key_invalid")) throw error;
  }
  return ofReceipt(receipt);
}

/** What older versions of a refused object left, gold first: a report counts gold. */
async function staleOutputs(storage: LakeStorage, key: string): Promise<ObjectInfo[]> {
  const { gold, silver, anomalies, rejects } = outputKeys(key);
  const found: ObjectInfo[] = [];
  for (const output of key.startsWith(BRONZE) ? [gold, silver, anomalies, rejects] : [gold]) {
    const head = keyProblem(output) === null ? await storage.head(output) : null;
    if (head !== null) found.push(head);
  }
  return found;
}

/**
 * The digest of the version that was refused; null for what is not worth reading to its end, and for a key that the
 * store cannot hold. Throws `superseded`.
 */
async function digestOf(storage: LakeStorage, object: ObjectInfo): Promise<string | null> {
  if (keyProblem(object.key) !== null) return null;
  const sha256 = object.size > MAX_REFUSED_DIGEST_BYTES ? null : await sha256Of(storage, object.key);
  await assertCurrent(storage, object);
  return sha256;
}

type Effect = Pick<Receipt, "source" | "outcome" | "rows" | "devices" | "outputs" | "error">;

function receiptOf(context: ProcessContext, fn: string, attempt: Attempt, effect: Effect): Receipt {
  return {
    version: 1,
    function: fn,
    source: effect.source,
    outcome: effect.outcome,
    code: context.code,
    settings: { anomaly_threshold: context.settings.anomalyThreshold },
    rows: effect.rows,
    devices: effect.devices,
    outputs: effect.outputs,
    attempts: attempt.attempt,
    started: new Date(attempt.started).toISOString(),
    duration_ms: Math.round(context.now() - attempt.started),
    error: effect.error,
  };
}

/**
 * The receipt that holds for this object. A new token over unchanged content, as in a copied lake, needs a receipt and
 * nothing else; under another version or threshold it is work.
 */
async function renew(context: ProcessContext, fn: string, object: ObjectInfo): Promise<Receipt | null> {
  for (const receipt of await readReceipts(context.storage, fn, object.key)) {
    const sameToken = receipt.source.token === object.token;
    const sameCode = receipt.code === context.code;
    const sameSettings = receipt.settings.anomaly_threshold === context.settings.anomalyThreshold;
    if (!sameToken && !(sameCode && sameSettings)) continue;
    if (!(await isUnchanged(context.storage, receipt, object))) continue;
    if (sameToken) return receipt;
    const renewed = { ...receipt, source: { ...receipt.source, token: object.token } };
    await writeReceipt(context.storage, renewed);
    return renewed;
  }
  return null;
}

/** The result that a receipt stands for, when its object comes again. */
function ofReceipt(receipt: Receipt): Outcome {
  return {
    outcome: receipt.outcome === "done" ? "already_ingested" : receipt.outcome,
    rows: receipt.rows,
    devices: receipt.devices,
    outputs: inLayerOrder([...receipt.outputs.map(({ key }) => key), ...goldOf(receipt)]),
    error: receipt.error,
  };
}

/** Gold is the second function's output, but the batch that landed in bronze has it too. */
function goldOf({ outcome, source }: Receipt): string[] {
  return outcome === "done" && source.key.startsWith(BRONZE) ? [outputKeys(source.key).gold] : [];
}

const LAYER_ORDER = ["silver/", "anomalies/", "gold/"];

function inLayerOrder(keys: readonly string[]): string[] {
  const rank = (key: string) => LAYER_ORDER.findIndex((layer) => key.startsWith(layer));
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

function isTransient(error: unknown): boolean {
  return hasCode(error, "storage_failed", "sibling_pending");
}

function outcomeOf(error: unknown): BatchResult["outcome"] {
  if (hasCode(error, "superseded", "not_found")) return "superseded";
  return hasCode(error, "not_rebuildable") ? "not_rebuildable" : "failed";
}

/** What results and receipts say of an error. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof VantageflowError)) {
    return { code: "internal", message: messageOf(error), line: null, column: null };
  }
  return { code: error.code, message: error.message, line: error.line ?? null, column: error.column ?? null };
}
