import { hasCode } from "../errors.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "./port.ts";

/**
 * The object of a key, even of one that no store could write itself and only a listing shows; null when there is none.
 * What stands there and is no object is told to `onSkipped`.
 */
export async function findObject(
  storage: LakeStorage,
  key: string,
  onSkipped: OnSkipped = () => {},
): Promise<ObjectInfo | null> {
  try {
    return await storage.head(key);
  } catch (error) {
    if (!hasCode(error, "key_invalid")) throw error;
  }
  const skip: OnSkipped = (skipped, reason) => {
    if (skipped === key) onSkipped(skipped, reason);
  };
  for await (const object of storage.list(key, { onSkipped: skip })) if (object.key === key) return object;
  return null;
}
