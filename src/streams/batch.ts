import { hasCode, VantageflowError } from "../errors.ts";
import { pullChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { topology } from "../topology.ts";
import { numberAtEnd, READING_ROWS, type RowForm } from "./form.ts";
import { isSequence, type NumberedRows, type Shard } from "./record.ts";

/** A number and what ends its line and the one before. */
const TAIL_BYTES = 160;
/** Bytes that go to the store at once. */
const CHUNK_BYTES = 64 * 1024;
/** Where all batches of streams stand. */
export const STREAMS = `${topology.layers.bronze.prefix}stream/`;

/**
 * The batch of the records that come behind one of this number. So all who go on from the same place mean the same batch, whatever
 * they were given: named by its first record, it would be another one for whom that record was withheld.
 */
export function batchKey({ source, shard, form = READING_ROWS }: Shard, behind: string): string {
  return `${STREAMS}${source}/${shard}/${behind}${form.suffix}`;
}

/**
 * Writes a batch if there is none: what once stands there is never another. False where one is there already. Throws what the store
 * throws, also where it cannot be told whether it has arrived; who then tries again finds it.
 */
export async function writeBatch(
  storage: LakeStorage,
  key: string,
  records: readonly NumberedRows[],
  { header }: RowForm = READING_ROWS,
): Promise<boolean> {
  const writer = await storage.create(key);
  try {
    const parts: Buffer[] = [Buffer.from(header)];
    let bytes = 0;
    for (const { rows } of records) {
      const part = typeof rows === "string" ? Buffer.from(rows) : rows;
      parts.push(part);
      bytes += part.length;
      if (bytes < CHUNK_BYTES) continue;
      await writer.write(Buffer.concat(parts.splice(0)));
      bytes = 0;
    }
    await writer.write(Buffer.concat(parts));
    await writer.commit({ ifToken: null });
    return true;
  } catch (error) {
    if (hasCode(error, "conflict")) return false;
    throw error;
  } finally {
    await writer.abort();
  }
}

/** The number of the last record of a batch. Throws `not_found`, and `input_invalid` where somebody else has written it. */
export async function lastSequence(storage: LakeStorage, key: string, form: RowForm = READING_ROWS): Promise<string> {
  const reader = await storage.read(key, { start: -TAIL_BYTES });
  let tail = "";
  try {
    for await (const bytes of pullChunks(reader, TAIL_BYTES)) tail += bytes.toString("latin1");
  } finally {
    await reader.close();
  }
  const last = numberAtEnd(form, tail);
  if (last !== undefined && isSequence(last)) return last;
  const why =
    "its last row has no sequence, so nobody knows where the stream goes on. Put back what was there, or remove it";
  throw new VantageflowError("input_invalid", `Cannot go on behind "${key}": ${why}.`, { key });
}
