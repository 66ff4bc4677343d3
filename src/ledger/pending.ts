import { fedBy, feedersOf } from "../feeds.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "../storage/port.ts";
import { reordered } from "../storage/reordered.ts";
import { byFunction, FUNCTION_IDS, type FunctionId, matches, otherSuffix, topology } from "../topology.ts";
import { BRONZE, batchPathOf, pathOf, SILVER } from "./layers.ts";
import { isLetterOnly } from "./letters.ts";
import { litterOf } from "./litter.ts";
import { areOfOneObject, functionFolder, receiptFolder, receiptKey } from "./names.ts";
import { readSources, unreadBy } from "./sources.ts";

/** One object that a function has to process. */
export interface Work {
  readonly function: FunctionId;
  readonly object: ObjectInfo;
  /** The function has no receipt of any version of it. Absent where that was not looked at. */
  readonly isNew?: boolean | undefined;
}

export interface Plan {
  readonly work: readonly Work[];
  /** Objects under the trigger's prefix that are not processed, with the reason. */
  readonly ignored: readonly Skipped[];
  /** Keys of those of them that nobody reads: they wait, and are work once a contract says how. */
  readonly unread: readonly string[];
  /** What programs leave beside other files, see `litterOf`: nothing is wrong with it, so it is told only when asked for. */
  readonly passedOver: readonly Skipped[];
}

interface Skipped {
  readonly key: string;
  readonly reason: string;
}

/**
 * What one function has to do: every object that its trigger matches and that has no receipt for its token, or others beside
 * it, in key order. Two listings and no object read; only keys that can hold no receipt are asked for their dead letter. With
 * `reprocess`, objects under that prefix (of the key or of the path) are work whatever their receipts say.
 */
export async function planFunction(storage: LakeStorage, id: FunctionId, reprocess?: string): Promise<Plan> {
  const work: Work[] = [];
  const ignored: Skipped[] = [];
  const passedOver: Skipped[] = [];
  const unread: string[] = [];
  const skip = (key: string, reason: string) => {
    const litter = litterOf(key);
    if (litter === null) ignored.push({ key, reason });
    else passedOver.push({ key, reason: litter });
  };
  const wait = (key: string, reason: string) => {
    ignored.push({ key, reason });
    unread.push(key);
  };
  if (reprocess === undefined) {
    for await (const { object, isNew } of pendingWork(storage, id, skip, wait))
      work.push({ function: id, object, isNew });
    work.sort((a, b) => compareKeys(a.object.key, b.object.key));
    ignored.sort((a, b) => compareKeys(a.key, b.key));
  } else {
    for await (const { object, unread: why } of triggering(storage, id, skip)) {
      if (!isUnder(object.key, reprocess)) continue;
      if (why === null) work.push({ function: id, object });
      else wait(object.key, why);
    }
  }
  return { work, ignored, unread, passedOver };
}

/** All there is to do, without doing it: {@link planFunction} for each function, and of that {@link allWork}. */
export async function planRun(storage: LakeStorage, reprocess?: string): Promise<Plan> {
  const plans: Plan[] = [];
  const work: Work[] = [];
  async function* planned(id: FunctionId) {
    const plan = await planFunction(storage, id, reprocess);
    plans.push(plan);
    yield* plan.work;
  }
  for await (const one of allWork(planned)) work.push(one);
  return {
    work,
    ignored: plans.flatMap(({ ignored }) => ignored),
    unread: plans.flatMap(({ unread }) => unread),
    passedOver: plans.flatMap(({ passedOver }) => passedOver),
  };
}

/**
 * What all functions have to do, one after the other, of what each has to do by itself: without the work of which an
 * earlier function has work on the same batch, for that makes its object anew. Of so many batches it remembers that; with
 * more, it is the earlier function's turn alone.
 */
