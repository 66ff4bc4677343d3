import { VantageflowError } from "../errors.ts";
import { keyProblem } from "../storage/keys.ts";
import { topology } from "../topology.ts";
import { litterOf } from "./litter.ts";
import { receiptKey } from "./names.ts";

/** The layers that the stages read and write. */
export const BRONZE = topology.layers.bronze.prefix;
export const SILVER_LAYER = topology.layers.silver.prefix;
export const ANOMALIES = topology.layers.anomalies.prefix;
export const GOLD = topology.layers.gold.prefix;
/** The function that splits bronze; its receipts say which bytes a split wrote. */
export const SPLIT_FUNCTION = topology.functions.bronzeToSilver.name;
/** How the names of batches end, and of what is made of them. */
const SUFFIXES = topology.suffixes;
const REJECTS = ".rejects";
/** As long as the longest function name with the longest token, see {@link receiptKey}. */
const LONGEST_FUNCTION = "f".repeat(64);
const LONGEST_TOKEN = "t".repeat(64);

/** A batch keeps its path through the layers: `bronze/year=2025/b.csv` has the path `year=2025/b.csv`. */
export function pathOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** The path of the batch that a key of any layer belongs to: rejects are of the batch whose rows they were. */
export function batchPathOf(key: string): string {
  const path = pathOf(key);
  if (!isRejectsKey(key)) return path;
  const suffix = suffixOf(path);
  return `${path.slice(0, -(REJECTS + suffix).length)}${suffix}`;
}

/** Whether a key is named as batches and their outputs are, and is no litter. Case counts, as in S3's filters. */
export function isCsvName(key: string): boolean {
  return suffixOf(key) !== "" && litterOf(key) === null;
}

/** Whether a key is that of a rejects file: `anomalies/LOG.rejects.CSV`. */
export function isRejectsKey(key: string): boolean {
  const suffix = suffixOf(key);
  return key.startsWith(ANOMALIES) && suffix !== "" && key.endsWith(`${REJECTS}${suffix}`);
}

/** `.CSV` of `LOG.CSV`; "" of what is no batch's name. */
function suffixOf(name: string): string {
  return SUFFIXES.find((suffix) => name.endsWith(suffix)) ?? "";
}

/**
 * Where the outputs of a batch go. Each keeps the case of the batch's suffix (`LOG.CSV` has `LOG.rejects.CSV`), so that
 * `a.csv` and `a.CSV` never share one.
 */
export function outputKeys(key: string) {
  const path = pathOf(key);
  const suffix = suffixOf(path);
  return {
    silver: `${SILVER_LAYER}${path}`,
    anomalies: `${ANOMALIES}${path}`,
    rejects: `${ANOMALIES}${path.slice(0, path.length - suffix.length)}${REJECTS}${suffix || SUFFIXES[0]}`,
    gold: `${GOLD}${path}`,
  };
}

/**
 * Throws `key_invalid` for an input that could not be processed to its end: its anomalies would stand where the rejects
 * of another stand, or a name that is made from it is too long for a store.
 */
export function checkInputKey(key: string): void {
  const why = /\.rejects\.csv$/i.test(key)
    ? "names ending in .rejects.csv are those of rejects files"
    : (keyProblem(key) ?? outputProblem(key));
  if (why === null) return;
  throw new VantageflowError("key_invalid", `Cannot process ${JSON.stringify(key)}: ${why}. Give it another name.`, {
    key,
  });
}

function outputProblem(key: string): string | null {
  const made = [...Object.values(outputKeys(key)), receiptKey(LONGEST_FUNCTION, key, LONGEST_TOKEN)];
  const problem = made.map((one) => keyProblem(one)).find((found) => found !== null);
  return problem === undefined ? null : `what is made of it could not be named: ${problem}`;
}
