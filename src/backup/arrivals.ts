import { mapBounded } from "../bounded.ts";
import { isSameObject, pairObjects } from "../compare/objects.ts";
import type { LakeStorage, OnSkipped } from "../storage/port.ts";
import { topology } from "../topology.ts";
import type { LakesPlan, MirrorPair } from "./plan.ts";

/** What of another lake's bronze a lake does not have. */
export interface Arrivals {
  /** For `mirror`: what the lake has not, or an older upload of. It removes nothing. */
  readonly plan: LakesPlan;
  /** Keys of which the lake has other bytes that are as new or newer: they stay. */
  readonly kept: readonly string[];
}

/**
 * Lists the bronze of both lakes. Where both have a key with other bytes, the newer upload counts, as in one lake; times are those of the
 * stores, and a replica in a bucket has that of its original. `concurrency` are compared at once.
 */
export async function planArrivals(
  from: LakeStorage,
  to: LakeStorage,
  concurrency: number,
  onSkipped: OnSkipped,
): Promise<Arrivals> {
  const { prefix } = topology.layers.bronze;
  const copy: MirrorPair[] = [];
  const both: { readonly from: MirrorPair["from"]; readonly to: MirrorPair["from"] }[] = [];
  for await (const { a, b } of pairObjects(from.list(prefix, { onSkipped }), to.list(prefix))) {
    if (a !== null && b !== null) both.push({ from: a, to: b });
    else if (a !== null) copy.push({ from: a, to: null });
  }
  const kept = await mapBounded(both, concurrency, async (pair) => {
    if (await isSameObject(from, to, pair.from, pair.to)) return [];
    if (pair.from.modified <= pair.to.modified) return [pair.from.key];
    copy.push(pair);
    return [];
  });
  return { plan: { copy, compare: [], extra: [], emptied: [] }, kept: kept.flat() };
}
