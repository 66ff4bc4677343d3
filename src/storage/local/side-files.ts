import { lstatSync, opendirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { DAY_MS } from "../../time.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, namesIn } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { METADATA, parseSideFile } from "./metadata.ts";
import { checkParents, PRIVATE } from "./paths.ts";
import { readRetained, versionsFolder } from "./retained.ts";

/** A side file is written just before its object appears: a younger one may be waiting for it. */
const MIN_AGE_MS = DAY_MS;
/** Side files looked at between two breaths. */
const PER_TURN = 1000;

export interface SweepOptions {
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: number;
  /** Only count. */
  readonly dryRun: boolean;
  /** Asked before each side file; true ends the sweep. */
  readonly stopped?: () => boolean;
}

export interface Swept {
  /** Side files that were removed, or would be. */
  readonly removed: number;
  readonly failed: readonly { readonly key: string; readonly message: string }[];
}

/**
 * Removes metadata of what somebody else removed: side files older than a day that belong neither to the object that is
 * there nor to a retained version of it. Each is looked at again under its key's lock; that of a writer at work is younger. A
 * layer that is not there or empty is left alone: it may come back. Memory grows with what fails only.
 */
export async function sweepSideFiles(lake: LocalLake, options: SweepOptions): Promise<Swept> {
  const { now, dryRun, stopped = () => false } = options;
  const failed: { key: string; message: string }[] = [];
  const fail = (key: string, error: unknown) =>
    failed.push({ key, message: messageOf(storageError(error, "remove", key, lake.url)) });
  let [removed, looked] = [0, 0];
  for (const file of sideFilesOf(lake, "", fail)) {
    if (stopped()) break;
    if (++looked % PER_TURN === 0) await new Promise((next) => setImmediate(next));
    try {
      if (!isVoid(lake, file, now)) continue;
      if (!dryRun && !(await lake.locks.hold(file.key, () => removeVoid(lake, file, now)))) continue;
      removed++;
    } catch (error) {
      fail(file.key, error);
    }
  }
  lake.locks.close();
  return { removed, failed };
}

interface SideFile {
  readonly path: string;
  readonly key: string;
  readonly identity: string;
}

function* sideFilesOf(
  lake: LocalLake,
  folder: string,
  onFailed: (key: string, error: unknown) => void,
): Generator<SideFile> {
  const place = `${PRIVATE}/${METADATA}/${folder}`;
  try {
    checkParents(lake, place);
    const dir = opendirSync(join(lake.root, place));
    try {
      for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
        const path = `${folder}${entry.name}`;
        if (entry.isDirectory()) {
          if (folder !== "" || namesIn(join(lake.root, entry.name)).length > 0) {
            yield* sideFilesOf(lake, `${path}/`, onFailed);
          }
        } else if (entry.isFile()) {
          const parsed = parseSideFile(path);
          if (parsed !== null) yield { path: join(lake.root, PRIVATE, METADATA, path), ...parsed };
        }
      }
    } finally {
      dir.closeSync();
    }
  } catch (error) {
    if (!isCode(error, "ENOENT")) onFailed(place, error);
  }
}

/** Whether the side file is old and belongs to nothing. What cannot be seen throws. */
function isVoid(lake: LocalLake, { path, key, identity }: SideFile, now: number): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.mtimeMs > now - MIN_AGE_MS) return false;
  checkParents(lake, key);
  const current = lstatSync(join(lake.root, key), { bigint: true, throwIfNoEntry: false });
  if (current !== undefined && identityOf(current) === identity) return false;
  return readRetained(versionsFolder(lake, key)).every((version) => identityOf(version.stat) !== identity);
}

function removeVoid(lake: LocalLake, file: SideFile, now: number): boolean {
  if (!isVoid(lake, file, now)) return false;
  rmSync(file.path, { force: true });
  return true;
}
