import { hasCode } from "../errors.ts";
import { mapBounded } from "../functions/bounded.ts";
import type { LakeStorage, LakeVersions } from "../storage/port.ts";
import type { ExpirePlan } from "./plan.ts";

export interface ExpireOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
}

/**
 * Does what was planned, and returns what was done of it: an object that was replaced meanwhile stays (`replaced`).
 * Killed at any moment, the rest is planned again the next time.
 */
export async function expire(
  storage: LakeStorage,
  versions: LakeVersions,
  plan: ExpirePlan,
  { concurrency, stopped = () => false }: ExpireOptions,
): Promise<ExpirePlan> {
  const purged = await mapBounded(plan.purge, concurrency, async (version) => {
    if (stopped()) return null;
    await versions.purge(version.key, version.versionId);
    return version;
  });
  const replaced: string[] = [];
  const removed = await mapBounded(plan.remove, concurrency, async (expired) => {
    if (stopped()) return null;
    const { key, token } = expired.object;
    try {
      await storage.remove(key, token);
      return expired;
    } catch (error) {
      if (!hasCode(error, "conflict")) throw error;
      replaced.push(key);
      return null;
    }
  });
  return {
    ...plan,
    purge: purged.filter((one) => one !== null),
    remove: removed.filter((one) => one !== null),
    kept: [...plan.kept, ...replaced.toSorted().map((key) => ({ key, reason: "replaced" as const }))],
  };
}
