import type { Receipt } from "../pipeline/receipts.ts";
import type { ProcessContext } from "./process.ts";

type Effect = Pick<Receipt, "source" | "outcome" | "rows" | "devices" | "outputs" | "error">;

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
    devices: effect.devices,
    outputs: effect.outputs,
    attempts: attempt,
    started: new Date(started).toISOString(),
    duration_ms: Math.round(context.now() - started),
    error: effect.error,
  };
}
