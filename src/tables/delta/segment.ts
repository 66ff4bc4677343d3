import { readStoredJson } from "../../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { damagedTable } from "./actions.ts";
import { listLog } from "./log.ts";
import { commitKey, lastCheckpointKey } from "./names.ts";

/** Which files of the log make its newest version. */
export interface Segment {
  readonly version: number;
  /** The objects of the newest checkpoint; none where the log has no whole one. */
  readonly checkpoint: { readonly version: number; readonly parts: readonly ObjectInfo[] } | null;
  /** The commits behind the checkpoint, in ascending order and without a gap. */
  readonly commits: readonly number[];
}

/** What has been found of a log, by version. */
interface Found {
  readonly commits: Set<number>;
  readonly checkpoints: Map<number, { readonly parts: number; readonly objects: ObjectInfo[] }>;
}

/**
 * Looks for the newest version. What `_last_checkpoint` names saves listing all before it, and is only believed where it
 * is there. With `without`, checkpoints of that version and later ones are passed over. Null where there is no log. Throws
 * `table_damaged` for a log with a gap: whoever reads over one answers with an old version.
 */
export async function findSegment(storage: LakeStorage, table: string, without = Infinity): Promise<Segment | null> {
  const hint = await readHint(storage, table);
  if (hint !== null && hint < without) {
    const found = await findLog(storage, table, hint);
    const segment = segmentOf(table, found, without);
    if (segment?.checkpoint) return segment;
  }
  const found = await findLog(storage, table);
  if (found.commits.size + found.checkpoints.size === 0) return null;
  const segment = segmentOf(table, found, without);
  if (segment !== null) return segment;
  const first = Math.min(...found.commits);
  const why = `the log has no version ${first === 0 ? 0 : first - 1} and no checkpoint behind it`;
  throw damagedTable(commitKey(table, 0), why);
}

/** Null where nothing begins the log: no whole checkpoint, and no version 0. */
function segmentOf(table: string, { commits, checkpoints }: Found, without: number): Segment | null {
  const whole = [...checkpoints].filter(
    ([version, { parts, objects }]) => version < without && objects.length === parts,
  );
  const newest = Math.max(...whole.map(([version]) => version), -1);
  if (newest < 0 && !commits.has(0)) return null;
  const version = Math.max(newest, ...commits);
  const behind: number[] = [];
  for (let next = newest + 1; next <= version; next++) {
    if (!commits.has(next))
      throw damagedTable(commitKey(table, next), `it is not there, and version ${version} is: the log has a gap`);
    behind.push(next);
  }
  const parts = checkpoints.get(newest)?.objects;
  return { version, checkpoint: parts === undefined ? null : { version: newest, parts }, commits: behind };
}

async function findLog(storage: LakeStorage, table: string, from?: number): Promise<Found> {
  const found: Found = { commits: new Set(), checkpoints: new Map() };
  for await (const { file, object } of listLog(storage, table, from)) {
    if (file.kind === "commit") found.commits.add(file.version);
    else {
      const known = found.checkpoints.get(file.version);
      // One in a single file is worth as much as one in parts, and never mixed with them.
      if (known === undefined || known.parts !== file.parts) {
        found.checkpoints.set(file.version, { parts: file.parts, objects: [object] });
      } else known.objects.push(object);
    }
  }
  return found;
}

/** The version that `_last_checkpoint` names; null where there is none, or what stands there says nothing. */
async function readHint(storage: LakeStorage, table: string): Promise<number | null> {
  const hint = (await readStoredJson(storage, lastCheckpointKey(table))) as { readonly version?: unknown } | null;
  const version = hint?.version;
  return typeof version === "number" && Number.isSafeInteger(version) && version >= 0 ? version : null;
}
