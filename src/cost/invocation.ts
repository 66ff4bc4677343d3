import type { Receipt } from "../ledger/receipts.ts";
import type { FunctionId } from "../topology.ts";

/** One object that a function is through with: what alarms and cost are made of. */
export interface Invocation {
  readonly function: FunctionId;
  /** Milliseconds since the epoch. */
  readonly ended: number;
  readonly durationMs: number;
  /** It was refused, or has failed. */
  readonly isError: boolean;
}

/** Silver that nothing can rebuild is no error: nothing is wrong with it. */
export function isError(outcome: Receipt["outcome"]): boolean {
  return outcome === "refused" || outcome === "failed";
}
