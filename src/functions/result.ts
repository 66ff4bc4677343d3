import { hasCode, messageOf, VantageflowError } from "../errors.ts";
import { BATCH_LAYERS, BRONZE, outputKeys } from "../ledger/layers.ts";
import type { ReadContract } from "../ledger/read-contract.ts";
import { type Fault, NO_ROWS, type Receipt, type RowCounts, type RowNotes, tallyOf } from "../ledger/receipts.ts";

/** What became of one object. */
export interface BatchResult {
  readonly key: string;
  readonly outcome: "done" | "already_ingested" | "refused" | "failed" | "superseded" | "not_rebuildable";
  readonly rows: RowCounts;
  /** Absent where there is nothing to note. */
  readonly notes?: RowNotes;
  /** By which contract it was read, and what it was before; absent of the built-in one. */
  readonly contract?: Omit<ReadContract, "digest" | "tz" | "rules">;
  readonly devices: number;
  /** Keys that hold the outputs. */
  readonly outputs: readonly string[];
  readonly durationMs: number;
  readonly error: Fault | null;
}

/** A result before it is known whose it is and how long it took. */
export type Outcome = Omit<BatchResult, "key" | "durationMs">;

/** The result that a receipt stands for, when its object comes again; `fused` names gold with the batch that made it. */
export function ofReceipt(receipt: Receipt, fused: boolean): Outcome {
  const { notes, contract } = receipt.outcome === "done" ? (receipt.split ?? {}) : {};
  const { rows = NO_ROWS, devices = 0 } = tallyOf(receipt) ?? {};
  return {
    outcome: receipt.outcome === "done" ? "already_ingested" : receipt.outcome,
    rows,
    ...(notes === undefined ? {} : { notes }),
    ...briefOf(contract),
    devices,
    outputs: inLayerOrder([...receipt.outputs.map(({ key }) => key), ...(fused ? goldOf(receipt) : [])]),
    error: receipt.error,
  };
}

/** What a result says of the contract that a batch was read by. */
export function briefOf(contract: ReadContract | undefined): Pick<BatchResult, "contract"> {
  if (contract === undefined) return {};
  const { digest: _, tz: __, rules: ___, ...brief } = contract;
  return { contract: brief };
}

/** Gold is the second function's output, but the batch that landed in bronze has it too. */
function goldOf({ outcome, source }: Receipt): string[] {
  return outcome === "done" && source.key.startsWith(BRONZE) ? [outputKeys(source.key).gold] : [];
}

export function inLayerOrder(keys: readonly string[]): string[] {
  const rank = (key: string) => BATCH_LAYERS.findIndex((layer) => key.startsWith(layer));
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

/** What an error that ends the work on an object is called. */
export function outcomeOf(error: unknown): BatchResult["outcome"] {
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
