import { estimateCost, MONTH_HOURS } from "../cost/cost.ts";
import { measure } from "../cost/usage.ts";
import { outputKeys } from "../ledger/layers.ts";
import { type Receipt, readReceipts } from "../ledger/receipts.ts";
import type { LakeStorage } from "../storage/port.ts";
import { FUNCTION_IDS, topology } from "../topology.ts";

/** What running batches again takes, by what their receipts say that it took the last time. */
export interface Rerun {
  readonly batches: number;
  /** Without those that have no receipt. */
  readonly measured: number;
  /** One after the other. */
  readonly duration_ms: number;
  /** On AWS, by the dated list of prices, free tier not taken off. */
  readonly cost_usd: number;
}

/** A line of a function's log, with what CloudWatch adds. */
const LOG_BYTES = 1100;

/** Of batches by their keys in bronze. */
export async function rerunOf(storage: LakeStorage, keys: readonly string[]): Promise<Rerun> {
  let [measured, durationMs, put, get, invocations, gbSeconds] = [0, 0, 0, 0, 0, 0];
  for (const key of keys) {
    const receipts = await lastReceipts(storage, key);
    if (receipts.length > 0) measured++;
    durationMs += elapsed(receipts);
    for (const receipt of receipts) {
      const of = measure(receipt);
      if (of === null) continue;
      const { requests, memoryMb } = topology.functions[of.function];
      put += of.puts;
      get += requests.get;
      invocations++;
      gbSeconds += (Math.ceil(of.durationMs) / 1000) * (memoryMb / 1024);
    }
  }
  const cost = estimateCost({
    hours: MONTH_HOURS,
    storage: [],
    requests: { put, get, transition: 0 },
    ...{ invocations, gbSeconds, logBytes: invocations * LOG_BYTES, keptLogBytes: 0 },
    ...{ metrics: 0, alarms: 0, dashboards: 0, shards: 0, streamRecords: 0, transferOutBytes: 0 },
  });
  return { batches: keys.length, measured, duration_ms: durationMs, cost_usd: cost.month };
}

async function lastReceipts(storage: LakeStorage, key: string): Promise<Receipt[]> {
  const found: Receipt[] = [];
  for (const id of FUNCTION_IDS) {
    const source = id === "bronzeToSilver" ? key : outputKeys(key).silver;
    const [receipt] = await readReceipts(storage, topology.functions[id].name, source);
    if (receipt !== undefined) found.push(receipt);
  }
  return found;
}

/** In the foreground one pass does the work of both functions: their receipts tell the same time. */
function elapsed(receipts: readonly Receipt[]): number {
  let [total, end] = [0, 0];
  for (const { started, duration_ms } of receipts) {
    const from = Date.parse(started);
    total += from + duration_ms <= end ? 0 : duration_ms;
    end = Math.max(end, from + duration_ms);
  }
  return total;
}
