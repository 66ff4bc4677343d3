import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { verifyReadings } from "../../src/tables/readings/verify.ts";
import { CLI, cli, folder, HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { faulty } from "../faults/lakes.ts";
import { rowsOfLayers, rowsOfTable, TABLE } from "./table.ts";

/** The built command line, killed before, in the middle of and after the operations on its lake, and two of them at once. */

const CASES = Number(process.env.TABLES_KILL_CASES ?? 4);
const AT_ONCE = 2;
const DAY_S = 86_400;

interface Scenario {
  readonly args: readonly string[];
  /** Makes the lake's table ready for it. */
  readonly prepare: (cwd: string) => Promise<void>;
}

async function synced(cwd: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(join(cwd, "lake/bronze"), { recursive: true });
    fs.writeFileSync(join(cwd, "lake/bronze", name), HEADER + text);
  }
  await cli(["run", "--lake", "lake"], { cwd });
  await cli(["tables", "sync", "--lake", "lake"], { cwd });
}

const later = (text: string) => text.replace("2025-01-01", "2025-01-02");

const SCENARIOS: readonly Scenario[] = [
  {
    args: ["tables", "sync"],
    async prepare(cwd) {
      await synced(cwd, { "a.csv": ROW + ODD, "b.csv": ROW, "c.csv": ODD });
      fs.writeFileSync(join(cwd, "lake/bronze/a.csv"), HEADER + later(ROW));
      fs.writeFileSync(join(cwd, "lake/bronze/d.csv"), HEADER + ROW);
      await cli(["run", "--lake", "lake"], { cwd });
      for (const layer of ["bronze", "silver", "anomalies", "gold"])
        fs.rmSync(join(cwd, `lake/${layer}/c.csv`), { force: true });
    },
  },
  {
    args: ["tables", "compact"],
    async prepare(cwd) {
      for (const name of ["a", "b", "c"]) await synced(cwd, { [`${name}.csv`]: ROW + ODD + later(ROW) });
    },
  },
  {
    args: ["tables", "vacuum"],
    async prepare(cwd) {
      await synced(cwd, { "a.csv": ROW + ODD, "b.csv": later(ROW) });
      await synced(cwd, { "a.csv": later(ROW) });
      // As if all of it had happened long ago; only its own clock tells a process of the vacuum that it is later now.
      fs.writeFileSync(join(cwd, "lake/tables/readings/date=2025-01-01/part-killed.snappy.parquet"), "half");
    },
  },
];

/** Runs it with a fault; `isLater` is thirty days after all that the lake has. */
function ends(
  args: readonly string[],
  cwd: string,
  fault: Record<string, unknown>,
  isLater = args.includes("vacuum"),
): Promise<string | null> {
  const lake = join(cwd, "lake");
  const env = { ...process.env, ...faulty({ ...fault, lake, thread: 0 }) };
  const ahead = isLater ? ["--import", CLOCK] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...ahead, CLI, ...args, "--lake", "lake"], { cwd, env, stdio: "ignore" });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? String(code)));
  });
}

const CLOCK = `data:text/javascript,const now=Date.now;Date.now=()=>now()+${30 * DAY_S * 1000};`;

async function momentsOf({ args, prepare }: Scenario) {
  const cwd = folder();
  await prepare(cwd);
  const log = join(cwd, "operations");
  expect(await ends(args, cwd, { log })).toBe("0");
  const kinds = fs.readFileSync(log, "utf8").trim().split("\n");
  return kinds.flatMap((kind, kill) => [
    { kill, moment: "before" },
    ...(kind === "write" || kind === "fsync" ? [{ kill, moment: "middle" }] : []),
    { kill, moment: "after" },
  ]);
}

/** What is wrong with a table that nobody works on. */
async function problemsOf(cwd: string, isWhole: boolean): Promise<string[]> {
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  const problems: string[] = [];
  const snapshot = await readSnapshot(storage, TABLE);
  const verified = await verifyReadings(storage);
  for (const { key, why } of verified?.findings ?? []) problems.push(`${key}: ${why}`);
  const rows = await rowsOfTable(storage);
  if (new Set(rows).size !== rows.length) problems.push("a row is there twice");
  if (isWhole && String(rows) !== String(await rowsOfLayers(storage))) problems.push(`other rows: ${rows}`);
  if (snapshot === null) problems.push("no table");
  await storage.close();
  return problems;
}

describe("tables sync, compact and vacuum as processes", () => {
  it(
    `lose nothing and show nothing twice when they are killed, at ${CASES} moments`,
    async () => {
      const perScenario = Math.ceil(CASES / SCENARIOS.length);
      let killed = 0;
      for (const scenario of SCENARIOS) {
        const moments = await momentsOf(scenario);
        const chosen = Array.from(
          { length: perScenario },
          (_, i) => moments[Math.floor((i * moments.length) / perScenario) % moments.length],
        );
        const found = await mapBounded(chosen, AT_ONCE, async (at) => {
          const cwd = folder();
          await scenario.prepare(cwd);
          if ((await ends(scenario.args, cwd, { ...at })) === "SIGKILL") killed++;
          // Between two runs the table is that of before or of after; rows of a vacuum or a merge never change.
          const between = await problemsOf(cwd, scenario.args[1] !== "sync");
          const again = await ends(scenario.args, cwd, {});
          await cli(["tables", "sync", "--lake", "lake"], { cwd });
          const end = await problemsOf(cwd, true);
          fs.rmSync(cwd, { recursive: true });
          const problems = [...between, ...end, ...(again === "0" ? [] : [`ended with ${again}`])];
          return problems.map((problem) => `${scenario.args.join(" ")}, killed ${at.moment} ${at.kill}: ${problem}`);
        });
        expect(found.flat()).toEqual([]);
      }
      // An operation or two less than an undisturbed run had are no fault of it.
      expect(killed).toBeGreaterThan(CASES * 0.9);
    },
    Math.max(300_000, CASES * 30_000),
  );

  it("two at once have each row once, however they come together", async () => {
    const pairs = [
      ...["compact", "sync", "compact"].map((other) => ["sync", other]),
      ...["vacuum", "compact"].map((other) => [other, "sync"]),
    ];
    for (const [i, pair] of pairs.entries()) {
      const cwd = folder();
      for (const name of ["a", "b"]) await synced(cwd, { [`${name}.csv`]: ROW + ODD });
      await synced(cwd, {});
      fs.writeFileSync(join(cwd, "lake/bronze/a.csv"), HEADER + ROW);
      fs.writeFileSync(join(cwd, "lake/bronze/c.csv"), HEADER + ODD);
      await cli(["run", "--lake", "lake"], { cwd });
      const both = pair.map((name, who) => ends(["tables", name], cwd, { slow: ((i + who) % 4) * 3 }, false));
      expect([pair, await Promise.all(both)]).toEqual([pair, ["0", "0"]]);
      await cli(["tables", "sync", "--lake", "lake"], { cwd });
      expect([pair, await problemsOf(cwd, true)]).toEqual([pair, []]);
      fs.rmSync(cwd, { recursive: true });
    }
  }, 300_000);
});
