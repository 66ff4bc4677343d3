import { isSameObject } from "../compare/objects.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import type { MirrorPair, MirrorPlan } from "./plan.ts";

/** The folder of a table's log, which its keys begin with. */
const folderOf = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);

const isPointer = (key: string) => key.slice(key.lastIndexOf("/") + 1).startsWith("_");

/**
 * What of the logs in the destination belongs to another history of its table than the source's, as where the table was made anew or both
 * have gone on by themselves: from the first version on that both have with other bytes, the newest first. Between the source's versions these would
 * make a table that nobody has written; without them it is that of an older version, until the source's are there. `log` is in the
 * order in which it is copied.
 */
export async function forkedLog(
  from: LakeStorage,
  to: LakeStorage,
  { extra }: Pick<MirrorPlan, "extra">,
  log: readonly MirrorPair[],
): Promise<ObjectInfo[]> {
  const forks = new Map<string, string>();
  for (const { from: source, to: there } of log) {
    const folder = folderOf(source.key);
    if (there === null || isPointer(source.key) || forks.has(folder)) continue;
    if (!(await isSameObject(from, to, source, there))) forks.set(folder, source.key);
  }
  const there = [...log.flatMap(({ to: object }) => object ?? []), ...extra];
  const forked = there.filter(({ key }) => compareKeys(key, forks.get(folderOf(key)) ?? "~") >= 0);
  // The pointer stands behind all versions, so that it goes first.
  return forked.sort((a, b) => compareKeys(b.key, a.key));
}
