import { hasCode, VantageflowError } from "../errors.ts";
import { readJsonAndToken, writeJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { topology } from "../topology.ts";
import { compareSequences, isSequence, type Shard, START } from "./record.ts";

/** How far a shard has come into bronze: every record up to this number stands there, or was withheld by its source. */
export interface ShardCheckpoint {
  readonly last: string;
  /** The shard is closed, and nothing more comes of it. */
  readonly isEnded: boolean;
  /** What was read, for who changes it; null where there is none yet. */
  readonly token: string | null;
}

function checkpointKey({ source, shard }: Shard): string {
  return `${topology.layers.state.prefix}streams/${source}/${shard}.json`;
}

/** Throws `input_invalid` for what is no checkpoint: to begin anew would bring old records twice. */
export async function readShardCheckpoint(storage: LakeStorage, shard: Shard): Promise<ShardCheckpoint> {
  const key = checkpointKey(shard);
  const read = await readJsonAndToken(storage, key);
  if (read === null) return { last: START, isEnded: false, token: null };
  const { last, ended } = (read.value ?? {}) as { readonly last?: unknown; readonly ended?: unknown };
  if (typeof last === "string" && isSequence(last) && typeof ended === "boolean") {
    return { last, isEnded: ended, token: read.token };
  }
  const why = "it does not say how far the stream has come. Put it back from a backup";
  throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
}

/** Moves a checkpoint on from what was read, never back. False where another has changed it meanwhile: read it again. */
export async function moveCheckpoint(
  storage: LakeStorage,
  shard: Shard,
  seen: ShardCheckpoint,
  to: { readonly last: string; readonly isEnded: boolean },
): Promise<boolean> {
  if (compareSequences(to.last, seen.last) < 0 || (to.last === seen.last && to.isEnded === seen.isEnded)) return true;
  try {
    const value = { version: 1, last: to.last, ended: to.isEnded };
    await writeJson(storage, checkpointKey(shard), value, { ifToken: seen.token });
    return true;
  } catch (error) {
    if (hasCode(error, "conflict")) return false;
    throw error;
  }
}
