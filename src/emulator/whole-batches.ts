import type { BatchResult } from "../functions/result.ts";
import { batchPathOf, outputKeys } from "../ledger/layers.ts";
import type { FunctionId } from "../topology.ts";

/** Joins what the two functions say of one batch, so that it is told of once: when its gold is there, or will not be. */
export interface WholeBatches {
  add(id: FunctionId, result: BatchResult): void;
  /** Somebody else has made the gold of a batch that was split here. */
  finished(key: string): void;
  /** Batches that were split and have no gold yet. */
  rest(): readonly BatchResult[];
}

export function createWholeBatches(onBatch: (result: BatchResult) => void): WholeBatches {
  const split = new Map<string, BatchResult>();

  function tell(path: string, result: BatchResult): void {
    split.delete(path);
    onBatch(result);
  }

  return {
    add(id, result) {
      const path = batchPathOf(result.key);
      const first = split.get(path);
      if (id === "bronzeToSilver") {
        if (result.outcome === "done") split.set(path, result);
        // An event that came twice, while the batch waits for its gold, is no news.
        else if (first === undefined || result.outcome !== "already_ingested") tell(path, result);
      } else if (first !== undefined) tell(path, joined(first, result));
      // Of silver that was done before, the batch that made it has told.
      else if (result.outcome !== "already_ingested") tell(path, result);
    },
    finished(key) {
      const path = batchPathOf(key);
      const first = split.get(path);
      if (first !== undefined) tell(path, { ...first, outputs: [...first.outputs, outputKeys(key).gold] });
    },
    rest: () => [...split.values()],
  };
}

function joined(first: BatchResult, second: BatchResult): BatchResult {
  const isDone = second.outcome === "done" || second.outcome === "already_ingested";
  return {
    ...first,
    outcome: isDone ? first.outcome : second.outcome,
    devices: second.devices,
    outputs: [...first.outputs, ...second.outputs],
    durationMs: first.durationMs + second.durationMs,
    error: isDone ? first.error : second.error,
  };
}
