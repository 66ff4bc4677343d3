import type { OpenRows, SourceObject } from "../../pipeline/source.ts";
import { asksMeasure } from "../contract-judge.ts";
import type { Contract } from "../vocabulary.ts";
import { ThreadedRows } from "./threaded-rows.ts";

/** A thread takes some 40 ms to start: below this size it does not pay. */
const MIN_BYTES = 8 * 1024 * 1024;

interface ThreadOptions {
  /** See `rows-worker.ts`. */
  readonly script: URL;
  readonly contract: Contract;
  readonly maxRowBytes: number;
}

/** Opens large sources in a thread of their own, and others as `here` does. */
export function openInThread(options: ThreadOptions, here: OpenRows): OpenRows {
  const { script, contract, maxRowBytes } = options;
  // What is inflated comes when it comes, and a thread that makes rows can only wait.
  if (contract.format.compression !== "none" || asksMeasure(contract)) return here;
  return (object, pull, arena) => {
    if (object.size === undefined || object.size < MIN_BYTES) return here(object, pull, arena);
    const setup = { contract, key: object.key, arrival: arrivalOf(object), maxRowBytes };
    return new ThreadedRows(script, setup, pull, arena, object.digest === undefined);
  };
}

/** Null while it is landing. */
function arrivalOf({ arrival }: SourceObject): number | null {
  try {
    return arrival();
  } catch {
    return null;
  }
}
