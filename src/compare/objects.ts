import { compareKeys } from "../storage/keys.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** A key of two lakes; null on the side where it is not there. */
export interface Pair<A extends ObjectInfo = ObjectInfo> {
  readonly key: string;
  readonly a: A | null;
  readonly b: ObjectInfo | null;
}

/** Merges two listings, each in the order of its keys. Holds one object of each. */
export async function* pairObjects<A extends ObjectInfo>(
  listingA: AsyncIterable<A>,
  listingB: AsyncIterable<ObjectInfo>,
): AsyncGenerator<Pair<A>, void, undefined> {
  const [a, b] = [listingA[Symbol.asyncIterator](), listingB[Symbol.asyncIterator]()];
  const next = async <T>(side: AsyncIterator<T>) => {
    const { done, value } = await side.next();
    return done === true ? null : value;
  };
  try {
    let [left, right] = [await next(a), await next(b)];
    while (left !== null || right !== null) {
      const order = left === null ? 1 : right === null ? -1 : compareKeys(left.key, right.key);
      const pair = { a: order <= 0 ? left : null, b: order >= 0 ? right : null };
      yield { key: (pair.a ?? pair.b)!.key, ...pair };
      if (order <= 0) left = await next(a);
      if (order >= 0) right = await next(b);
    }
  } finally {
    await a.return?.();
    await b.return?.();
  }
}

/** Whether two lakes hold the same bytes under a key: by size, then by the digests that they keep, else by reading. */
export async function isSameObject(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  a: ObjectInfo,
  b: ObjectInfo,
): Promise<boolean> {
  if (a.size !== b.size) return false;
  const [digestA, digestB] = await Promise.all([digestIn(lakeA, a.key), digestIn(lakeB, b.key)]);
  return digestA === digestB;
}

/** The digest that the store keeps with the object, or that of its bytes. */
async function digestIn(storage: LakeStorage, key: string): Promise<string> {
  const known = (await storage.head(key))?.metadata?.sha256 ?? "";
  return known === "" ? sha256Of(storage, key) : known;
}
