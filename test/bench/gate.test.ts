import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareRuns, median } from "../../bench/ratio.mjs";
import { command, folder, HEADER, ROW } from "../cli/run-cli.ts";

const runs = (...seconds: number[]) => seconds.map((wall) => ({ wall, user: wall / 2 }));

describe("the arithmetic of bench:gate", () => {
  it("takes medians, whatever order the runs came in", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 1, 2, 100])).toBe(9);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it("compares medians, not means: one run that the machine kept waiting counts for nothing", () => {
    const { wall, user, isSlower } = compareRuns(runs(1, 1.02, 0.98), runs(1.01, 60, 1));
    expect([wall, user.ratio, isSlower]).toEqual([{ before: 1, now: 1.01, ratio: 1.01 }, 1.01, false]);
  });

  it("calls 1.15 slower and 1.14 not, by wall or by user CPU time alone", () => {
    const two = runs(2, 2, 2);
    expect(compareRuns(two, runs(2.28, 2.28, 2.28)).isSlower).toBe(false);
    expect(compareRuns(two, runs(2.3, 2.3, 2.3)).isSlower).toBe(true);
    expect(compareRuns(two, [{ wall: 2.3, user: 1 }])).toMatchObject({ isSlower: true, user: { ratio: 1 } });
    expect(compareRuns(two, [{ wall: 2, user: 1.15 }])).toMatchObject({ isSlower: true, wall: { ratio: 1 } });
    expect(compareRuns(two, runs(0.5)).isSlower).toBe(false);
  });

  it("tells a seeded slowdown of a fifth apart from noise of a tenth", () => {
    const noise = [1.0, 1.1, 0.92, 1.05, 0.97, 1.08, 0.95];
    const turned = [0.96, 1.09, 1.0, 0.93, 1.07, 1.03, 0.99];
    expect(compareRuns(runs(...noise), runs(...turned)).isSlower).toBe(false);
    expect(compareRuns(runs(...noise), runs(...turned.map((one) => one * 1.2))).isSlower).toBe(true);
    expect(compareRuns(runs(...noise.map((one) => one * 1.2)), runs(...turned)).isSlower).toBe(false);
  });

  it("has an answer for what took no time at all", () => {
    expect(compareRuns(runs(0), runs(0))).toMatchObject({ isSlower: false, wall: { ratio: 1 } });
    expect(compareRuns(runs(0), runs(1)).isSlower).toBe(true);
  });
});

/** A command line that does as little as the gate looks at, says in a log that it ran, and takes `seconds` of wall and CPU time to ingest. */
const fake = (name: string, seconds: number) => `
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
const [command, ...rest] = process.argv.slice(2);
appendFileSync(${JSON.stringify("LOG")}, "${name} " + command + " " + process.pid + "\\n");
const after = (flag) => rest[rest.indexOf(flag) + 1];
if (command === "generate") writeFileSync(after("--out"), ${JSON.stringify(HEADER)} + ${JSON.stringify(ROW)}.repeat(after("--rows")));
if (command === "ingest") {
  const until = performance.now() + ${seconds * 1000};
  while (performance.now() < until);
  mkdirSync(after("--lake") + "/gold");
  writeFileSync(after("--lake") + "/gold/readings.csv", "");
}
if (command === "run") {
  mkdirSync(rest[0] + "/gold");
  for (const name of readdirSync(rest[0] + "/bronze")) writeFileSync(rest[0] + "/gold/" + name, "");
}
`;

/** A repository with the gate in it, whose commits have these command lines. */
function repository(...clis: string[]): { root: string; log: string; dir: string } {
  const root = folder({
    "package.json": JSON.stringify({ type: "module", scripts: { build: "mkdir -p dist && cp cli.mjs dist/cli.js" } }),
    ".gitignore": "node_modules\ndist\nlog\ntmp\n",
    "node_modules/.keep": "",
    "tmp/.keep": "",
  });
  const log = join(root, "log");
  fs.cpSync("bench", join(root, "bench"), { recursive: true });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@localhost", ...args], { cwd: root });
  git("init", "--quiet");
  for (const text of clis) {
    fs.writeFileSync(join(root, "cli.mjs"), text.replace('"LOG"', JSON.stringify(log)));
    git("add", ".");
    git("commit", "--quiet", "--message", "A commit");
  }
  fs.rmSync(join(root, "tmp/.keep"));
  return { root, log, dir: join(root, "tmp") };
}

