import { hasCode, messageOf, VantageflowError } from "../../errors.ts";
import { DEAD_LETTERS, type DeadLetter, parseDeadLetter } from "../../functions/dead-letter.ts";
import { decodeEventKey } from "../../functions/s3-event.ts";
import { readText } from "../../pipeline/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type GlobalFlags, type Io, notice, print, printJson } from "../io.ts";
import { loadSettings, openLake } from "../settings.ts";
import { printTable } from "../table.ts";

/** A dead letter as `dlq` shows it. */
interface Entry {
  readonly id: string;
  readonly time: string;
  readonly function: string;
  readonly source: string;
  readonly code: string;
  readonly message: string;
  readonly record: DeadLetter;
}

export async function dlq(io: Io, flags: GlobalFlags, action: string, id?: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { storage } = openLake(io, settings);
  if (action === "list") return list(io, flags, settings.config.lake, storage);
  if (action === "show" && id !== undefined) return show(io, flags, storage, id);
  const what = action === "show" ? "show needs the ID that dlq list prints" : `there is no "dlq ${action}"`;
  throw new VantageflowError("usage", `Cannot do that: ${what}. Use: vantageflow dlq list, or vantageflow dlq show ID`);
}

async function list(io: Io, flags: GlobalFlags, lake: string, storage: LakeStorage): Promise<number> {
  const entries: Entry[] = [];
  for await (const entry of readAll(io, flags, storage)) entries.push(entry);
  if (flags.json) {
    await printJson(io, { version: 1, lake, dead_letters: entries.map(({ record: _, ...entry }) => entry) });
    return 0;
  }
  const heads = ["id", "time", "file", "code", "why"].map((head) => ({ head }));
  await printTable(
    io,
    flags,
    heads,
    // A terminal has no room for whole ids, and their beginning is enough for "show"; a program gets them whole.
    entries.map((e) => [io.stdout.isTTY ? e.id.slice(0, 8) : e.id, e.time, e.source, e.code, e.message]),
  );
  notice(io, flags, entries.length === 0 ? "No dead letters." : "Next: vantageflow dlq show ID");
  return 0;
}

async function show(io: Io, flags: GlobalFlags, storage: LakeStorage, id: string): Promise<number> {
  const found: Entry[] = [];
  for await (const entry of readAll(io, flags, storage)) if (entry.id.startsWith(id)) found.push(entry);
  if (found.length !== 1) {
    const why = found.length === 0 ? "there is no such dead letter" : "several dead letters begin like this";
    throw new VantageflowError("not_found", `Cannot show "${id}": ${why}. Run: vantageflow dlq list`);
  }
  await print(io, `${JSON.stringify(found[0].record, null, flags.json ? 0 : 2)}\n`);
  return 0;
}

/** One odd file hides no other: it is named and left out. */
async function* readAll(io: Io, flags: GlobalFlags, storage: LakeStorage): AsyncGenerator<Entry> {
  for await (const { key } of storage.list(DEAD_LETTERS)) {
    try {
      yield entryOf(parseDeadLetter(await readText(storage, key)));
    } catch (error) {
      if (hasCode(error, "storage_failed")) throw error;
      notice(io, flags, `Left out "${key}": ${messageOf(error)}. Remove it if it is not vantageflow's.`);
    }
  }
}

function entryOf(record: DeadLetter): Entry {
  const { requestId, functionArn } = record.requestContext;
  return {
    id: requestId,
    time: record.timestamp,
    function: functionArn.split(":").at(-2) ?? functionArn,
    source: decodeEventKey(record.requestPayload.Records[0].s3.object.key),
    code: record.responsePayload.errorType,
    message: record.responsePayload.errorMessage,
    record,
  };
}