export async function* allWork(
  pendingOf: (id: FunctionId) => AsyncIterable<Work>,
  remembered = Number.POSITIVE_INFINITY,
): AsyncGenerator<Work> {
  const paths = byFunction(() => new Set<string>());
  for (const id of FUNCTION_IDS) {
    const [own, before] = [paths[id], feedersOf(id).map((feeder) => paths[feeder])];
    const isFeeder = fedBy(id).length > 0;
    for await (const work of pendingOf(id)) {
      const path = batchPathOf(work.object.key);
      if (before.some((known) => known.has(path) || known.size >= remembered)) continue;
      if (isFeeder && own.size < remembered) own.add(path);
      yield work;
    }
  }
}

/** Work, and where its receipt will be. */
export interface PendingWork extends Work {
  readonly receipt: string;
}

/** What a trigger matches, and why nobody takes it; null where somebody does. */
interface Triggering extends PendingWork {
  readonly unread: string | null;
}

/**
 * The same without `reprocess`, one by one, in the order of the receipts' keys and in constant memory: both listings are
 * ordered, so they are merged as they come.
 */
export async function* pendingWork(
  storage: LakeStorage,
  id: FunctionId,
  onSkipped: OnSkipped,
  onUnread: OnSkipped = onSkipped,
): AsyncGenerator<PendingWork> {
  const fn = topology.functions[id];
  const receipts = storage.list(functionFolder(fn.name), { keysOnly: true })[Symbol.asyncIterator]();
  try {
    const nextKey = async () => (await receipts.next()).value?.key ?? null;
    let last = "";
    let next = await nextKey();
    for await (const work of inReceiptOrder(id, triggering(storage, id, onSkipped))) {
      while (next !== null && compareKeys(next, work.receipt) < 0) [last, next] = [next, await nextKey()];
      if (next === work.receipt) {
        const before = last;
        [last, next] = [next, await nextKey()];
        if (!areOfOneObject(work.receipt, before) && !areOfOneObject(work.receipt, next ?? "")) continue;
      }
      if (await isLetterOnly(storage, fn, work.object)) continue;
      const { unread, ...pending } = work;
      // What a folder has stands right before or right behind whatever would be in it.
      const folder = receiptFolder(fn.name, work.object.key);
      const isNew = !last.startsWith(folder) && !next?.startsWith(folder);
      if (unread === null) yield { ...pending, isNew };
      else onUnread(work.object.key, unread);
    }
  } finally {
    await receipts.return?.();
  }
}

/**
 * Objects in the order of the keys that their receipts have: `a.csv` comes before `a.csv-1.csv` in a listing, but the receipts in
 * `a.csv/` come after those in `a.csv-1.csv/`.
 */
function inReceiptOrder(id: FunctionId, objects: AsyncIterable<Triggering>): AsyncIterable<Triggering> {
  const folder = functionFolder(topology.functions[id].name);
  return reordered(objects, {
    nameOf: ({ object }) => `${folder}${pathOf(object.key)}`,
    orderOf: ({ receipt }) => receipt,
    compare: (a, b) => compareKeys(a.receipt, b.receipt),
  });
}

/** The objects that a trigger matches and that are no litter. What nobody reads is done where it has a receipt of before. */
async function* triggering(
  storage: LakeStorage,
  id: FunctionId,
  onSkipped: OnSkipped,
): AsyncGenerator<Triggering, void, undefined> {
  const { name, startedBy: trigger } = topology.functions[id];
  const sources = trigger.prefix.startsWith(BRONZE) ? await readSources(storage) : NO_QUESTION;
  for await (const object of storage.list(trigger.prefix, { onSkipped })) {
    const { key } = object;
    const reason = matches(trigger, key) ? litterOf(key) : otherSuffix(trigger);
    if (reason === null) {
      const receipt = receiptKey(name, key, object.token);
      yield { function: id, object, receipt, unread: unreadBy(sources, key)?.nobody ?? null };
    } else onSkipped(key, reason);
  }
}

/** Who reads what is made of batches: everybody, for it is CSV, and no contract has to be listed. */
const NO_QUESTION = { contracts: [], readBy: () => ({ contract: null }) };

function isUnder(key: string, prefix: string): boolean {
  if (prefix.startsWith(BRONZE) || prefix.startsWith(SILVER)) return key.startsWith(prefix);
  return batchPathOf(key).startsWith(prefix) || pathOf(key).startsWith(prefix);
}
