import { VantageflowError } from "../errors.ts";
import { keyProblem } from "../storage/keys.ts";
import { onlyEndingIn, topology } from "../topology.ts";
import { litterOf } from "./litter.ts";
import { receiptKey } from "./names.ts";

/** The layers that the stages read and write. */
export const BRONZE = topology.layers.bronze.prefix;
export const SILVER = topology.layers.silver.prefix;
export const ANOMALIES = topology.layers.anomalies.prefix;
export const GOLD = topology.layers.gold.prefix;
/** The function that splits bronze; its receipts say which bytes a split wrote. */
export const SPLIT_FUNCTION = topology.functions.bronzeToSilver.name;
/** How names of CSV end. What a stage writes is CSV, in every layer. */
const CSV = topology.csvSuffixes;
const REJECTS = ".rejects";
/** The layers of what a stage has written. */
const OUTPUT_LAYERS: readonly string[] = [SILVER, ANOMALIES, GOLD];
/** The layers that batches go through, in this order: what is in them is a function of what came in. */
export const BATCH_LAYERS: readonly string[] = [BRONZE, ...OUTPUT_LAYERS];
/** As long as the longest function name with the longest token, see {@link receiptKey}. */
const LONGEST_FUNCTION = "f".repeat(64);
const LONGEST_TOKEN = "t".repeat(64);

/** A key without its layer. */
export function pathOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/**
 * The one rule of names, and {@link sourcePathOf} is its inverse. A batch named as CSV keeps its path in every layer: what
 * is made of `bronze/year=2025/b.csv` is `gold/year=2025/b.csv`. Any other suffix that sources may have keeps its whole
 * name and has `.csv` behind it: of `bronze/x.dat`, `gold/x.dat.csv`, for that is what it is.
 */
function outputPathOf(path: string, suffixes: readonly string[]): string {
  return endsIn(path, CSV) || !endsIn(path, suffixes) ? path : `${path}${CSV[0]}`;
}

/** Where there is a batch `x.dat`, what is called `x.dat.csv` is of it in bronze, too: see {@link keysIn}. */
function sourcePathOf(path: string, suffixes: readonly string[]): string {
  const source = path.slice(0, -CSV[0].length);
  return path.endsWith(CSV[0]) && outputPathOf(source, suffixes) === path ? source : path;
}

/**
 * The path of the batch that a key of any layer belongs to, which is its path in bronze; rejects are of the batch whose
 * rows they were. `suffixes` are those that sources may have.
 */
export function batchPathOf(key: string, suffixes: readonly string[] = topology.suffixes): string {
  const path = pathOf(key);
  if (key.startsWith(BRONZE)) return sourcePathOf(path, suffixes);
  if (!OUTPUT_LAYERS.some((layer) => key.startsWith(layer))) return path;
  if (!isRejectsKey(key)) return sourcePathOf(path, suffixes);
  const suffix = suffixOf(path);
  return sourcePathOf(`${path.slice(0, -(REJECTS + suffix).length)}${suffix}`, suffixes);
}

/** Whether a key is in a layer that batches go through. */
export function isOfBatch(key: string): boolean {
  return BATCH_LAYERS.some((layer) => key.startsWith(layer));
}

/** The key that the batch of a path has in a layer, by the layer's prefix; in bronze the first of {@link keysIn}. */
export function keyIn(layer: string, path: string, suffixes: readonly string[] = topology.suffixes): string {
  return `${layer}${OUTPUT_LAYERS.includes(layer) ? outputPathOf(path, suffixes) : path}`;
}

/**
 * The keys that the batch of a path may have in a layer. In bronze a batch `x.dat` may be called `x.dat.csv` as well: so
 * it was before sources had other suffixes, and what was made of it is called the same. Only one of them is read, see
 * `ledger/batch-source.ts`.
 */
export function keysIn(
  layer: string,
  path: string,
  suffixes: readonly string[] = topology.suffixes,
): readonly [string, ...string[]] {
  const other = outputPathOf(path, suffixes);
  return layer === BRONZE && other !== path
    ? [`${BRONZE}${path}`, `${BRONZE}${other}`]
    : [keyIn(layer, path, suffixes)];
}

/** Whether a name is one that a source may have, and no litter. Case counts, as in S3's filters. */
export function isSourceName(name: string, suffixes: readonly string[] = topology.suffixes): boolean {
  return endsIn(name, suffixes) && litterOf(name) === null;
}

/** Whether a key is named as what a stage writes, and is no litter. Case counts. */
export function isCsvName(key: string): boolean {
  return suffixOf(key) !== "" && litterOf(key) === null;
}

/** Whether a key is that of a rejects file: `anomalies/LOG.rejects.CSV`. */
export function isRejectsKey(key: string): boolean {
  const suffix = suffixOf(key);
  return key.startsWith(ANOMALIES) && suffix !== "" && key.endsWith(`${REJECTS}${suffix}`);
}

/** `.CSV` of `LOG.CSV`; "" of what is no name of CSV. */
function suffixOf(name: string): string {
  return CSV.find((suffix) => name.endsWith(suffix)) ?? "";
}

function endsIn(name: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => name.endsWith(suffix));
}

/**
 * Where the outputs of a batch go, by its key in bronze or silver. Each keeps the case of the batch's suffix (`LOG.CSV`
 * has `LOG.rejects.CSV`), so that `a.csv` and `a.CSV` never share one. Rejects of `x.dat` are `x.dat.rejects.csv`.
 */
export function outputKeys(key: string, suffixes: readonly string[] = topology.suffixes) {
  const path = outputPathOf(batchPathOf(key, suffixes), suffixes);
  const suffix = suffixOf(path);
  return {
    silver: `${SILVER}${path}`,
    anomalies: `${ANOMALIES}${path}`,
    rejects: `${ANOMALIES}${path.slice(0, path.length - suffix.length)}${REJECTS}${suffix || CSV[0]}`,
    gold: `${GOLD}${path}`,
  };
}

/**
 * Throws `key_invalid` for an input that could not be processed to its end, whatever else is in its lake: nobody would look
 * for what is made of it, it would stand where what is made of another stands, or a name that is made from it is too long
 * for a store.
 */
export function checkInputKey(key: string, suffixes: readonly string[] = topology.suffixes): void {
  const why = /\.rejects\.csv$/i.test(outputKeys(key, suffixes).silver)
    ? "names ending in .rejects.csv are those of rejects files"
    : (keyProblem(key) ?? nameProblem(key, suffixes) ?? outputProblem(key, suffixes));
  if (why === null) return;
  throw new VantageflowError("key_invalid", `Cannot process ${JSON.stringify(key)}: ${why}. Give it another name.`, {
    key,
  });
}

function nameProblem(key: string, suffixes: readonly string[]): string | null {
  const taken = key.startsWith(SILVER) ? CSV : suffixes;
  if (!endsIn(key, taken)) return onlyEndingIn(taken);
  const path = batchPathOf(key, suffixes);
  const other = Object.values(outputKeys(key, suffixes)).map((made) => batchPathOf(made, suffixes));
  const twin = other.find((one) => one !== path);
  return twin === undefined ? null : `that is the name of what is made of ${JSON.stringify(twin)}`;
}

function outputProblem(key: string, suffixes: readonly string[]): string | null {
  const made = [...Object.values(outputKeys(key, suffixes)), receiptKey(LONGEST_FUNCTION, key, LONGEST_TOKEN)];
  const problem = made.map((one) => keyProblem(one)).find((found) => found !== null);
  return problem === undefined ? null : `what is made of it could not be named: ${problem}`;
}
