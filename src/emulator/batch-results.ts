import { fedBy, feedersOf } from "../feeds.ts";
import type { BatchResult } from "../functions/result.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { FunctionId } from "../topology.ts";

/** Joins what the functions say of one batch, so that it is told of once: when its gold is there, or will not be. */
export interface WholeBatches {
  add(id: FunctionId, result: BatchResult): void;
  /** Somebody else has done a function's work and made these outputs, perhaps of a batch that was begun here and waits for that. */
  finished(id: FunctionId, key: string, outputs: readonly string[]): void;
  /** Batches that were begun and have no gold yet. */
  rest(): readonly BatchResult[];
}

interface Begun {
  readonly result: BatchResult;
  /** Whose turn it is. */
  readonly next: FunctionId;
}

export function createWholeBatches(onBatch: (result: BatchResult) => void): WholeBatches {
  const begun = new Map<string, Begun>();

  function tell(path: string, result: BatchResult): void {
    begun.delete(path);
    onBatch(result);
  }

  /** It waits for the function that what was made starts; told of, where there is none. */
  function goOn(id: FunctionId, path: string, result: BatchResult): void {
    const [next] = fedBy(id);
    if (next === undefined) tell(path, result);
    else begun.set(path, { result, next });
  }

  return {
    add(id, result) {
      const path = batchPathOf(result.key);
      const before = begun.get(path);
      const isDone = result.outcome === "done" || result.outcome === "already_ingested";
      if (before?.next === id) {
        const whole = joined(before.result, result);
        if (isDone) goOn(id, path, whole);
        else tell(path, whole);
      } else if (result.outcome === "done") goOn(id, path, result);
      // An event that came twice, while the batch waits for its gold, is no news; nor is what the batch that made it has told.
      else if (!isDone || (before === undefined && feedersOf(id).length === 0)) tell(path, result);
    },
    finished(id, key, outputs) {
      const path = batchPathOf(key);
      const before = begun.get(path);
      if (before?.next !== id) return;
      const { result } = before;
      goOn(id, path, { ...result, outputs: [...result.outputs, ...outputs] });
    },
    rest: () => [...begun.values()].map(({ result }) => result),
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
