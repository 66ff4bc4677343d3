import { assertCurrent } from "../pipeline/lineage.ts";
import { type Receipt, writeReceipt } from "../pipeline/receipts.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { ProcessContext } from "./process.ts";

type Effect = Pick<Receipt, "source" | "outcome" | "rows" | "notes" | "devices" | "outputs" | "error">;

/** The receipt of an effect that this attempt had. `started` in milliseconds since the epoch. */
export function receiptOf(
  context: ProcessContext,
  fn: string,
  { attempt, started }: { readonly attempt: number; readonly started: number },
  effect: Effect,
): Receipt {
  return {
    version: 1,
    function: fn,
    source: effect.source,
    outcome: effect.outcome,
    code: context.code,
    settings: { anomaly_threshold: context.settings.anomalyThreshold },
    rows: effect.rows,
    ...(effect.notes === undefined ? {} : { notes: effect.notes }),
    devices: effect.devices,
    outputs: effect.outputs,
    attempts: attempt,
    started: new Date(started).toISOString(),
    duration_ms: Math.round(context.now() - started),
    error: effect.error,
  };
}

/**
 * Writes the receipt of a version that is current. Throws `superseded` when it is not; looked at again behind the writing,
 * for a version that came in between may have written its own receipt already, and this one has removed it.
 */
export async function settle(storage: LakeStorage, receipt: Receipt): Promise<void> {
  await assertCurrent(storage, receipt.source);
  await writeReceipt(storage, receipt);
  await assertCurrent(storage, receipt.source);
}
