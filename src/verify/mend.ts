import { mapBounded } from "../bounded.ts";
import { redrive } from "../engine/redrive.ts";
import { hasCode, messageOf } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import type { BatchResult } from "../functions/result.ts";
import { BRONZE, keysIn } from "../ledger/layers.ts";
import { orphansOf } from "../ledger/orphans.ts";
import { removeReceipts } from "../ledger/receipts.ts";
import { compareKeys } from "../storage/keys.ts";
import { FUNCTION_IDS, topology } from "../topology.ts";
import { examinePath } from "./examine.ts";
import type { Remake } from "./judge.ts";
import { type Suspect, suspectOf, type Verified, type VerifyOptions, withSuspects } from "./verify.ts";

/** What can be mended of what a verify has found. */
export interface MendPlan {
  /** Objects to make outputs again from, each once. */
  readonly remake: readonly (Remake & { readonly path: string })[];
  /** Paths of the batches whose orphans are to be removed. */
  readonly remove: readonly string[];
  /** The orphans, by key. */
  readonly orphans: readonly string[];
}

export interface Mended {
  /** What the verify comes to now. */
  readonly verified: Verified;
  /** Batches whose outputs were made again, by the key of what they were made of. */
  readonly remade: readonly string[];
  /** Orphans that were removed. */
  readonly removed: readonly string[];
  readonly failed: readonly { readonly key: string; readonly message: string }[];
}

export function planMending({ suspects }: Verified): MendPlan {
  const remake = suspects.flatMap(({ path, findings }) => {
    // Bronze makes all of it again, gold included.
    const mends = findings.flatMap(({ mend }) => (mend === null || mend === "remove" ? [] : [mend]));
    const order = ({ function: id }: (typeof mends)[number]) => FUNCTION_IDS.indexOf(id);
    const [mend] = mends.toSorted((a, b) => order(a) - order(b));
    return mend === undefined ? [] : [{ path, ...mend }];
  });
  const orphaned = suspects.filter(({ findings }) => findings.some(({ mend }) => mend === "remove"));
  const orphans = orphaned.flatMap(({ findings }) => findings.filter(({ mend }) => mend === "remove"));
  return { remake, remove: orphaned.map(({ path }) => path), orphans: orphans.map(({ key }) => key) };
}

/**
 * Makes outputs again from sources that are intact, whatever their receipts say, and removes orphans with their receipts.
 * Then it holds these batches against the ledger once more. One failure stops no other; done again, or after a kill, it
 * does what is left.
 */
export async function mend(
  context: ProcessContext,
  options: VerifyOptions,
  verified: Verified,
  plan: MendPlan,
  onResult: (result: BatchResult) => void = () => {},
): Promise<Mended> {
  const { stopped = () => false, concurrency } = options;
  const remade: string[] = [];
  const removed: string[] = [];
  const failed: { key: string; message: string }[] = [];
  const each = <T>(items: readonly T[], keyOf: (item: T) => string, work: (item: T) => Promise<void>) =>
    mapBounded(items, concurrency, async (item) => {
      if (stopped()) return;
      try {
        await work(item);
      } catch (error) {
        failed.push({ key: keyOf(item), message: messageOf(error) });
      }
    });

  await each(
    plan.remove,
    (path) => `${BRONZE}${path}`,
    async (path) => void removed.push(...(await removeOrphans(options, path))),
  );
  await each(
    plan.remake,
    ({ from }) => from,
    async ({ function: id, from, isRefused }) => {
      const result = await redrive(context, { function: id, key: from });
      if (result !== null) onResult(result);
      if (result?.error != null && !(isRefused && result.outcome === "refused"))
        failed.push({ key: from, message: result.error.message });
      else if (result !== null) remade.push(from);
    },
  );
  const touched = new Set([...plan.remove, ...plan.remake.map(({ path }) => path)]);
  return {
    verified: await lookAgain(options, verified, touched),
    remade: remade.toSorted(compareKeys),
    removed,
    failed,
  };
}

/**
 * Gold first, for a report counts it; the receipts last, for they prove what the outputs are. What is removed stays as
 * versions, where the lake keeps them. Nothing goes once the source is back.
 */
async function removeOrphans(options: VerifyOptions, path: string): Promise<string[]> {
  const { storage } = options;
  const removed: string[] = [];
  for (const { key, token } of await orphansOf(options, path)) {
    try {
      await storage.remove(key, token);
      removed.push(key);
    } catch (error) {
      // Replaced meanwhile, so it is none any more.
      if (!hasCode(error, "conflict")) throw error;
    }
  }
  if (removed.length === 0 || (await orphansOf(options, path)).length > 0) return removed;
  for (const id of FUNCTION_IDS) {
    const { name, startedBy } = topology.functions[id];
    for (const source of keysIn(startedBy.prefix, path)) {
      if ((await storage.head(source)) === null) await removeReceipts(storage, name, source);
    }
  }
  return removed;
}

/** The verify as it is after these batches have changed. */
async function lookAgain(options: VerifyOptions, verified: Verified, touched: ReadonlySet<string>): Promise<Verified> {
  const quiet = { ...options, onObject: undefined };
  const looked = await mapBounded(verified.suspects, options.concurrency, async (suspect): Promise<Suspect> => {
    if (!touched.has(suspect.path)) return suspect;
    return suspectOf(suspect.path, options.prefix, () => examinePath(quiet, suspect.path));
  });
  return { ...verified, counts: withSuspects(verified.clean, looked), suspects: looked };
}
