/**
 * Is this tree slower than the commit before? Whole processes of both, in turn, one at a time; exit 1 when a median of wall
 * or user CPU time is 1.15 times as high or more. Both trees are built first.
 *
 *   npm run bench:gate -- --against HEAD --runs 11
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCommit, COMMIT_BEFORE, findCommit } from "./before.mjs";
import { measure, settle } from "./measure.mjs";
import { count, say } from "./options.mjs";
import { runCommand, temporaryFolder } from "./processes.mjs";
import { compareRuns, LIMIT } from "./ratio.mjs";
import { table } from "./tables.mjs";

const HELP = `Usage: npm run bench:gate -- [options]

  --against COMMIT the other side (HEAD~1); HEAD for what is not committed yet
  --rows N         rows of the main job, CSV to gold (2000000); 0 leaves it out
  --batches N      batches of 50 rows that one run takes (5000); 0 leaves it out
  --runs N         runs of each job and tree (7), an odd number
  --starts N       runs of --version and of an ingest of one row (21), an odd number
  --within S       no further run of any job after so many seconds, the builds included; one of each there is
  --dir DIR        where files are made and removed again (the system's temporary directory); not on a tmpfs

Exit 0: not slower, or there is no commit before; 1: slower; 2: could not be measured.
`;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEVICES = 200;
const BATCH_ROWS = 50;

const { values } = parseArgs({
  options: {
    against: { type: "string", default: COMMIT_BEFORE },
    rows: { type: "string", default: "2000000" },
    batches: { type: "string", default: "5000" },
    runs: { type: "string", default: "7" },
    starts: { type: "string", default: "21" },
    within: { type: "string", default: "3600" },
    dir: { type: "string", default: tmpdir() },
    help: { type: "boolean", short: "h", default: false },
  },
});

try {
  process.exitCode = values.help ? help() : await gate();
} catch (error) {
  say(error.message);
  process.exitCode = 2;
}

function help() {
  process.stdout.write(HELP);
  return 0;
}

async function gate() {
  const [rows, batches] = [count(values, "rows", 0), count(values, "batches", 0)];
  const [runs, starts] = [odd("runs"), odd("starts")];
  const until = performance.now() + count(values, "within") * 1000;
  const commit = findCommit(ROOT, values.against);
  if (commit === null) {
    process.stdout.write(
      "Nothing to compare with: there is no commit before this one here (a shallow clone, or no git).\n",
    );
    return 0;
  }
  const work = temporaryFolder(values.dir, "gate");
  say(`Building this tree and ${commit.slice(0, 7)}`);
  await runCommand(["npm", "run", "build"], ROOT);
  const trees = { before: await buildCommit(ROOT, commit, join(work, "before")), now: join(ROOT, "dist/cli.js") };
  const jobs = [
    ...(rows > 0 ? [await mainJob(trees.now, work, rows, runs)] : []),
    ...(batches > 0 ? [await batchesJob(trees.now, work, batches, runs)] : []),
    await oneRowJob(trees.now, work, starts),
    { name: "--version", runs: starts, prepare() {}, command: (cli) => [cli, "--version"], check() {} },
  ];
  const results = await inTurn(jobs, trees, join(work, "lake"), until);
  process.stdout.write(`This tree beside ${commit.slice(0, 7)}, medians of runs in turn:\n\n${tableOf(results)}\n`);
  const slower = results.filter(({ isSlower }) => isSlower).map(({ name }) => name);
  process.stdout.write(
    slower.length === 0
      ? `Not slower: every ratio is below ${LIMIT}.\n`
      : `Slower, by ${LIMIT} or more: ${slower.join("; ")}.\n`,
  );
  return slower.length === 0 ? 0 : 1;
}

function odd(name) {
  const number = count(values, name);
  if (number % 2 === 1) return number;
  throw new Error(`Cannot use --${name} "${number}": it is even, and a median is one of the runs. Add one.`);
}

/** A CSV file to gold: land, validate, split, aggregate. */
async function mainJob(cli, work, rows, runs) {
  const input = join(work, "readings.csv");
  await generate(cli, input, rows);
  return {
    name: `ingest of ${rows.toLocaleString("en-US")} rows`,
    runs,
    prepare() {},
    command: (cli, lake) => [cli, "ingest", input, "--lake", lake],
    check: (lake) => expectGold(lake, 1),
  };
}

