import { VantageflowError } from "../../errors.ts";
import { batchPathOf, keyIn, pathOf, SILVER } from "../../ledger/layers.ts";
import { RECEIPTS, receiptName } from "../../ledger/names.ts";
import { parseReceipt, type Receipt, tallyOf } from "../../ledger/receipts.ts";
import { readText } from "../../storage/objects.ts";
import type { ObjectInfo } from "../../storage/port.ts";
import { topology } from "../../topology.ts";
import { type Cell, type LakeView, rowsOfEach, type ViewSource } from "../view.ts";

const { bronzeToSilver, silverToGold, tables } = topology.functions;

/** What a function makes of a batch, by its name. */
const STEPS: Readonly<Record<string, string>> = {
  [bronzeToSilver.name]: "silver",
  [silverToGold.name]: "gold",
  [tables.name]: "table",
};

/** The receipts: one row for each step of each batch: what made its silver, its gold, and its rows of the table. */
export const batches: LakeView = {
  name: "batches",
  columns: [
    { name: "batch", type: "text" },
    { name: "step", type: "text" },
    { name: "source", type: "text" },
    { name: "outcome", type: "text" },
    { name: "rows_in", type: "whole" },
    { name: "rows_silver", type: "whole" },
    { name: "rows_anomalies", type: "whole" },
    { name: "rows_rejected", type: "whole" },
    { name: "rows_blank", type: "whole" },
    { name: "devices", type: "whole" },
    { name: "anomaly_threshold", type: "number" },
    { name: "contract", type: "text" },
    { name: "source_bytes", type: "whole" },
    { name: "source_sha256", type: "text" },
    { name: "source_modified", type: "time" },
    { name: "started", type: "time" },
    { name: "duration_ms", type: "number" },
    { name: "attempts", type: "whole" },
    { name: "version", type: "text" },
    { name: "error_code", type: "text" },
    { name: "error_message", type: "text" },
    { name: "error_line", type: "whole" },
  ],
  rows: (source) =>
    rowsOfEach(
      source,
      receipts(source),
      ({ key }) => key,
      async ({ key }) => {
        const receipt = parseReceipt(await readText(source.storage, key));
        if (receipt !== null) return [rowOf(receipt)];
        throw new VantageflowError("input_invalid", "it is no receipt of this version");
      },
    ),
};

/** What a batch is called in every view: its path in silver, where the table has it from. */
export function batchOf(key: string): string {
  return pathOf(keyIn(SILVER, batchPathOf(key)));
}

async function* receipts({ storage }: ViewSource): AsyncGenerator<ObjectInfo> {
  for await (const object of storage.list(RECEIPTS)) if (receiptName(object.key) !== null) yield object;
}

function rowOf(receipt: Receipt): Cell[] {
  const { source, outcome, started, duration_ms: duration, attempts, code, error, split } = receipt;
  const tally = tallyOf(receipt);
  const { in: all, silver, anomalies, rejects, blank } = tally?.rows ?? {};
  return [
    batchOf(source.key),
    STEPS[receipt.function] ?? receipt.function,
    source.key,
    outcome,
    ...[all ?? null, silver ?? null, anomalies ?? null, rejects ?? null, blank ?? null],
    tally?.devices ?? null,
    tally?.anomaly_threshold ?? null,
    split?.contract?.name ?? null,
    source.size,
    source.sha256,
    timeOf(source.modified),
    timeOf(started),
    duration,
    attempts,
    code,
    ...[error?.code ?? null, error?.message ?? null, error?.line ?? null],
  ];
}

/** Milliseconds since the epoch; null for what is no time. */
export function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? null : time;
}
