import { mapBounded } from "../bounded.ts";
import { isSameObject, pairObjects } from "../compare/objects.ts";
import { hasCode, messageOf } from "../errors.ts";
import { copyObject } from "../storage/copy.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "../storage/port.ts";
import { topology } from "../topology.ts";
import { type Emptied, inTableOrder, type LakesPlan, outOfForce, planMirror } from "./plan.ts";
import { forkedLog } from "./table-log.ts";

/**
 * What is mirrored, what says that the rest is there last; of these tables behind the receipts, for a table that is newer than they are
 * has them written by its next sync, and receipts that are newer would tell of rows that it does not have.
 */
const PREFIXES = (["first", "last"] as const).flatMap((when) =>
  Object.values(topology.layers).flatMap(({ prefix, mirrored }) => (mirrored === when ? [prefix] : [])),
);

export interface MirrorOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Remove what is only in the destination, if all else went well. */
  readonly removeExtra: boolean;
  /** Remove all of a layer of which the source has nothing, too. */
  readonly removeEmptied: boolean;
  /** Remove contracts that the source has removed, see {@link outOfForce}: in a copy they would read what waits. */
  readonly removeOutOfForce?: boolean;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
  /** Called now and then with the bytes of an object copied so far. */
  readonly onRead?: (key: string, bytes: number) => void;
  /** Called when a key is done with: copied, compared, or failed. */
  readonly onDone?: (object: ObjectInfo) => void;
}

export interface Mirrored {
  readonly copied: readonly ObjectInfo[];
  /** How many were there already, byte for byte. */
  readonly same: number;
  readonly removed: readonly string[];
  /** Only in the destination, and kept. */
  readonly extra: readonly string[];
  /** Layers that were kept because the source has nothing of them. */
  readonly emptied: readonly Emptied[];
  readonly failed: readonly { readonly key: string; readonly message: string }[];
}

/**
 * Lists both lakes for {@link mirror}: every layer, but not the versions. What is no object in the source is told to
 * `onSkipped`, and left as it is in the destination: a link may well stand for the object that is there.
 */
export async function planLakes(
  from: LakeStorage,
  to: LakeStorage,
  onSkipped: OnSkipped = () => {},
): Promise<LakesPlan> {
  const skipped = new Set<string>();
  const skip: OnSkipped = (key, why) => {
    skipped.add(key);
    onSkipped(key, why);
  };
  const plans: LakesPlan[] = [];
  for (const prefix of PREFIXES) {
    const { copy, compare, extra } = await planMirror(
      pairObjects(from.list(prefix, { onSkipped: skip }), to.list(prefix)),
    );
    const objects = extra.filter(({ key }) => !skipped.has(key));
    const isEmptied = copy.length + compare.length === 0 && objects.length > 0;
    const kept = isEmptied ? { extra: [], emptied: [{ prefix, objects }] } : { extra: objects, emptied: [] };
    plans.push({ copy, compare, ...kept });
  }
  return {
    copy: plans.flatMap(({ copy }) => copy),
    compare: plans.flatMap(({ compare }) => compare),
    extra: plans.flatMap(({ extra }) => extra),
    emptied: plans.flatMap(({ emptied }) => emptied),
  };
}

/**
 * Makes the layers of one lake those of another, byte for byte and with their lineage. Every copy is read back, and
 * replaces only what was there when it was planned. One object's failure stops no other. Killed at any moment, the next
 * run copies what is missing.
 */
export async function mirror(
  from: LakeStorage,
  to: LakeStorage,
  plan: LakesPlan,
  options: MirrorOptions,
): Promise<Mirrored> {
  const copied: ObjectInfo[] = [];
  const removed: string[] = [];
  const failed: { key: string; message: string }[] = [];
  let same = 0;
  const { stopped = () => false, onRead = () => {}, onDone = () => {} } = options;
  const each = <T>(items: readonly T[], infoOf: (item: T) => ObjectInfo, work: (item: T) => Promise<void>) =>
    mapBounded(
      items,
      options.concurrency,
      async (item) => {
        if (stopped()) return;
        const info = infoOf(item);
        try {
          await work(item);
        } catch (error) {
          // Removed from the source meanwhile: there is nothing to copy any more.
          const gone = hasCode(error, "not_found") && error.key === info.key;
          if (!gone) failed.push({ key: info.key, message: messageOf(error) });
        }
        onDone(info);
      },
      (item) => infoOf(item).size,
    );

  const removeOne = async ({ key, token }: ObjectInfo) => {
    await to.remove(key, token);
    removed.push(key);
  };
  const pairs = [
    ...plan.compare.map((pair) => ({ ...pair, compare: true })),
    ...plan.copy.map((pair) => ({ ...pair, compare: false })),
  ];
  for (const prefix of PREFIXES) {
    const ofLayer = pairs.filter((pair) => pair.from.key.startsWith(prefix));
    const copyPair = async (pair: (typeof pairs)[number]) => {
      const { key } = pair.from;
      if (pair.compare && pair.to !== null && (await isSameObject(from, to, pair.from, pair.to))) {
        same++;
        return;
      }
      const ifToken = pair.to?.token ?? null;
      copied.push(await copyOne(from, to, key, ifToken, (bytes) => onRead(key, bytes)));
    };
    const failedBefore = failed.length;
    const { data, log } = inTableOrder(ofLayer);
    await each(data, (pair) => pair.from, copyPair);
    const forked = stopped() || failed.length > failedBefore ? [] : await forkedLog(from, to, plan, log);
    for (const object of forked) await each([object], (one) => one, removeOne);
    const isGone = new Set(forked.map(({ key }) => key));
    // One after the other, and none behind what failed: a log without a version is one with a gap, and one without its data no table.
    for (const pair of log) {
      const now = isGone.has(pair.from.key) ? { ...pair, to: null } : pair;
      if (failed.length === failedBefore) await each([now], () => pair.from, copyPair);
    }
  }
  // As rsync does: while something could not be copied, nothing is removed.
  const removes = failed.length === 0;
  const [removesExtra, removesEmptied] = [removes && options.removeExtra, removes && options.removeEmptied];
  const removedThere = options.removeOutOfForce ? outOfForce(plan) : [];
  const isLeft = ({ key }: ObjectInfo) => !removed.includes(key);
  const onlyThere = plan.extra.filter((object) => !removedThere.includes(object) && isLeft(object));
  await each(
    [
      ...(removes ? removedThere : []),
      ...(removesExtra ? onlyThere : []),
      ...(removesEmptied ? plan.emptied.flatMap(({ objects }) => objects) : []),
    ],
    (object) => object,
    removeOne,
  );
  const extra = removesExtra ? [] : onlyThere.map(({ key }) => key);
  const again = new Set(copied.map(({ key }) => key));
  return {
    copied,
    same,
    removed: removed.filter((key) => !again.has(key)),
    extra,
    emptied: removesEmptied ? [] : plan.emptied,
    failed,
  };
}

async function copyOne(
  from: LakeStorage,
  to: LakeStorage,
  key: string,
  ifToken: string | null,
  onRead: (bytes: number) => void,
): Promise<ObjectInfo> {
  const reader = await from.read(key);
  try {
    return await copyObject(reader, to, key, ifToken, onRead);
  } finally {
    await reader.close();
  }
}
