import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Failed, mapEach } from "../bounded.ts";
import { VantageflowError } from "../errors.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { CASE_FILE } from "./case.ts";
import type { Change } from "./changes.ts";
import { PROBLEMS_FILE, problemsText, type Refusal } from "./refusals.ts";

/** What a lake has and a case never has. */
const LAKE_FOLDERS = ["receipts", ".vantageflow", "dead-letter"];

/** Throws `usage` for a lake: its outputs are somebody's data, not what is expected of a case. */
export function checkIsCase(dir: string): void {
  const found = LAKE_FOLDERS.find((folder) => existsSync(join(dir, folder)));
  if (found === undefined) return;
  const why = `it is a lake (it has ${found}/). Copy its bronze/ into a folder of its own and update that`;
  throw new VantageflowError("usage", `Cannot update "${dir}": ${why}.`);
}

/**
 * Makes what came out of a case what is expected of it, file by file; every other file stays as it is. Returns what was
 * done. One file that cannot be written stops no other.
 */
export async function updateCase(
  dir: string,
  actual: LakeStorage,
  changes: readonly Change[],
  refused: readonly Refusal[],
): Promise<{ readonly done: readonly Change[]; readonly failed: readonly Failed[] }> {
  checkIsCase(dir);
  const draft = join(dir, ".update");
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  // A folder may come where a file was.
  const removedFirst = changes.toSorted((a, b) => Number(b.what === "removed") - Number(a.what === "removed"));
  try {
    return await mapEach(removedFirst, { concurrency: 1, keyOf: ({ file }) => file }, async (change) => {
      const [path, written] = [join(dir, change.file), join(draft, "file")];
      if (change.what === "removed") await removeFile(dir, path);
      else {
        if (change.file === PROBLEMS_FILE) await writeFile(written, problemsText(refused));
        else if (change.file === CASE_FILE) await writeCaseFile(path, written, refused);
        else await pipeline(Readable.from(readChunks(actual, change.file)), createWriteStream(written));
        await mkdir(dirname(path), { recursive: true });
        await rename(written, path);
      }
      return change;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Its keys without those that are not refused any more. */
async function writeCaseFile(path: string, written: string, refused: readonly Refusal[]): Promise<void> {
  const before = JSON.parse(await readFile(path, "utf8"));
  const keys = (before.refused as string[]).filter((key) => refused.some((one) => one.key === key));
  await writeFile(written, `${JSON.stringify({ ...before, refused: keys }, null, 2)}\n`);
}

/** And the folders that it leaves empty. */
async function removeFile(dir: string, path: string): Promise<void> {
  await rm(path, { force: true });
  for (let folder = dirname(path); folder !== dir; folder = dirname(folder)) {
    if ((await readdir(folder)).length > 0) return;
    await rmdir(folder);
  }
}
