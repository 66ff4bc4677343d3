import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { mapBounded } from "../bounded.ts";
import { hasCode, VantageflowError } from "../errors.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { directoryOf, isDirectory } from "../storage/url.ts";

/** An object that is to be read as a file of this machine. Its bytes never change. */
export interface WantedObject {
  readonly key: string;
  /** Bytes, as the log of the table has them. */
  readonly size: number;
}

/** Where files of lakes in buckets are kept for the next query. */
export interface FileCache {
  /** A folder of this user. */
  readonly folder: string;
  /** Bytes, of all lakes together. */
  readonly limit: number;
}

/** Objects fetched at once. */
const FETCHES = 4;
/** What was used a moment ago another query may be reading: it is not removed to make room. */
const IN_USE_MS = 60 * 60 * 1000;
/** What the name of a file ends in that is not whole yet. */
const PART = ".part";
/** Characters that DuckDB takes for a pattern. */
const PATTERN = /[*?[\]{}\\]/;

/**
 * Paths of these objects: of a directory where they stand, of a bucket in the cache, into which those are fetched that are not there yet.
 * `temporary` is a folder of this query. Throws `not_found` for one that is gone, and `storage_failed`.
 */
export async function localPaths(
  storage: LakeStorage,
  objects: readonly WantedObject[],
  cache: FileCache,
  temporary: string,
): Promise<string[]> {
  if (!isDirectory(storage.url)) return fetchAll(storage, objects, cache);
  const root = resolve(directoryOf(storage.url));
  return mapBounded(objects, FETCHES, async ({ key, size }) => {
    const path = join(root, key);
    const found = await stat(path).catch(() => null);
    if (found === null) throw gone(key);
    if (found.size !== size) throw otherSize(key, found.size, size);
    if (!PATTERN.test(path)) return path;
    const link = join(temporary, `${randomUUID()}.parquet`);
    await symlink(path, link);
    return link;
  });
}

async function fetchAll(storage: LakeStorage, objects: readonly WantedObject[], cache: FileCache): Promise<string[]> {
  const folder = join(cache.folder, createHash("sha256").update(storage.url).digest("hex").slice(0, 32));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const paths = await mapBounded(objects, FETCHES, async (object) => {
    const path = join(folder, `${createHash("sha256").update(object.key).digest("hex")}.parquet`);
    const now = new Date();
    if ((await stat(path).catch(() => null))?.size === object.size) await utimes(path, now, now);
    else await fetchInto(storage, object, path);
    return path;
  });
  await makeRoom(cache);
  return paths;
}

/** Visible once it is whole. */
async function fetchInto(storage: LakeStorage, { key, size }: WantedObject, path: string): Promise<void> {
  const part = `${path}.${randomUUID()}${PART}`;
  try {
    await pipeline(readChunks(storage, key), createWriteStream(part, { mode: 0o600 }));
    const fetched = (await stat(part)).size;
    if (fetched !== size) throw otherSize(key, fetched, size);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    if (hasCode(error, "not_found")) throw gone(key);
    throw error;
  }
}

/** Removes what was used longest ago until the rest is within the limit, and what killed queries have left. */
async function makeRoom({ folder, limit }: FileCache): Promise<void> {
  const found: { path: string; size: number; used: number }[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // Another query may have removed it since.
    const known = await stat(path).catch(() => null);
    if (known !== null) found.push({ path, size: known.size, used: known.mtimeMs });
  }
  let bytes = found.reduce((sum, { size }) => sum + size, 0);
  const old = found.filter(({ used }) => used < Date.now() - IN_USE_MS).sort((a, b) => a.used - b.used);
  const isPart = ({ path }: { readonly path: string }) => path.endsWith(PART);
  for (const one of [...old.filter(isPart), ...old.filter((file) => !isPart(file))]) {
    const { path, size } = one;
    if (bytes <= limit && !isPart(one)) continue;
    await rm(path, { force: true });
    bytes -= size;
  }
}

function gone(key: string): VantageflowError {
  const why =
    "its log names it, and it is not there. An older version may have been cleaned up: vantageflow tables history";
  return new VantageflowError("table_damaged", `Cannot read "${key}": ${why}`, { key });
}

function otherSize(key: string, size: number, expected: number): VantageflowError {
  const why = `it has ${size} bytes, and the log of its table says ${expected}. Make the table anew: vantageflow tables sync --rebuild`;
  return new VantageflowError("table_damaged", `Cannot read "${key}": ${why}`, { key });
}
