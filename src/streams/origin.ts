import { hasCode } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { lastSequence, STREAMS } from "./batch.ts";
import { readShardCheckpoint } from "./checkpoint.ts";
import { MESSAGE_ROWS, POINT_ROWS, READING_ROWS } from "./form.ts";
import { isSequence } from "./record.ts";

const FORMS = [READING_ROWS, MESSAGE_ROWS, POINT_ROWS];

/** Where a batch of bronze comes from that came in live. */
export interface StreamOrigin {
  readonly source: string;
  readonly shard: string;
  /** The number that it comes behind, and that of its last record; null where it is gone, or somebody else has written it. */
  readonly behind: string;
  readonly last: string | null;
  /** How far the shard has come, and whether it is closed. */
  readonly shard_last: string;
  readonly shard_ended: boolean;
}

/** Null for a key that is no batch of a stream; `path` is without its layer. Throws what the store throws. */
export async function streamOrigin(storage: LakeStorage, path: string): Promise<StreamOrigin | null> {
  const [, source, shard, behind] = /^stream\/([^/]+)\/([^/]+)\/(\d+)\.\w+$/.exec(path) ?? [];
  const form = FORMS.find(({ suffix }) => path.endsWith(suffix));
  if (source === undefined || form === undefined || !isSequence(behind)) return null;
  let last: string | null = null;
  try {
    last = await lastSequence(storage, `${STREAMS}${path.slice("stream/".length)}`, form);
  } catch (error) {
    if (!hasCode(error, "not_found", "input_invalid")) throw error;
  }
  const checkpoint = await readShardCheckpoint(storage, { source, shard });
  return { source, shard, behind, last, shard_last: checkpoint.last, shard_ended: checkpoint.isEnded };
}