/** What a process takes that has next to nothing to do: its start above all. */
async function oneRowJob(cli, work, runs) {
  const input = join(work, "row.csv");
  await generate(cli, input, 1);
  return {
    name: "ingest of one row",
    runs,
    prepare() {},
    command: (cli, lake) => [cli, "ingest", input, "--lake", lake],
    check: (lake) => expectGold(lake, 1),
  };
}

/** Many small batches that lie in bronze, each to gold. */
async function batchesJob(cli, work, batches, runs) {
  const [input, bronze] = [join(work, "rows.csv"), join(work, "bronze")];
  await generate(cli, input, batches * BATCH_ROWS);
  const [header, ...lines] = readFileSync(input, "utf8").trimEnd().split("\n");
  mkdirSync(bronze);
  for (let n = 0; n < batches; n++) {
    const own = lines.slice(n * BATCH_ROWS, (n + 1) * BATCH_ROWS);
    writeFileSync(join(bronze, `batch-${n}.csv`), `${[header, ...own].join("\n")}\n`);
  }
  return {
    name: `run of ${batches.toLocaleString("en-US")} batches of ${BATCH_ROWS} rows`,
    runs,
    prepare: (lake) => cpSync(bronze, join(lake, "bronze"), { recursive: true }),
    command: (cli, lake) => [cli, "run", lake],
    check: (lake) => expectGold(lake, batches),
  };
}

async function generate(cli, file, rows) {
  const sizes = ["--rows", String(rows), "--devices", String(DEVICES)];
  await runCommand([process.execPath, cli, "generate", ...sizes, "--out", file], ROOT);
}

/** A job that did half of its work would be fast. */
function expectGold(lake, batches) {
  const made = readdirSync(join(lake, "gold")).length;
  if (made !== batches) throw new Error(`Cannot compare: ${made} of ${batches} batches became gold. Run the tests.`);
}

/**
 * Runs both trees in turn, each in a fresh lake; who begins changes, for the first of two may find the disk busier. All jobs
 * take their first turn before any takes its second, so that what there is at the end of the time is even.
 */
async function inTurn(jobs, trees, lake, until) {
  const sides = jobs.map(() => ({ before: [], now: [] }));
  for (let turn = 0; turn < Math.max(...jobs.map(({ runs }) => runs)); turn++) {
    const order = turn % 2 === 0 ? ["before", "now"] : ["now", "before"];
    for (const [i, job] of jobs.entries()) {
      if (turn >= job.runs || (turn > 0 && performance.now() > until)) continue;
      for (const tree of order) sides[i][tree].push(await once(job, trees[tree], lake));
      say(`${job.name}, run ${turn + 1}: ${sides[i].before[turn].wall} s before, ${sides[i].now[turn].wall} s now`);
    }
  }
  return jobs.map(({ name }, i) => {
    return { name, runs: sides[i].now.length, ...compareRuns(sides[i].before, sides[i].now) };
  });
}

/** One run; making, checking and removing its lake is outside the timing. */
async function once(job, cli, lake) {
  mkdirSync(lake);
  job.prepare(lake);
  settle();
  const measurement = await measure([process.execPath, ...job.command(cli, lake)]);
  job.check(lake);
  rmSync(lake, { recursive: true });
  return measurement;
}

function tableOf(results) {
  const cells = ({ before, now, ratio }) => [before.toFixed(3), now.toFixed(3), ratio.toFixed(2)];
  return table(
    ["", "wall s before", "now", "ratio", "user CPU s before", "now", "ratio", "runs"],
    results.map(({ name, runs, wall, user }) => [name, ...cells(wall), ...cells(user), String(runs)]),
  );
}
