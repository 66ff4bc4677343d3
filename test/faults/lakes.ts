import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../../src/engine/run.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { type ParsedLetter, parseDeadLetter } from "../../src/ledger/letters.ts";
import { receiptName } from "../../src/ledger/names.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { type Receipt, readReceipts, tallyOf } from "../../src/ledger/receipts.ts";
import { recordsOf } from "../../src/ledger/s3-event.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { FUNCTION_IDS, matches, topology } from "../../src/topology.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";

/** What the tests of faults need: small contents, clean runs to compare with, and the whole state of a lake. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
/** Rows for silver, anomalies and rejects, a blank line, and a score between two thresholds. */
export const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1.5,C,0.1\n\n2025-01-01T00:00:01Z,B,3,C,0.9\n2025-01-01T00:00:02Z,A,x,C,0.1\n2025-01-01T00:00:03Z,A,7,C,0.6\n`;
/** All valid: a rejects file of the version before is stale. */
export const BETTER = `${HEADER}2025-01-01T00:00:00Z,A,2,C,0.1\n2025-01-01T00:00:01Z,C,4,C,0.2\n`;
export const REFUSED = "no header\n";

/** So many batches that threads do their part of them. */
export const MANY: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 45 }, (_, i) => [`bronze/m${i}.csv`, i % 9 === 4 ? REFUSED : i % 2 === 0 ? GOOD : BETTER]),
);

/** Any text files of a lake by key. */
export type Files = Readonly<Record<string, string>>;

const { version } = JSON.parse(fs.readFileSync("package.json", "utf8")) as { version: string };

/** A folder of a test whose promise is about processes: what they wait for a disk is no part of it. Whoever makes it removes it. */
export function folderInMemory(): string {
  return fs.mkdtempSync(join(fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vantageflow-faults-"));
}

/** As the command line of this version sees a lake. */
export function contextOf(storage: LakeStorage, anomalyThreshold = DEFAULT_SETTINGS.anomalyThreshold): ProcessContext {
  return { storage, settings: { ...DEFAULT_SETTINGS, anomalyThreshold }, code: version, now: () => 0 };
}

export function writeFile(lake: string, key: string, content: string | Uint8Array): void {
  fs.mkdirSync(dirname(join(lake, key)), { recursive: true });
  fs.writeFileSync(join(lake, key), content);
}

/** Runs a lake as `vantageflow run` does, in this process. */
export async function runLake(lake: string, threshold?: number): Promise<void> {
  const storage = createLocalStorage({ root: lake });
  await run(contextOf(storage, threshold), { concurrency: 2 });
  await storage.close();
}

/** All that two runs must agree on. */
export interface State {
  /** The four layers of data, every file. */
  readonly files: Files;
  /** `<key> <code>`, sorted. */
  readonly deadLetters: readonly string[];
}

const DATA = ["bronze/", "silver/", "anomalies/", "gold/"];

export async function stateOf(storage: LakeStorage): Promise<State> {
  const files: Record<string, string> = {};
  for (const layer of DATA) {
    for (const key of await keysOf(storage, layer)) files[key] = (await textOf(storage, key)) ?? "";
  }
  const letters = await deadLettersOf(storage);
  const named = letters.map((letter) => `${keyOf(letter)} ${letter.code}`);
  return { files, deadLetters: named.sort() };
}

export async function deadLettersOf(storage: LakeStorage): Promise<ParsedLetter[]> {
  const keys = await keysOf(storage, "dead-letter/");
  return Promise.all(keys.map(async (key) => parseDeadLetter((await textOf(storage, key)) ?? "")));
}

export function keyOf(letter: ParsedLetter): string {
  return namedBy(letter).key;
}

export function tokenOf(letter: ParsedLetter): string | null {
  return namedBy(letter).eTag;
}

function namedBy({ event }: ParsedLetter) {
  const [record] = recordsOf(event);
  if ("problem" in record) throw new Error(record.problem);
  return record;
}

/** What one clean run makes of these files of bronze (and of silver that was put there by hand), in memory. */
export async function cleanRun(inputs: Files, threshold?: number): Promise<State> {
  const name = JSON.stringify([Object.entries(inputs).sort(), threshold]);
  const known = clean.get(name) ?? runClean(inputs, threshold);
  clean.set(name, known);
  return known;
}

const clean = new Map<string, Promise<State>>();

async function runClean(inputs: Files, threshold?: number): Promise<State> {
  const storage = createMemoryStorage();
  for (const [key, content] of Object.entries(inputs)) await put(storage, key, content);
  await run(contextOf(storage, threshold), { concurrency: 1 });
  return stateOf(storage);
}

/** The outputs of one bronze key among the files of a lake. */
export function outputsIn(files: Files, key: string): Files {
  const found = Object.values(outputKeys(key)).filter((output) => output in files);
  return Object.fromEntries(found.map((output) => [output, files[output]]));
}

/**
 * What is wrong with the ledger: work that is left, an object without its receipt, a receipt that does not add up or
 * names other bytes than there are, a version with more than one dead letter. Empty when all is well.
 */
export async function ledgerProblems(storage: LakeStorage): Promise<string[]> {
  const problems = (await planRun(storage)).work.map(({ object }) => `${object.key} is still work`);
  for (const id of FUNCTION_IDS) {
    const { name, startedBy } = topology.functions[id];
    for await (const { key, token } of storage.list(startedBy.prefix)) {
      if (!matches(startedBy, key)) continue;
      const receipt = (await readReceipts(storage, name, key)).find(({ source }) => source.token === token);
      problems.push(...(receipt === undefined ? [`${key} has no receipt`] : receiptProblems(receipt)));
    }
    for (const key of await keysOf(storage, `receipts/${name}/`)) {
      if (receiptName(key) === null) problems.push(`${key} is no receipt`);
    }
  }
  const versions = (await deadLettersOf(storage)).map((letter) => `${keyOf(letter)} ${tokenOf(letter)}`);
  if (new Set(versions).size < versions.length) problems.push(`a version has two dead letters: ${versions}`);
  return problems;
}

function receiptProblems(receipt: Receipt): string[] {
  const { source, outcome } = receipt;
  const rows = tallyOf(receipt)?.rows;
  if (rows === undefined) return [`${source.key}: its receipt counts no rows`];
  const counted = rows.silver + rows.anomalies + rows.rejects + rows.blank;
  const sums = rows.in === counted ? [] : [`${source.key}: ${rows.in} rows in, ${counted} accounted for`];
  return outcome === "failed" ? [...sums, `${source.key} failed`] : sums;
}

/** Temporary files, locks and owners that are left once somebody has written to the lake again. */
export async function leftovers(lake: string): Promise<string[]> {
  const storage = createLocalStorage({ root: lake });
  await put(storage, "probe/p", "");
  await storage.remove("probe/p");
  await storage.close();
  const rest: string[] = [];
  for (const name of ["tmp", "locks", "owners"]) {
    for (const file of fs.readdirSync(join(lake, ".vantageflow", name))) rest.push(`${name}/${file}`);
  }
  return rest;
}

// Looked up once: the process of a test is in another folder while it runs a command.
const PRELOAD = pathToFileURL(resolve("test/faults/preload.mjs")).href;

/** The environment that makes the built binary suffer a fault, see `preload.mjs`. */
export function faulty(fault: { readonly lake: string } & Record<string, unknown>): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${PRELOAD}`,
    VANTAGEFLOW_FAULT: JSON.stringify(fault),
  };
}
