import { mapEach } from "../bounded.ts";
import { hasCode } from "../errors.ts";
import type { LakeStorage, LakeVersions } from "../storage/port.ts";
import { type ExpirePlan, warningsOf } from "./plan.ts";

export interface ExpireOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
}

/**
 * Does what was planned, and returns what was done of it: an object that was replaced meanwhile stays (`replaced`), and
 * one that cannot be removed stops no other (`failed`). Killed at any moment, the rest is planned again the next time.
 */
export async function expire(
  storage: LakeStorage,
  versions: LakeVersions,
  plan: ExpirePlan,
  options: ExpireOptions,
): Promise<ExpirePlan> {
  const purge = await mapEach(plan.purge, { ...options, keyOf: ({ key }) => key }, async (version) => {
    await versions.purge(version.key, version.versionId);
    return version;
  });
  const replaced: string[] = [];
  const remove = await mapEach(plan.remove, { ...options, keyOf: ({ object }) => object.key }, async (expired) => {
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
    purge: purge.done,
    remove: remove.done,
    kept: [...plan.kept, ...replaced.toSorted().map((key) => ({ key, reason: "replaced" as const }))],
    failed: [...plan.failed, ...purge.failed, ...remove.failed],
    warnings: warningsOf(plan.present, remove.done),
  };
}
