import { hasCode, VantageflowError } from "../../errors.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { commitInfoOf, damagedTable } from "./actions.ts";
import { listLog } from "./log.ts";
import { checkpointKey, commitKey } from "./names.ts";
import { readCommit, replay } from "./snapshot.ts";
import type { Snapshot } from "./state.ts";

/** What of a log there is, by version. */
interface Log {
  readonly commits: ReadonlySet<number>;
  /** Of checkpoints in one file. */
  readonly checkpoints: ReadonlySet<number>;
}

/**
 * Reads a table as it was at a version. Throws `not_found` for a version that there is not, or that the log cannot give any more,
 * and what reading the newest version throws.
 */
export async function readSnapshotAt(storage: LakeStorage, table: string, version: number): Promise<Snapshot> {
  const log = await findLog(storage, table);
  const newest = Math.max(...log.commits, -1);
  const start = Math.max(...[...log.checkpoints].filter((one) => one <= version), -1);
  if (version > newest && start !== version) {
    throw noVersion(table, `there is no version ${version}`, newest < 0 ? null : newest);
  }
  const commits: number[] = [];
  for (let next = start + 1; next <= version; next++) {
    if (!log.commits.has(next))
      throw noVersion(table, `version ${version} cannot be read any more: the log has no version ${next}`, newest);
    commits.push(next);
  }
  const checkpoint = start < 0 ? null : { version: start, parts: [await headOf(storage, checkpointKey(table, start))] };
  return replay(storage, table, { version, checkpoint, commits });
}

async function headOf(storage: LakeStorage, key: string): Promise<ObjectInfo> {
  const head = await storage.head(key);
  if (head === null) throw damagedTable(key, "it was removed while it was read");
  return head;
}

/**
 * The newest version that was there at a time (milliseconds since the epoch), by what its commits say. Throws `not_found` for a time
 * before the first that the log still has.
 */
export async function versionAt(storage: LakeStorage, table: string, time: number): Promise<number> {
  const { commits } = await findLog(storage, table);
  const versions = [...commits].sort((a, b) => a - b);
  // Their times rise, see "What a writer must do": halving asks for few of them.
  let [low, high] = [0, versions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((await timeOfVersion(storage, table, versions[middle])) <= time) low = middle + 1;
    else high = middle;
  }
  const [first, found] = [versions[0], versions[low - 1]];
  if (found !== undefined) return found;
  const since =
    first === undefined
      ? ""
      : `: its log begins with version ${first} at ${timeText(await timeOfVersion(storage, table, first))}`;
  throw noVersion(table, `there was none at ${timeText(time)}${since}`, versions.at(-1) ?? null);
}

async function timeOfVersion(storage: LakeStorage, table: string, version: number): Promise<number> {
  try {
    return commitInfoOf(await readCommit(storage, table, version)).timestamp ?? 0;
  } catch (error) {
    if (hasCode(error, "not_found")) throw damagedTable(commitKey(table, version), "it was removed while it was read");
    throw error;
  }
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}

async function findLog(storage: LakeStorage, table: string): Promise<Log> {
  const commits = new Set<number>();
  const checkpoints = new Set<number>();
  for await (const { file } of listLog(storage, table)) {
    if (file.kind === "commit") commits.add(file.version);
    // One in parts is never needed while its commits are there, and no writer here makes them.
    else if (file.parts === 1) checkpoints.add(file.version);
  }
  return { commits, checkpoints };
}

function noVersion(table: string, why: string, newest: number | null): VantageflowError {
  const see =
    newest === null ? "Make the table: vantageflow tables sync" : "See what there is: vantageflow tables history";
  return new VantageflowError("not_found", `Cannot read the table "${table}": ${why}. ${see}`, { key: table });
}
