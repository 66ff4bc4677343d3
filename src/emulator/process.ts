import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isDataFault, messageOf, VantageflowError } from "../errors.ts";
import { BRONZE, outputKeys } from "../pipeline/layers.ts";
import { type Fault, NO_ROWS, type Receipt, readReceipts, writeReceipt } from "../pipeline/receipts.ts";
import type { RowCounts } from "../pipeline/scanner.ts";
import { bronzeToGold, type StageContext, type StageResult, silverToGold } from "../pipeline/stages.ts";
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

/** The dead letter first, the receipt last: a crash between the two leaves work, and the same dead letter again. */
async function refuse(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fault: Fault,
  attempt: Attempt,
): Promise<Outcome> {
  const fn = topology.functions[id];
  await writeDeadLetter(context.storage, fn, object, fault, attempt.attempt);
  const receipt = receiptOf(context, fn.name, attempt, {
    source: { key: object.key, token: object.token, size: object.size, sha256: null },
    outcome: "refused",
    rows: NO_ROWS,
    devices: 0,
    outputs: [],
    error: fault,
  });
  try {
    await writeReceipt(context.storage, receipt);
  } catch (error) {
    // A key that the store cannot hold has no place for a receipt either: it is refused at every sweep.
    if (!hasCode(error, "key_invalid")) throw error;
  }
  return ofReceipt(receipt);
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

/** A new token over unchanged content, as in a copied lake, needs a receipt and nothing else. */
async function renew(context: ProcessContext, fn: string, object: ObjectInfo): Promise<Receipt | null> {
  for (const receipt of await readReceipts(context.storage, fn, object.key)) {
    const sameCode = receipt.code === context.code;
    const sameSettings = receipt.settings.anomaly_threshold === context.settings.anomalyThreshold;
    if (!sameCode || !sameSettings || !(await isUnchanged(context.storage, receipt, object))) continue;
    if (receipt.source.token === object.token) return receipt;
    const renewed = { ...receipt, source: { ...receipt.source, token: object.token } };
    await writeReceipt(context.storage, renewed);
    return renewed;
  }
  return null;
}

/** The result that a receipt stands for, when its object comes again. */
export function ofReceipt(receipt: Receipt): Outcome {
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

/** The receipt of exactly this version, if there is one. */
export async function receiptFor(storage: LakeStorage, id: FunctionId, object: ObjectInfo): Promise<Receipt | null> {
  const receipts = await readReceipts(storage, topology.functions[id].name, object.key);
  return receipts.find((receipt) => receipt.source.token === object.token) ?? null;
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
