import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readChunks } from "../storage/chunks.ts";
import { createLocalStorage } from "../storage/local.ts";
import type { LakeStorage } from "../storage/port.ts";
import { CASE_FILE, type CaseSettings } from "./case.ts";
import { OUTPUT_LAYERS } from "./compare.ts";

/** Makes what came out of a case what is expected of it: its output folders whole, and the refused files of `case.json`. */
export async function updateCase(
  dir: string,
  actual: LakeStorage,
  refused: readonly string[],
  settings: CaseSettings,
): Promise<void> {
  const expected = createLocalStorage({ root: dir });
  for (const layer of OUTPUT_LAYERS) {
    await rm(join(dir, layer), { recursive: true, force: true });
    for await (const { key } of actual.list(layer)) await copyObject(actual, expected, key);
  }
  await expected.close();
  await rm(join(dir, ".vantageflow"), { recursive: true, force: true });
  if (refused.join("\n") !== settings.refused.join("\n")) {
    const file = join(dir, CASE_FILE);
    const before = await readFile(file, "utf8").catch(() => "{}");
    await writeFile(file, `${JSON.stringify({ ...JSON.parse(before), refused }, null, 2)}\n`);
  }
}

async function copyObject(from: LakeStorage, to: LakeStorage, key: string): Promise<void> {
  const writer = await to.create(key);
  try {
    for await (const chunk of readChunks(from, key)) await writer.write(chunk);
    await writer.commit();
  } finally {
    await writer.abort();
  }
}
