import { availableParallelism } from "node:os";
import { type Plan, planFunction, type Work, withoutRebuilt } from "../functions/plan.ts";
import type { ProcessContext } from "../functions/process.ts";
import type { BatchResult } from "../functions/result.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { processObject } from "./foreground.ts";

export interface RunOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Process what is under this prefix whatever the receipts say; "" is everything. */
  readonly reprocess?: string | undefined;
  /** Which of these objects are still being uploaded: they are left for the next run. */
  readonly unfinished?: ((objects: readonly ObjectInfo[]) => ReadonlySet<string>) | undefined;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
  readonly onPlan?: (plan: Plan) => void;
  readonly onResult?: (result: BatchResult) => void;
}

/** All there is to do, without doing it. */
export async function planRun(storage: LakeStorage, reprocess?: string): Promise<Plan> {
  const bronze = await planFunction(storage, "bronzeToSilver", reprocess);
  const silver = await planFunction(storage, "silverToGold", reprocess);
  return {
    work: [...bronze.work, ...withoutRebuilt(silver.work, bronze.work)],
    ignored: [...bronze.ignored, ...silver.ignored],
  };
}

/**
 * Processes all there is to do, once: bronze first, then the silver that is still without a receipt. One object's
 * failure stops no other. Results come in the order of the plan.
 */
export async function run(context: ProcessContext, options: RunOptions): Promise<BatchResult[]> {
  const { storage } = context;
  const bronze = withoutUnfinished(await planFunction(storage, "bronzeToSilver", options.reprocess), options);
  options.onPlan?.(bronze);
  const first = await processAll(context, bronze.work, options);
  const silver = withoutUnfinished(await planFunction(storage, "silverToGold", options.reprocess), options);
  // A refused file rebuilds nothing: silver that somebody put beside it is work of its own.
  const refused = new Set(first.filter(({ outcome }) => outcome === "refused").map(({ key }) => key));
  const rebuilt = bronze.work.filter(({ object }) => !refused.has(object.key));
  const left = options.reprocess === undefined ? silver.work : withoutRebuilt(silver.work, rebuilt);
  options.onPlan?.({ work: left, ignored: silver.ignored });
  return [...first, ...(await processAll(context, left, options))];
}

function withoutUnfinished({ work, ignored }: Plan, { unfinished }: RunOptions): Plan {
  const open = work.length === 0 ? undefined : unfinished?.(work.map(({ object }) => object));
  if (open === undefined || open.size === 0) return { work, ignored };
  const waiting = work.filter(({ object }) => open.has(object.key));
  const reason = "it is still being written. Run again when it is complete";
  return {
    work: work.filter(({ object }) => !open.has(object.key)),
    ignored: [...ignored, ...waiting.map(({ object: { key } }) => ({ key, reason }))],
  };
}

async function processAll(context: ProcessContext, work: readonly Work[], options: RunOptions): Promise<BatchResult[]> {
  const force = options.reprocess !== undefined;
  const results = await mapBounded(
    work,
    options.concurrency,
    async (item) => {
      if (options.stopped?.()) return null;
      const result = await processObject(context, item.function, item.object, force);
      options.onResult?.(result);
      return result;
    },
    ({ object }) => object.size,
  );
  return results.filter((result) => result !== null);
}

/** Objects above this are large: in a bucket, each in flight takes some 60 MB of buffers. */
const LARGE_BYTES = 4 * 1024 * 1024;
/** Large ones in flight at once, at most: they keep a machine busy, and more would only take memory. */
const MAX_LARGE = availableParallelism();

/**
 * Maps with at most `limit` in flight, and of those whose `sizeOf` is large no more than there are cores; results keep
 * the order of the items.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
  sizeOf: (item: T) => number = () => 0,
): Promise<R[]> {
  const results: R[] = [];
  const isLarge = (index: number) => sizeOf(items[index]) > LARGE_BYTES;
  const left = { large: [] as number[], small: [] as number[] };
  for (const index of items.keys()) (isLarge(index) ? left.large : left.small).push(index);
  // Taken from the end: the last is the first.
  left.large.reverse();
  left.small.reverse();
  let large = 0;
  const take = (): number | undefined => {
    const [nextLarge, nextSmall] = [left.large.at(-1), left.small.at(-1)];
    const room = nextLarge !== undefined && large < MAX_LARGE;
    return room && (nextSmall === undefined || nextLarge < nextSmall) ? left.large.pop() : left.small.pop();
  };
  const lane = async () => {
    for (let index = take(); index !== undefined; index = take()) {
      const counts = isLarge(index) ? 1 : 0;
      large += counts;
      try {
        results[index] = await map(items[index]);
      } finally {
        large -= counts;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane));
  return results;
}