const FEW = ["--rows", "100", "--batches", "3", "--runs", "1", "--starts", "1"];

const gate = ({ root, dir }: { root: string; dir: string }, ...flags: string[]) =>
  command(process.execPath, [join(root, "bench/gate.mjs"), "--dir", dir, ...FEW, ...flags], { cwd: root });

describe("bench:gate", () => {
  it("builds the commit before beside this tree, finds a job that became slower, and leaves nothing behind", async () => {
    const made = repository(fake("before", 0), fake("now", 2));
    const { code, stdout } = await gate(made);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^Slower, by 1\.15 or more: .*ingest of 100 rows/m)]);
    expect([fs.readdirSync(made.dir), fs.existsSync(join(made.root, ".git/worktrees"))]).toEqual([[], false]);
    const ran = fs.readFileSync(made.log, "utf8").replace(/ \d+$/gm, "").trim().split("\n");
    expect(ran).toEqual([
      ...["now generate", "now generate", "now generate", "before ingest", "now ingest"],
      ...["before run", "now run", "before ingest", "now ingest", "before --version", "now --version"],
    ]);
  });

  it("runs the trees in turn, each first in every other turn, and calls what became faster not slower", async () => {
    const made = repository(fake("before", 2), fake("now", 0));
    const { stdout } = await gate(made, "--batches", "0", "--runs", "3");
    expect(stdout).toMatch(/^\| ingest of 100 rows .*\| +3 \|$/m);
    expect(/^Slower.*$/m.exec(stdout)?.[0] ?? "").not.toContain("ingest of 100 rows");
    const ran = fs.readFileSync(made.log, "utf8").match(/\w+ ingest/g);
    // That of one row has one run, in the first turn.
    const order = [...["before", "now", "before", "now"], ...["now", "before"], ...["before", "now"]];
    expect(ran).toEqual(order.map((tree) => `${tree} ingest`));
  });

  it("takes one turn of each job when its time is over before it began", async () => {
    const made = repository(fake("before", 1), fake("now", 1));
    const { stdout } = await gate(made, "--runs", "9", "--starts", "9", "--within", "1");
    expect(stdout.match(/\| +1 \|$/gm)?.length).toBe(4);
  });

  it("says so and is content where there is no commit before, and fails for one that was asked for", async () => {
    const first = repository(fake("now", 0));
    const none = { code: 0, stdout: expect.stringContaining("there is no commit before this one here") };
    expect(await gate(first)).toMatchObject(none);
    const asked = await gate(first, "--against", "v9");
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('Cannot measure against "v9"')]);
    fs.rmSync(join(first.root, ".git"), { recursive: true });
    expect(await gate(first)).toMatchObject(none);
    expect(fs.readdirSync(first.dir)).toEqual([]);
  });

  it("takes no even number of runs, and says what does not build or does half of the work", async () => {
    const made = repository("process.exit(", fake("now", 0).replace("gold/readings.csv", "readings.csv"));
    const even = await gate(made, "--runs", "4");
    expect([even.code, even.stderr]).toEqual([2, expect.stringContaining('Cannot use --runs "4"')]);
    const half = await gate(made, "--against", "HEAD");
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining("0 of 1 batches became gold")]);
    const broken = await gate(made);
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining("Cannot run")]);
    expect(fs.readdirSync(made.dir)).toEqual([]);
  });

  it("stops what it measures and removes its folder when it is told to stop", async () => {
    const made = repository(fake("before", 3600), fake("now", 0));
    const args = [join(made.root, "bench/gate.mjs"), "--dir", made.dir, ...FEW];
    const child = spawn(process.execPath, args, { cwd: made.root, stdio: "ignore" });
    const ended = new Promise((done) => child.once("exit", done));
    const started = () => /before ingest (\d+)/.exec(fs.existsSync(made.log) ? fs.readFileSync(made.log, "utf8") : "");
    await expect.poll(started).not.toBe(null);
    child.kill("SIGTERM");
    expect([await ended, fs.readdirSync(made.dir)]).toEqual([143, []]);
    // Gone, or gone and not yet waited for by whoever adopted it.
    const pid = started()?.[1];
    const state = () => (fs.existsSync(`/proc/${pid}/stat`) ? fs.readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z ");
    await expect.poll(state).toContain(") Z ");
  });
});
