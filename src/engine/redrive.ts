import { termsFor } from "../contracts/lake.ts";
import { isDataFault } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import { DEFINITIONS } from "../functions/definitions.ts";
import { type BatchResult, faultOf } from "../functions/result.ts";
import type { Failure } from "../ledger/failures.ts";
import type { Fault } from "../ledger/receipts.ts";
import { createDryStorage } from "../storage/dry.ts";
import { findObject } from "../storage/find.ts";
import { FUNCTION_IDS, type FunctionId } from "../topology.ts";
import { onceUnclaimed, processObject } from "./foreground.ts";

/** One function to be run once more over one key. */
export interface Redrive {
  readonly function: FunctionId;
  readonly key: string;
}

/** What failures ask for: each function and key once, in the order of the functions, for the first feeds the second. */
export function redrivesOf(failures: readonly Failure[]): Redrive[] {
  return FUNCTION_IDS.flatMap((id) => {
    const keys = failures.flatMap(({ functionId, key }) => (functionId === id && key !== null ? [key] : []));
    return [...new Set(keys)].map((key) => ({ function: id, key }));
  });
}

/**
 * Runs a function over the current version of a key, whatever was said of it before; null when the key is gone. Doing
 * so again changes nothing.
 */
export async function redrive(context: ProcessContext, { function: id, key }: Redrive): Promise<BatchResult | null> {
  const object = await findObject(context.storage, key);
  if (object === null) return null;
  return onceUnclaimed(context, key, () => processObject(context, id, object, true));
}

export interface Rehearsal {
  readonly outcome: "would_pass" | "would_be_refused" | "would_fail";
  readonly error: Fault | null;
}

/** What a redrive would come to with today's code and settings. Nothing is written. */
export async function rehearse(context: ProcessContext, { function: id, key }: Redrive): Promise<Rehearsal> {
  const dry = { ...context, storage: createDryStorage(context.storage) };
  try {
    const { stage, fused } = DEFINITIONS[id];
    await (fused?.pass ?? stage)({ ...dry, terms: await termsFor(context, key) }, key);
    return { outcome: "would_pass", error: null };
  } catch (error) {
    return { outcome: isDataFault(error) ? "would_be_refused" : "would_fail", error: faultOf(error) };
  }
}
