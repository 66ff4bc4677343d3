import { VantageflowError } from "../errors.ts";
import { keyProblem } from "../storage/keys.ts";

/** The layers that the stages read and write. `topology.json` says the same to the machine; a test compares the two. */
export const BRONZE = "bronze/";
export const SILVER_LAYER = "silver/";
export const ANOMALIES = "anomalies/";
export const GOLD = "gold/";
export const RECEIPTS = "receipts/";
/** The function that splits bronze; its receipts say which bytes a split wrote. */
export const SPLIT_FUNCTION = "vantageflow-process-iot";
const REJECTS_SUFFIX = ".rejects.csv";
/** As long as the longest function name with the longest token, see {@link receiptFolder}. */
const LONGEST_FUNCTION = "f".repeat(64);
const LONGEST_TOKEN = "t".repeat(64);

/** A batch keeps its path through the layers: `bronze/year=2025/b.csv` has the path `year=2025/b.csv`. */
export function pathOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** The path of the batch that a key of any layer belongs to: rejects are of the batch whose rows they were. */
export function batchPathOf(key: string): string {
  const path = pathOf(key);
  return key.startsWith(ANOMALIES) && path.endsWith(REJECTS_SUFFIX)
    ? `${path.slice(0, -REJECTS_SUFFIX.length)}.csv`
    : path;
}

/** Where the outputs of a batch go. */
export function outputKeys(key: string) {
  const path = pathOf(key);
  return {
    silver: `${SILVER_LAYER}${path}`,
    anomalies: `${ANOMALIES}${path}`,
    rejects: `${ANOMALIES}${path.replace(/\.csv$/, "")}${REJECTS_SUFFIX}`,
    gold: `${GOLD}${path}`,
  };
}

/** The folder of a key's receipts. */
export function receiptFolder(fn: string, key: string): string {
  return `${RECEIPTS}${fn}/${pathOf(key)}/`;
}

/**
 * Throws `key_invalid` for an input that could not be processed to its end: its anomalies would stand where the rejects
 * of another stand, or a name that is made from it is too long for a store.
 */
export function checkInputKey(key: string): void {
  const why = key.endsWith(REJECTS_SUFFIX)
    ? `names ending in ${REJECTS_SUFFIX} are those of rejects files`
    : (keyProblem(key) ?? outputProblem(key));
  if (why === null) return;
  throw new VantageflowError("key_invalid", `Cannot process ${JSON.stringify(key)}: ${why}. Give it another name.`, {
    key,
  });
}

function outputProblem(key: string): string | null {
  const made = [...Object.values(outputKeys(key)), `${receiptFolder(LONGEST_FUNCTION, key)}${LONGEST_TOKEN}.json`];
  const problem = made.map((one) => keyProblem(one)).find((found) => found !== null);
  return problem === undefined ? null : `what is made of it could not be named: ${problem}`;
}
