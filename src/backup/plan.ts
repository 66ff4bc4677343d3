import type { Pair as KeyPair } from "../compare/objects.ts";
import { claimKeyOf } from "../ledger/sources.ts";
import { compareKeys } from "../storage/keys.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { layerOf } from "../topology.ts";

/** What two listings say of a mirror, without a byte read. */
export interface MirrorPlan {
  /** Only in the source, or of another size there: to be copied. */
  readonly copy: readonly MirrorPair[];
  /** Of the same size on both sides: their digests decide. */
  readonly compare: readonly MirrorPair[];
  /** Only in the destination. */
  readonly extra: readonly ObjectInfo[];
}

/** The plans of all layers together; `extra` is of layers of which the source has something. */
export interface LakesPlan extends MirrorPlan {
  readonly emptied: readonly Emptied[];
}

/** A layer of which the source has nothing, and all that the destination has of it. */
export interface Emptied {
  readonly prefix: string;
  readonly objects: readonly ObjectInfo[];
}

/** An object of the source, and what would become of it. */
export interface MirrorPair {
  readonly from: ObjectInfo;
  /** What is there now and would be replaced. */
  readonly to: ObjectInfo | null;
}

/** Takes the source as A and the destination as B. */
export async function planMirror(pairs: AsyncIterable<KeyPair>): Promise<MirrorPlan> {
  const copy: MirrorPair[] = [];
  const compare: MirrorPair[] = [];
  const extra: ObjectInfo[] = [];
  for await (const { a: from, b: to } of pairs) {
    if (from === null) extra.push(to!);
    else if (from.size === to?.size) compare.push({ from, to });
    else copy.push({ from, to });
  }
  return { copy, compare, extra };
}

/**
 * The objects of a layer in the order in which they are copied: of a table its data, in any order; then the log that says which of it
 * counts, the oldest version first and the pointer to a checkpoint last, so that a copy is a whole table at every moment. Only tables have folders
 * whose name begins with `_`.
 */
export function inTableOrder<T extends { readonly from: ObjectInfo }>(
  pairs: readonly T[],
): { readonly data: readonly T[]; readonly log: readonly T[] } {
  const isLog = ({ from: { key } }: T) => layerOf(key)?.expires === "log" && key.includes("/_");
  const isPointer = ({ from: { key } }: T) => key.slice(key.lastIndexOf("/") + 1).startsWith("_");
  const log = pairs.filter(isLog).sort((a, b) => compareKeys(a.from.key, b.from.key));
  return {
    data: pairs.filter((pair) => !isLog(pair)),
    log: [...log.filter((pair) => !isPointer(pair)), ...log.filter(isPointer)],
  };
}

/** Contracts that are in force in the destination and that the source has removed: what they say is among what it has. */
export function outOfForce({ copy, compare, extra }: MirrorPlan): ObjectInfo[] {
  const here = new Set([...copy, ...compare].map(({ from }) => from.key));
  return extra.filter(({ key }) => here.has(claimKeyOf(key) ?? ""));
}
