import { setTimeout as sleep } from "node:timers/promises";
import { mapBounded } from "../bounded.ts";
import type { ProcessContext } from "../functions/context.ts";
import { passOf } from "../functions/definitions.ts";
import type { BatchResult } from "../functions/result.ts";
import { batchPathOf } from "../ledger/layers.ts";
import { type Plan, planFunction, type Work } from "../ledger/pending.ts";
import { instant } from "../ledger/sources.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { byFunction, FUNCTION_IDS } from "../topology.ts";
import { ifUnclaimed, processObject } from "./foreground.ts";

/** Between two looks at what others are at work on. Milliseconds. */
const LOOK_MS = 100;
/** Whoever waits for others longer than that is told so. Milliseconds. */
const PATIENCE_MS = 2000;

/** A batch that is begun; `newAt` as in `functions/process.ts`. */
type Started = Work & { readonly force: boolean; readonly newAt: number | undefined };

export interface RunOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Process what is under this prefix whatever the receipts say; "" is everything. */
  readonly reprocess?: string | undefined;
  /** Which of these objects are still being uploaded: they are left for the next run. */
  readonly unfinished?: ((objects: readonly ObjectInfo[]) => ReadonlySet<string>) | undefined;
  /** How a batch is done, where that is not in this thread. */
  readonly doBatch?: (work: Started, bytes: number, here: () => Promise<BatchResult>) => Promise<BatchResult>;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
  readonly onPlan?: (plan: Plan) => void;
  readonly onResult?: (result: BatchResult) => void;
  /** All that is left is what other processes are at work on; said once. */
  readonly onWaiting?: (left: readonly Work[]) => void;
}

/**
 * Processes all there is to do, once: function by function, each on what is without a receipt once those before it are
 * through. One object's failure stops no other. Results come in the order of the plan.
 */
export async function run(context: ProcessContext, options: RunOptions): Promise<BatchResult[]> {
  const results: BatchResult[][] = [];
  /** Batches whose work of a function was done with that of an earlier one. */
  const made = byFunction(() => new Set<string>());
  for (const id of FUNCTION_IDS) {
    const plan = withoutUnfinished(await planFunction(context.storage, id, options.reprocess), options);
    const isMade = ({ object }: Work) => options.reprocess !== undefined && made[id].has(batchPathOf(object.key));
    const work = plan.work.filter((one) => !isMade(one));
    options.onPlan?.({ ...plan, work });
    const ended = await processAll(context, work, options);
    results.push(ended);
    // A refused file rebuilds nothing: silver that somebody put beside it is work of its own.
    const refused = new Set(ended.filter(({ outcome }) => outcome === "refused").map(({ key }) => key));
    const paths = work.filter(({ object }) => !refused.has(object.key)).map(({ object }) => batchPathOf(object.key));
    for (const other of passOf(id)) for (const path of paths) made[other].add(path);
  }
  return results.flat();
}

/** The first goes forwards and the second backwards, so that they meet once; any more begin somewhere else. */
function inTurn(work: readonly Work[], turn: number): readonly Work[] {
  if (turn <= 1) return turn === 0 ? work : work.toReversed();
  const place = Math.floor(Math.random() * work.length);
  return [...work.slice(place), ...work.slice(0, place)];
}

function withoutUnfinished(plan: Plan, { unfinished }: RunOptions): Plan {
  const { work, ignored } = plan;
  const open = work.length === 0 ? undefined : unfinished?.(work.map(({ object }) => object));
  if (open === undefined || open.size === 0) return plan;
  const waiting = work.filter(({ object }) => open.has(object.key));
  const reason = "it is still being written. Run again when it is complete";
  return {
    ...plan,
    work: work.filter(({ object }) => !open.has(object.key)),
    ignored: [...ignored, ...waiting.map(({ object: { key } }) => ({ key, reason }))],
  };
}

/**
 * Leaves to others what they are at work on, and looks at it again when the rest is done: it has a receipt then, or is
 * work still.
 */
async function processAll(context: ProcessContext, work: readonly Work[], options: RunOptions): Promise<BatchResult[]> {
  const results = new Map<Work, BatchResult>();
  const force = options.reprocess !== undefined;
  const planned = instant();
  const once = async (item: Work): Promise<void> => {
    if (options.stopped?.()) return;
    const { function: id, object } = item;
    const newAt = item.isNew === true ? planned : undefined;
    const here = () => processObject(context, id, object, force, newAt);
    const task = { function: id, object, force, newAt };
    const result = await ifUnclaimed(context, object.key, () => options.doBatch?.(task, object.size, here) ?? here());
    if (result === null) return;
    results.set(item, result);
    options.onResult?.(result);
  };
  // A forced run does all of it, and what is in flight at once has no order.
  const alone = force || work.length <= options.concurrency;
  let left = inTurn(work, alone ? 0 : ((await context.claims?.turn()) ?? 0));
  for (let waited = 0; left.length > 0; waited += LOOK_MS) {
    await mapBounded(left, options.concurrency, once, ({ object }) => object.size);
    left = left.filter((item) => !results.has(item));
    if (left.length === 0 || options.stopped?.()) break;
    if (waited === PATIENCE_MS) options.onWaiting?.(left);
    await sleep(LOOK_MS);
  }
  return work.flatMap((item) => results.get(item) ?? []);
}
