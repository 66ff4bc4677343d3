/**
 * Measures sources that contracts read, beside DuckDB doing the same job, and what rules and a plan cost, as whole
 * processes, interleaved. `npm run build` first.
 *
 *   npm run bench:contracts -- --runs 5
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runJobs } from "./jobs.mjs";
import { measure, medians, settle } from "./measure.mjs";
import { benchmark, COMMON_HELP, count, optionsOf, say } from "./options.mjs";
import { runCommand } from "./processes.mjs";
import { writeNested, writePlain, writeSemicolons } from "./sources.mjs";
import { ratioTable } from "./tables.mjs";

const HELP = `Usage: npm run bench:contracts -- [options]

  --rows N         rows of five measures in the semicolon file (1000000)
  --readings N     readings of the nested NDJSON file, three a line (2000000)
  --plain N        rows of the built-in contract's file, for rules (2000000)
  --batches N      batches of 1 MB for plan; 0 leaves it out (100)
  --runs N         runs of each, interleaved; medians are shown (5)
  --only A,B       only these jobs: semicolons, nested, rules, plan
${COMMON_HELP}`;

const values = optionsOf({
  rows: { type: "string", default: "1000000" },
  readings: { type: "string", default: "2000000" },
  plain: { type: "string", default: "2000000" },
  batches: { type: "string", default: "100" },
  runs: { type: "string", default: "5" },
  only: { type: "string", default: "semicolons,nested,rules,plan" },
});
const runs = count(values, "runs");
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

process.exitCode = await benchmark("bench-contracts", values, HELP, (work) =>
  runJobs({ semicolons, nested, rules, plan }, values, "bench:contracts", work),
);

async function semicolons(work) {
  const rows = count(values, "rows");
  const file = join(work, "air.csv");
  await writeSemicolons(file, rows);
  return besideDuckDb(work, file, "air", "duckdb-semicolons.mjs", {
    title: `${rows.toLocaleString("en-US")} rows of five measures, semicolons, decimal commas, date and time apart`,
    readings: rows * 5,
  });
}

async function nested(work) {
  const readings = count(values, "readings");
  const file = join(work, "field.ndjson");
  await writeNested(file, Math.ceil(readings / 3));
  return besideDuckDb(work, file, "field", "duckdb-nested.mjs", {
    title: `${readings.toLocaleString("en-US")} readings, nested NDJSON`,
    readings,
  });
}

/** Both write silver and anomalies, and gold; vantageflow alone also lands the file, hashes, fsyncs and writes receipts. */
async function besideDuckDb(work, file, contract, peer, { title, readings }) {
  const contenders = [
    {
      name: "vantageflow",
      command: (out) => ours(["ingest", "--contract", path(`contracts/${contract}.json`), file], out),
    },
    { name: "DuckDB", command: (out) => [process.execPath, path(`peers/${peer}`), file, out] },
  ];
  const results = await interleaved(work, contenders);
  rmSync(file);
  const text = "Medians of interleaved runs of whole processes; ratios are to DuckDB.";
  return { title, text, table: readingsTable(results, 1, readings) };
}

async function rules(work) {
  const rows = count(values, "plain");
  const file = join(work, "plain.csv");
  await writePlain(values.cli, file, rows);
  const contract = path("contracts/ranges.json");
  const contenders = [
    { name: "built-in contract", command: (out) => ours(["ingest", file], out) },
    { name: "the same with rules", command: (out) => ours(["ingest", "--contract", contract, file], out) },
  ];
  const results = await interleaved(work, contenders);
  rmSync(file);
  const text = "Three ranges by unit and device, two thresholds by device; ratios are to the built-in contract.";
  return { title: `Rules on ${rows.toLocaleString("en-US")} rows`, text, table: readingsTable(results, 0, rows) };
}

async function plan(work) {
  const batches = count(values, "batches");
  const lake = join(work, "planned");
  const source = join(work, "batch.csv");
  await writePlain(values.cli, source, 21_000);
  mkdirSync(join(lake, "bronze"), { recursive: true });
  for (let i = 0; i < batches; i++) copyFileSync(source, join(lake, "bronze", `b${i}.csv`));
  await runCommand([process.execPath, values.cli, "run", "--lake", lake, "--quiet"], work);
  const of =
    (...args) =>
    () => [process.execPath, values.cli, ...args, "--lake", lake, "--quiet"];
  const results = await interleaved(work, [
    { name: "run --reprocess", command: of("run", "--reprocess") },
    { name: "plan --anomaly-threshold 0.7", command: of("plan", "--anomaly-threshold", "0.7") },
  ]);
  rmSync(lake, { recursive: true });
  const title = `plan of a threshold, ${batches} batches of ${(readFileSync(source).length / 1e6).toFixed(1)} MB`;
  return { title, text: "Ratios are to run --reprocess.", table: readingsTable(results, 0, batches * 21_000) };
}

function ours(args, lake) {
  return [process.execPath, values.cli, ...args, "--lake", lake, "--quiet"];
}

async function interleaved(work, contenders) {
  const results = contenders.map(({ name }) => ({ name, measurements: [] }));
  for (let turn = 0; turn < runs; turn++) {
    for (const [i, { name, command }] of contenders.entries()) {
      const out = join(work, "out");
      mkdirSync(out);
      settle();
      const measurement = await measure(command(out));
      rmSync(out, { recursive: true });
      results[i].measurements.push(measurement);
      say(`${name}: run ${turn + 1}: ${measurement.wall} s`);
    }
  }
  return results.map(({ name, measurements }) => ({ name, medians: medians(measurements) }));
}

function readingsTable(results, to, readings) {
  const each = ({ wall }) => Math.round(readings / wall).toLocaleString("en-US");
  return ratioTable(results, results[to].medians, "readings/s", each);
}
