import { openContract } from "../../../src/contracts/open.ts";
import { readableContract } from "../../../src/contracts/readable.ts";
import type { OpenRows } from "../../../src/pipeline/source.ts";

/** Opens the sources of rows of a contract, for samples. */
export async function opened(contract: object): Promise<OpenRows> {
  const written = { version: 1, name: "sample", prefix: "bronze/", ...contract };
  const readable = await readableContract(JSON.stringify(written), "sample.json");
  return openContract({ contract: readable.contract, zones: null, maxRowBytes: 1024 * 1024 });
}
