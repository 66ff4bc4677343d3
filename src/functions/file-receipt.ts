import { hasCode } from "../errors.ts";
import { assertCurrent } from "../ledger/lineage.ts";
import { listReceipts, type Receipt, writeReceipt } from "../ledger/receipts.ts";
import { removeSame } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { ProcessContext } from "./context.ts";

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
 * Writes the receipt of a version that is current, and removes those of older ones. Throws `superseded` when it is not, or
 * no longer: then this receipt is taken back, and that of the version which came in between stands.
 */
export async function fileReceipt(storage: LakeStorage, receipt: Receipt): Promise<void> {
  const { function: fn, source } = receipt;
  // Listed while this version is the newest: none of them is of a newer one.
  const older = await listReceipts(storage, fn, source.key);
  await assertCurrent(storage, source);
  const written = await writeReceipt(storage, receipt, older);
  try {
    await assertCurrent(storage, source);
  } catch (error) {
    if (hasCode(error, "superseded")) await removeSame(storage, written);
    throw error;
  }
}
