import { forEachBounded } from "../bounded.ts";
import { hasCode, messageOf } from "../errors.ts";
import type { ObjectInfo } from "../storage/port.ts";

/** Objects read at once. */
const READS = 16;
/** Reads between two breaths: a directory answers at once, and whoever waits for a page would wait for the end. */
const READS_PER_TURN = 128;
/** One object may be unreadable; where so many are in one look, it is the store. */
const MAX_FAILURES = 100;

/** What small objects say, each version read once. */
export interface Known<T> {
  readonly object: ObjectInfo;
  /** Null where it could not be read. */
  readonly value: T | null;
  /** Why it could not. */
  readonly problem: string | null;
  /** The store has failed to read it: it may the next time. */
  readonly isUnsure?: true;
}

/**
 * Reads those of the objects whose version is not known yet; all others stay as they are, and what is gone is forgotten.
 * In the order of the objects. What is removed before it could be read is left out; `read` throws `input_invalid` for
 * what will never be readable. What the store fails to read is told in the same way, and read again the next time.
 */
export async function readNew<T>(
  known: ReadonlyMap<string, Known<T>>,
  objects: readonly ObjectInfo[],
  read: (object: ObjectInfo) => Promise<T>,
): Promise<Map<string, Known<T>>> {
  const found = new Map<string, Known<T>>();
  const isKnown = ({ key, token }: ObjectInfo) => {
    const one = known.get(key);
    return one?.object.token === token && one.isUnsure !== true;
  };
  const unread = objects.filter((object) => !isKnown(object));
  let [reads, failures] = [0, 0];
  await forEachBounded(unread, READS, async (object) => {
    if (++reads % READS_PER_TURN === 0) await new Promise((next) => setImmediate(next));
    try {
      found.set(object.key, { object, value: await read(object), problem: null });
    } catch (error) {
      if (hasCode(error, "not_found")) return;
      const isUnsure = hasCode(error, "storage_failed");
      if (isUnsure ? ++failures > MAX_FAILURES : !hasCode(error, "input_invalid", "key_invalid")) throw error;
      found.set(object.key, { object, value: null, problem: messageOf(error), ...(isUnsure ? { isUnsure } : {}) });
    }
  });
  const all = new Map<string, Known<T>>();
  for (const object of objects) {
    const one = isKnown(object) ? known.get(object.key) : found.get(object.key);
    if (one !== undefined) all.set(object.key, one);
  }
  return all;
}
