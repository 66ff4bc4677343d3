import type { BatchResult } from "../functions/result.ts";
import { pathOf } from "../pipeline/layers.ts";
import type { FunctionId } from "../topology.ts";

/** Joins what the two functions say of one batch, so that it is told of once: when its gold is there, or will not be. */
export interface WholeBatches {
  add(id: FunctionId, result: BatchResult): void;
  /** Batches that were split and have no gold yet. */
  rest(): readonly BatchResult[];
}

export function createWholeBatches(onBatch: (result: BatchResult) => void): WholeBatches {
  const split = new Map<string, BatchResult>();
  return {
    add(id, result) {
      const path = pathOf(result.key);
      if (id === "bronzeToSilver" && result.outcome === "done") {
        split.set(path, result);
        return;
      }
      const first = id === "silverToGold" ? split.get(path) : undefined;
      split.delete(path);
      onBatch(first === undefined ? result : joined(first, result));
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
