import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { isDead, type Owner, ownerName, ownerOf, parseOwnerName } from "../storage/local/owner.ts";
import { READING_ROWS, type RowForm } from "./form.ts";
import { saltOf, segmentsIn } from "./journal.ts";
import { KEY_MS, type KeyedAnswer, keyLines, type RequestKeys, readKeys } from "./keys.ts";
import { readingId, type SeenReadings } from "./seen.ts";
import { readSegment, rowsIn } from "./segment.ts";
import type { SpoolFiles } from "./spool-files.ts";

/** The folder of a shard whose owner is gone: whoever finds it brings into bronze what is in it. */
const TAKEN = ".taken";
const KEYS = "keys";
/** The keys before those. */
const OLD_KEYS = "keys.old";
/** Of a process, and as many of the keys before: about what is remembered, by number as by bytes. */
const MAX_KEYS_BYTES = 32 * 1024 * 1024;
/** How long an owner that cannot be seen from here, on another machine or in another container, may say nothing. */
const SILENCE_MS = 600_000;

/** The folders of one source's shards: `<shard>@<owner>`, of one process each, and `<shard>.taken`. */
export interface Spool {
  readonly files: SpoolFiles;
  readonly folder: string;
  /** How the source's records stand in bronze, and so in its segments; absent: as readings. */
  readonly form?: RowForm;
}

/** A folder of a shard. */
export interface ShardFolder {
  readonly shard: string;
  readonly path: string;
}

/** Keeps the keys of requests, whose segment may go then. */
export async function keepKeys({ files }: Spool, { path }: ShardFolder, keyed: readonly KeyedAnswer[]): Promise<void> {
  if (keyed.length === 0) return;
  const size = await files.append(join(path, KEYS), keyLines(keyed));
  if (size > MAX_KEYS_BYTES) await files.move(join(path, KEYS), join(path, OLD_KEYS));
}

/** A new shard of this process: no other has ever numbered it, so that nothing needs a lock. `now` is in milliseconds since the epoch. */
export async function makeShard({ files, folder }: Spool, now: number, owner = ownerOf()): Promise<ShardFolder> {
  const time = new Date(now).toISOString().replace(/\.\d+|[-:]/g, "");
  const shard = `${time}-${randomBytes(4).toString("hex")}`;
  const path = join(folder, `${shard}@${ownerName(owner)}`);
  await files.makeFolder(path);
  return { shard, path };
}

/**
 * Takes over the shards whose owners are gone, by moving their folders: one that lives all the same (it was stopped, or cannot be seen
 * from here) notices before it acknowledges anything, and ends. Returns all that were taken and are not done with, whoever took them.
 */
export async function takeShards(spool: Spool, now: number): Promise<readonly ShardFolder[]> {
  const { files, folder } = spool;
  const taken = new Map<string, ShardFolder>();
  for (const { name, shard, owner } of await shardsIn(spool)) {
    const path = join(folder, shard + TAKEN);
    if (owner !== null) {
      if (!(await isGone(files, join(folder, name), owner, now))) continue;
      // Where another was faster it stands there already, and its keys count.
      await files.move(join(folder, name), path);
    }
    taken.set(shard, { shard, path });
  }
  return [...taken.values()].sort((a, b) => (a.shard < b.shard ? -1 : 1));
}

/**
 * The shards of processes that are gone, taken or not, for who only looks: none while there is one that may live, for that
 * brings them into bronze.
 */
export async function abandonedShards(spool: Spool, now: number): Promise<readonly ShardFolder[]> {
  const abandoned: ShardFolder[] = [];
  for (const { name, shard, owner } of await shardsIn(spool)) {
    const path = join(spool.folder, name);
    if (owner !== null && !(await isGone(spool.files, path, owner, now))) return [];
    abandoned.push({ shard, path });
  }
  return abandoned;
}

/** The folders of shards; `owner` is null where it was taken. */
async function shardsIn({ files, folder }: Spool) {
  const shards: { readonly name: string; readonly shard: string; readonly owner: Owner | null }[] = [];
  for (const name of await files.names(folder)) {
    const isTaken = name.endsWith(TAKEN);
    const shard = isTaken ? name.slice(0, -TAKEN.length) : name.slice(0, Math.max(name.indexOf("@"), 0));
    const owner = parseOwnerName(name.slice(shard.length + 1));
    if (isTaken || owner !== null) shards.push({ name, shard, owner });
  }
  return shards;
}

async function isGone(files: SpoolFiles, path: string, owner: Owner, now: number): Promise<boolean> {
  if (isDead(owner)) return true;
  const me = ownerOf();
  if (owner.host === me.host && owner.space === me.space) return false;
  const touched = await files.touched(path);
  return touched !== null && now - touched > SILENCE_MS;
}

/**
 * Reads from taken shards which requests were answered, and which readings are known, once of each: nobody answers more in it. What is
 * in their segments is durable then, before anybody relies on it.
 */
export async function loadKeys(
  { files, form = READING_ROWS }: Spool,
  taken: readonly ShardFolder[],
  keys: RequestKeys,
  seen?: SeenReadings,
): Promise<void> {
  for (const { shard, path } of taken) {
    if (keys.shards.has(shard)) continue;
    // Those of a folder at once: of all of them there may be more than is remembered.
    const answered: KeyedAnswer[] = [];
    for (const segment of await segmentsIn(files, path)) {
      await files.settle(segment);
      const bytes = await files.read(segment);
      for (const entry of bytes === null ? [] : readSegment(bytes, saltOf(segment)).entries) {
        if (entry.keyed !== null) answered.push(entry.keyed);
        if (seen !== undefined) for (const row of rowsIn(entry, form)) seen.add(readingId(form.identity(row)));
      }
    }
    // Behind the segments, and in this order: what is moved meanwhile stands in the second.
    for (const name of [KEYS, OLD_KEYS]) {
      const bytes = await files.read(join(path, name));
      for (const keyed of bytes === null ? [] : readKeys(bytes)) answered.push(keyed);
    }
    if (path.endsWith(TAKEN)) keys.shards.add(shard);
    keys.addAll(answered);
  }
}

/** The folders of other processes, which may live: of one in another container nobody knows, and its clients already send again to this one. */
export async function othersShards({ files, folder }: Spool): Promise<readonly ShardFolder[]> {
  const names = (await files.names(folder)).filter((name) => name.includes("@") && !name.endsWith(TAKEN));
  return names.map((name) => ({ shard: name.slice(0, name.indexOf("@")), path: join(folder, name) }));
}

/** Removes the folder of a shard that is in bronze, once nobody can ask by its keys any more. */
export async function sweepShard({ files }: Spool, { path }: ShardFolder, now: number): Promise<void> {
  const names = await files.names(path);
  if (names.some((name) => name !== KEYS && name !== OLD_KEYS)) return;
  const answered = await Promise.all(names.map((name) => files.touched(join(path, name))));
  if (answered.every((time) => time === null || now - time > KEY_MS)) await files.removeFolder(path);
}

/** What its process does last: whoever comes next takes over at once what is left, wherever it runs. */
export async function leaveShard(spool: Spool, { shard, path }: ShardFolder, now: number): Promise<void> {
  const taken = { shard, path: join(spool.folder, shard + TAKEN) };
  if (await spool.files.move(path, taken.path)) await sweepShard(spool, taken, now);
}
