import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { VantageflowError } from "../errors.ts";
import { readChunks } from "../pipeline/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { CASE_FILE, type CaseSettings } from "./case.ts";
import { OUTPUT_LAYERS } from "./compare.ts";

/** What a lake has and a case never has. */
const LAKE_FOLDERS = ["receipts", ".vantageflow", "dead-letter"];

/** Throws `usage` for a lake: its outputs are somebody's data, not what is expected of a case. */
export function checkIsCase(dir: string): void {
  const found = LAKE_FOLDERS.find((folder) => existsSync(join(dir, folder)));
  if (found === undefined) return;
  const why = `it is a lake (it has ${found}/). Copy its bronze/ into a folder of its own and update that`;
  throw new VantageflowError("usage", `Cannot update "${dir}": ${why}.`);
}

/** Makes what came out of a case what is expected of it: its output folders whole, and the refused files of `case.json`. */
export async function updateCase(
  dir: string,
  actual: LakeStorage,
  refused: readonly string[],
  settings: CaseSettings,
): Promise<void> {
  checkIsCase(dir);
  for (const layer of OUTPUT_LAYERS) await updateLayer(dir, layer, actual);
  if (refused.join("\n") !== settings.refused.join("\n")) {
    const file = join(dir, CASE_FILE);
    const before = await readFile(file, "utf8").catch(() => "{}");
    await writeFile(file, `${JSON.stringify({ ...JSON.parse(before), refused }, null, 2)}\n`);
  }
}

/** The new layer is written beside the old one and then takes its place. */
async function updateLayer(dir: string, layer: string, actual: LakeStorage): Promise<void> {
  const draft = join(dir, `.update-${layer}`);
  await rm(draft, { recursive: true, force: true });
  let files = 0;
  for await (const { key } of actual.list(layer)) {
    const path = join(draft, key.slice(layer.length));
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Readable.from(readChunks(actual, key)), createWriteStream(path));
    files++;
  }
  await rm(join(dir, layer), { recursive: true, force: true });
  if (files > 0) await rename(draft, join(dir, layer));
}
