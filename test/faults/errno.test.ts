import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { inProcess } from "../cli/in-process.ts";
import { cli, folder } from "../cli/run-cli.ts";
import {
  BETTER,
  cleanRun,
  type Files,
  faulty,
  GOOD,
  ledgerProblems,
  leftovers,
  outputsIn,
  runLake,
  stateOf,
  writeFile,
} from "./lakes.ts";

const ERRNOS = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EXDEV", "EROFS", "ENOTDIR"];
const KINDS = ["open", "write", "fsync", "rename", "fsync of directory"];
const AT_ONCE = 4;

/** Two objects of a lake: one is overwritten, one is new. */
const BEFORE = { "bronze/a.csv": GOOD };
const AFTER = { "bronze/a.csv": BETTER, "bronze/n.csv": GOOD };

let cases = 0;

async function prepare(): Promise<string> {
  const cwd = folder({ "a.csv": BETTER, "n.csv": GOOD });
  const lake = join(cwd, "lake");
  for (const [key, content] of Object.entries(BEFORE)) writeFile(lake, key, content);
  await runLake(lake);
  return cwd;
}

/** How often a healthy command does each kind of operation. */
async function countsOf(args: readonly string[]): Promise<Map<string, number>> {
  const cwd = await prepare();
  const log = join(cwd, "operations");
  await cli(args, { cwd, env: faulty({ lake: join(cwd, "lake"), log }) });
  const counts = new Map<string, number>();
  for (const kind of fs.readFileSync(log, "utf8").trim().split("\n")) {
    const name = kind === "link" ? "rename" : kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** All that is wrong after a command that a broken disk hit, and after the next one on a mended disk. */
async function suffer(args: readonly string[], kind: string, errno: string, from: number): Promise<string[]> {
  const cwd = await prepare();
  const lake = join(cwd, "lake");
  const problems: string[] = [];
  const env = faulty({ lake, kind, errno, from });
  const { code, stdout, stderr } = await cli([...args, "--json"], { cwd, env });
  const errors = errorsIn(stdout);
  if (code !== 1 || errors.length === 0) problems.push(`exit ${code}, ${errors.length} errors: ${stdout}${stderr}`);
  for (const error of errors) {
    // Our own sentence about the errno: what cannot be done, why, what to do.
    const isClear = /^Cannot \w+ ".*" in \S+: .+ \([A-Z]+\)\. .+\.$/;
    // In opening a file to read it, ENOTDIR is how the system says that there is no such file.
    if (errno === "ENOTDIR" && kind === "open" && error.code === "not_found") continue;
    if (error.code !== "storage_failed" || !isClear.test(error.message) || !error.message.includes(errno))
      problems.push(`unclear: ${error.code}: ${error.message}`);
  }

  const storage = createLocalStorage({ root: lake });
  const { files } = await stateOf(storage);
  const given = await cleanRun(AFTER);
  const old = await cleanRun(BEFORE);
  for (const [key, content] of Object.entries(files)) {
    if (![old.files[key], given.files[key]].includes(content)) problems.push(`${key} is torn: ${content}`);
  }
  const gold = files["gold/n.csv"];
  const parts = Object.keys(outputsIn(given.files, "bronze/n.csv")).filter((key) => !(key in files));
  if (gold !== undefined && parts.length > 0) problems.push(`gold is there without ${parts}`);

  const again = await inProcess(args, { cwd });
  if (again.code !== 0) problems.push(`again: exit ${again.code}: ${again.stderr}`);
  const end = await stateOf(storage);
  if (JSON.stringify(sorted(end.files)) !== JSON.stringify(sorted(given.files))) problems.push("the tree differs");
  problems.push(...end.deadLetters, ...(await ledgerProblems(storage)));
  await storage.close();
  problems.push(...(await leftovers(lake)));
  fs.rmSync(cwd, { recursive: true });
  return problems.map((problem) => `${errno} from ${kind} ${from} on: ${problem}`);
}

interface Failed {
  readonly code: string;
  readonly message: string;
}

/** The errors of a document: its own, or those of its batches. */
function errorsIn(text: string): Failed[] {
  const found = JSON.parse(text) as { error?: Failed; batches?: { error: Failed | null }[] };
  if (found.error !== undefined) return [found.error];
  return (found.batches ?? []).flatMap(({ error }) => (error === null ? [] : [error]));
}

const byKey = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : 1);
const sorted = (files: Files) => Object.fromEntries(Object.entries(files).sort(byKey));

describe("contract 9: success is reported only after the disk has it; an error leaves old or new, never mixed", () => {
  const args = ["ingest", "--overwrite", "a.csv", "n.csv"];
  it.each(KINDS)("%s fails in seven ways, from the first time on and from the middle of the work", async (kind) => {
    const middle = ((await countsOf(args)).get(kind) ?? 0) >> 1;
    expect(middle).toBeGreaterThan(1);
    const faults = ERRNOS.flatMap((errno) => [0, middle].map((from) => ({ errno, from })));
    const problems = await mapBounded(faults, AT_ONCE, ({ errno, from }) => suffer(args, kind, errno, from));
    cases += faults.length;
    expect(problems.flat()).toEqual([]);
  });

  it("was tried as often as the fault matrix wants", () => {
    console.log(`errno: ${cases} cases (${ERRNOS.length} errors, ${KINDS.length} operations, two places)`);
    expect(cases).toBeGreaterThanOrEqual(35);
  });
});
