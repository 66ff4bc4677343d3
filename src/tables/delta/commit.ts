import { hasCode } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type Action, actionsText, commitInfoOf } from "./actions.ts";
import { commitKey } from "./names.ts";

/** Whether the version is ours now, or somebody else has made it: then nothing of this attempt is to be seen. */
export type Committed = "committed" | "conflict";

/** Who has made a commit, as readers show it in the table's history; `code` is the version of vantageflow. */
export function engineOf({ code }: { readonly code: string }): string {
  return `vantageflow/${code}`;
}

/** The time of a commit behind one of that time, milliseconds: Trino travels in time by it, so it rises with the versions, whatever clocks say. */
export function commitTime(now: number, before: number): number {
  return Math.max(Math.trunc(now), before + 1);
}

/**
 * Makes a version of a table: its commit, if there is none. In a directory a temporary file that is linked to its name, so that nobody
 * ever reads half of one; in a bucket one request with If-None-Match. Durable when it returns.
 */
export async function commit(
  storage: LakeStorage,
  table: string,
  version: number,
  actions: readonly Action[],
): Promise<Committed> {
  const writer = await storage.create(commitKey(table, version));
  try {
    await writer.write(Buffer.from(actionsText(actions), "utf8"));
    // Trino travels in time by what the commit says, delta-rs, polars and Spark by when its file was written: that is one time.
    await writer.commit({ ifToken: null, dated: commitInfoOf(actions).timestamp });
    return "committed";
  } catch (error) {
    if (hasCode(error, "conflict")) return "conflict";
    throw error;
  } finally {
    await writer.abort();
  }
}
