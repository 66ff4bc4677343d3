import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { cli, folder } from "../cli/run-cli.ts";
import { cleanRun, faulty, ledgerProblems, leftovers, MANY, type State, stateOf, writeFile } from "./lakes.ts";

const MOMENTS = 12;
const AT_ONCE = 2;

/** `run` over the lake, or `ingest` of as many files that lie beside it. */
const WAYS = { run: ["run"], ingest: ["ingest", ...Object.keys(MANY).map((key) => key.replace("bronze/", ""))] };

function prepare(args: readonly string[]): string {
  const cwd = folder({});
  const lake = join(cwd, "lake");
  for (const [key, content] of Object.entries(MANY)) {
    if (args[0] === "run") writeFile(lake, key, content);
    else fs.writeFileSync(join(cwd, key.replace("bronze/", "")), content);
  }
  return cwd;
}

/** All that is not as after an undisturbed run in one thread. */
async function problemsOf(cwd: string, undisturbed: State): Promise<string[]> {
  const lake = join(cwd, "lake");
  const storage = createLocalStorage({ root: lake });
  const { files, deadLetters } = await stateOf(storage);
  const problems = [...(await ledgerProblems(storage)), ...(await leftovers(lake))];
  const keys = [...new Set([...Object.keys(files), ...Object.keys(undisturbed.files)])];
  problems.push(...keys.filter((key) => files[key] !== undisturbed.files[key]).map((key) => `${key} differs`));
  if (String(deadLetters) !== String(undisturbed.deadLetters)) problems.push(`dead letters: ${deadLetters}`);
  await storage.close();
  fs.rmSync(cwd, { recursive: true });
  return problems;
}

describe.skipIf(availableParallelism() < 2)("many batches on all cores", () => {
  let undisturbed: State;
  beforeAll(async () => {
    undisturbed = await cleanRun(MANY);
  });

  /** How many operations a healthy command does in threads beside its main one. */
  async function operationsIn(args: readonly string[]): Promise<number> {
    const cwd = prepare(args);
    const log = join(cwd, "operations");
    await cli([...args, "--quiet"], { cwd, env: faulty({ lake: join(cwd, "lake"), thread: 1, log }) });
    const count = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n").length : 0;
    fs.rmSync(log, { force: true });
    expect(await problemsOf(cwd, undisturbed)).toEqual([]);
    return count;
  }

  it.each(Object.entries(WAYS))(
    "contract 3: %s gives what one thread gives, and when a thread dies in the middle of its work, each batch has one effect",
    async (_, args) => {
      const operations = await operationsIn(args);
      expect(operations, "a thread has had its part").toBeGreaterThan(100);
      const moments = Array.from({ length: MOMENTS }, (_, i) => Math.floor((i * operations) / MOMENTS));
      const problems = await mapBounded(moments, AT_ONCE, async (exit) => {
        const cwd = prepare(args);
        const env = faulty({ lake: join(cwd, "lake"), thread: 1, exit });
        const { code, stdout, stderr } = await cli([...args, "--json"], { cwd, env });
        const { batches } = JSON.parse(stdout) as { batches: unknown[] };
        const found = await problemsOf(cwd, undisturbed);
        if (code !== 1 || batches.length !== 45) found.push(`exit ${code}, ${batches.length} batches: ${stderr}`);
        return found.map((problem) => `ended at ${exit}: ${problem}`);
      });
      expect(problems.flat()).toEqual([]);
    },
    240_000,
  );
});
