/**
 * Measures vantageflow beside others that do the same job, as whole processes. `npm run build` first.
 *
 *   npm run bench -- --rows 2000000 --devices 200 --markdown docs/benchmark.md
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BATCH_HELP, BATCH_OPTIONS, batchSections } from "./batch-jobs.mjs";
import { differences, readResult } from "./check.mjs";
import { contenders } from "./contenders.mjs";
import { measure, medians, settle } from "./measure.mjs";
import { benchmark, COMMON_HELP, count, optionsOf, say } from "./options.mjs";
import { growthTable, jobTable, machine, markdown, startTable } from "./tables.mjs";

const HELP = `Usage: npm run bench -- [options]

  --rows N         rows of the job (2000000)
  --devices N      devices (200)
  --seed N         seed of the readings (1)
  --runs N         runs of each, interleaved; medians are shown (5)
  --slow-runs N    runs of fast-csv, csv-parse and Python (1)
  --only A,B       only these beside vantageflow: duckdb, fast-csv, csv-parse, "python csv", "python csv tuned", cp, "node -e 0"
  --scale LIST     rows of the growth table (10000,100000,1000000,10000000)
  --no-scale       without growth and without the 100,000 devices
  --no-batches     without many files
${BATCH_HELP}  --json FILE      writes every run
${COMMON_HELP}`;
/** @typedef {import("./measure.mjs").Measurement} Measurement */

const MANY_DEVICES = 100_000;
const GROWTH_RUNS = 3;
const START_RUNS = 15;

const values = optionsOf({
  rows: { type: "string", default: "2000000" },
  devices: { type: "string", default: "200" },
  seed: { type: "string", default: "1" },
  runs: { type: "string", default: "5" },
  "slow-runs": { type: "string", default: "1" },
  only: { type: "string" },
  scale: { type: "string", default: "10000,100000,1000000,10000000" },
  "no-scale": { type: "boolean", default: false },
  "no-batches": { type: "boolean", default: false },
  ...BATCH_OPTIONS,
  json: { type: "string" },
});
const rows = count(values, "rows");
const devices = count(values, "devices");
const runs = count(values, "runs");
const slowRuns = count(values, "slow-runs");

process.exitCode = await benchmark("bench", values, HELP, run);

async function run(work) {
  const all = contenders(values.cli);
  const wanted = values.only?.toLowerCase().split(",");
  const chosen = all.filter(({ name }, i) => i === 0 || !wanted || wanted.includes(name.toLowerCase()));
  const engines = chosen.filter(({ name }) => name === "vantageflow" || name === "DuckDB");
  const several = { times: runs, slowTimes: slowRuns };
  const few = { times: Math.min(runs, GROWTH_RUNS), slowTimes: 1 };

  const job = await compare(work, chosen, rows, devices, several);
  const sections = [
    {
      title: `${rows.toLocaleString("en-US")} rows, ${devices} devices`,
      text: "Medians of interleaved runs of whole processes; ratios are to vantageflow, which alone also lands the file in bronze, hashes, fsyncs and writes receipts.",
      table: jobTable(job),
    },
  ];
  const growth = [];
  let many = [];
  if (!values["no-scale"]) {
    for (const size of values.scale.split(",").map(Number)) {
      growth.push(...(await compare(work, engines, size, devices, few)));
    }
    growth.sort((a, b) => engineOrder(a) - engineOrder(b));
    many = await compare(work, engines, rows, MANY_DEVICES, few);
    sections.push(
      { title: "Growth", text: "The same job, more rows.", table: growthTable(growth) },
      { title: "Many devices", text: "The same rows from 100,000 devices.", table: growthTable(many) },
    );
  }
  const start = await startUp(work, all);
  if (!values["no-batches"]) sections.push(...(await batchSections(work, values)));
  sections.push({ title: "Start-up", text: "50 rows, medians of 15 runs.", table: startTable(start) });

  const facts = {
    machine: machine(),
    versions: Object.fromEntries(chosen.filter((c) => c.outputs).map((c) => [c.name, c.version])),
    date: new Date().toISOString(),
    command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
  };
  process.stdout.write(markdown(facts, sections));
  if (values.markdown) writeFileSync(values.markdown, markdown(facts, sections));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...facts, job, growth, many, start }, null, 2)}\n`);
  return [...job, ...growth, ...many].some(({ same }) => same === "NO") ? 1 : 0;

  function engineOrder(result) {
    return engines.findIndex(({ name }) => name === result.name);
  }
}

/** Runs each of `chosen` on the same readings in turn, and compares what they made after the first turn. */
async function compare(work, chosen, rowCount, deviceCount, { times, slowTimes }) {
  const input = join(work, "readings.csv");
  await generate(input, rowCount, deviceCount);
  const results = chosen.map(({ name, outputs }) => ({
    name,
    rows: outputs || name === "cp" ? rowCount : 0,
    devices: deviceCount,
    same: "",
    /** @type {Measurement[]} */
    measurements: [],
  }));
  let expected;
  for (let turn = 0; turn < times || turn < slowTimes; turn++) {
    for (const [i, contender] of chosen.entries()) {
      if (turn >= (contender.slow ? slowTimes : times)) continue;
      const { measurement, result } = await once(work, contender, input, turn === 0);
      results[i].measurements.push(measurement);
      say(`${contender.name}: ${rowCount} rows, ${deviceCount} devices, run ${turn + 1}: ${measurement.wall} s`);
      if (result === null) continue;
      expected ??= result;
      const found = differences(result, expected);
      results[i].same = found.length === 0 ? "yes" : "NO";
      for (const difference of found) say(`  ${contender.name}: ${difference}`);
    }
  }
  rmSync(input);
  return results.map((r) => ({ ...r, runs: r.measurements.length, medians: medians(r.measurements) }));
}

/** One run into a fresh empty directory; making, checking and removing it is outside the timing. */
async function once(work, contender, input, read) {
  const out = join(work, "out");
  mkdirSync(out);
  settle();
  const measurement = await measure(contender.command(input, out));
  const result = read && contender.outputs ? await readResult(contender.outputs(input, out)) : null;
  rmSync(out, { recursive: true });
  return { measurement, result };
}

async function startUp(work, all) {
  const input = join(work, "readings.csv");
  await generate(input, 50, 10);
  const pair = [all[0], all.find(({ name }) => name === "node -e 0")];
  const results = pair.map(({ name }) => ({ name, measurements: /** @type {Measurement[]} */ ([]) }));
  for (let turn = 0; turn < START_RUNS; turn++) {
    for (const [i, contender] of pair.entries()) {
      results[i].measurements.push((await once(work, contender, input, false)).measurement);
    }
  }
  return results.map((r) => ({ ...r, medians: medians(r.measurements) }));
}

async function generate(file, rowCount, deviceCount) {
  say(`Generating ${rowCount} rows of ${deviceCount} devices`);
  const sizes = ["--rows", String(rowCount), "--devices", String(deviceCount)];
  await measure([process.execPath, values.cli, "generate", ...sizes, "--seed", values.seed, "--out", file]);
}
