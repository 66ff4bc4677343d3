import { compareKeys } from "../storage/keys.ts";
import type { ObjectInfo } from "../storage/port.ts";

/** What two listings say of a mirror, without a byte read. */
export interface MirrorPlan {
  /** Only in the source, or of another size there: to be copied. */
  readonly copy: readonly Pair[];
  /** Of the same size on both sides: their digests decide. */
  readonly compare: readonly Pair[];
  /** Only in the destination. */
  readonly extra: readonly ObjectInfo[];
}

interface Pair {
  readonly from: ObjectInfo;
  /** What is there now and would be replaced. */
  readonly to: ObjectInfo | null;
}

/** Merges two listings in key order. */
export function planMirror(from: readonly ObjectInfo[], to: readonly ObjectInfo[]): MirrorPlan {
  const copy: Pair[] = [];
  const compare: Pair[] = [];
  const extra: ObjectInfo[] = [];
  let at = 0;
  for (const object of from) {
    while (at < to.length && compareKeys(to[at].key, object.key) < 0) extra.push(to[at++]);
    const there = at < to.length && to[at].key === object.key ? to[at++] : null;
    if (there?.size === object.size) compare.push({ from: object, to: there });
    else copy.push({ from: object, to: there });
  }
  return { copy, compare, extra: [...extra, ...to.slice(at)] };
}
