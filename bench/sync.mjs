/**
 * Measures how readings get into the open table and what is asked of it, beside DuckDB on the same CSV and the same files, as whole
 * processes, interleaved. `npm run build` first.
 *
 *   npm run bench:tables -- --runs 5
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runJobs } from "./jobs.mjs";
import { load, measure, medians, settle } from "./measure.mjs";
import { benchmark, COMMON_HELP, count, optionsOf, say } from "./options.mjs";
import { runCommand } from "./processes.mjs";
import { askedInSql, askedOfApi } from "./questions.mjs";
import { median } from "./ratio.mjs";
import { writePlain } from "./sources.mjs";
import { ratioTable } from "./tables.mjs";

const HELP = `Usage: npm run bench:tables -- [options]

  --rows N         rows of one large batch (2000000)
  --batches N      small batches; 0 leaves them out (10000)
  --each N         rows of each small batch (50)
  --many N         rows of the table that is asked; they are brought in once (20000000)
  --runs N         runs of each, interleaved; medians are shown (5)
  --only A,B       only these jobs: large, small, many
${COMMON_HELP}`;

const values = optionsOf({
  rows: { type: "string", default: "2000000" },
  batches: { type: "string", default: "10000" },
  each: { type: "string", default: "50" },
  many: { type: "string", default: "20000000" },
  runs: { type: "string", default: "5" },
  only: { type: "string", default: "large,small,many" },
});
/** Of the table that is asked. */
const MANY_DEVICES = 1000;

const runs = count(values, "runs");
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

process.exitCode = await benchmark("bench-tables", values, HELP, (work) =>
  runJobs({ large, small, many }, values, "bench:tables", work),
);

async function large(work) {
  const rows = count(values, "rows");
  const source = join(work, "readings.csv");
  await writePlain(values.cli, source, rows);
  const lake = join(work, "large");
  await vantageflow(["ingest", source], lake, work);
  rmSync(source);
  const title = `${rows.toLocaleString("en-US")} rows in one batch`;
  return { title, ...(await beside(work, lake, rows, runs)) };
}

/** A device has as many readings a day as in the large batch. The table stays and is asked, its files merged, as they are once it is kept. */
async function many(work) {
  const rows = count(values, "many");
  const source = join(work, "readings.csv");
  await writePlain(values.cli, source, rows, MANY_DEVICES);
  const lake = join(work, "many");
  await vantageflow(["ingest", source], lake, work);
  rmSync(source);
  const title = `${rows.toLocaleString("en-US")} rows of ${MANY_DEVICES.toLocaleString("en-US")} devices`;
  const growth = { title, ...(await beside(work, lake, rows, 1)) };
  await vantageflow(["tables", "sync"], lake, work);
  await vantageflow(["tables", "compact"], lake, work);
  return [growth, await askedInSql(values.cli, lake, work, runs), await askedOfApi(values.cli, lake)];
}

/** Each of the batches has been split, as `run` does it: its anomalies stand beside it. */
async function small(work) {
  const [batches, each] = [count(values, "batches"), count(values, "each")];
  const lake = join(work, "small");
  const source = join(work, "readings.csv");
  await writePlain(values.cli, source, batches * each);
  const [header, ...lines] = readFileSync(source, "utf8").trimEnd().split("\n");
  rmSync(source);
  mkdirSync(join(lake, "bronze"), { recursive: true });
  for (let i = 0; i < batches; i++) {
    const rows = lines.slice(i * each, (i + 1) * each);
    const name = `b${String(i).padStart(6, "0")}.csv`;
    writeFileSync(join(lake, "bronze", name), `${[header, ...rows].join("\n")}\n`);
  }
  await vantageflow(["run"], lake, work);
  const title = `${batches.toLocaleString("en-US")} batches of ${each} rows`;
  return { title, ...(await beside(work, lake, batches * each, runs)) };
}

/** Ours makes a commit and writes receipts, too, and flushes all of it to the disk. */
async function beside(work, lake, rows, turns) {
  const out = join(work, "out");
  const contenders = [
    {
      name: "vantageflow tables sync",
      command: [process.execPath, values.cli, "tables", "sync", "--lake", lake, "--quiet"],
      folder: join(lake, "tables"),
    },
    {
      name: "DuckDB",
      prepare: () => mkdirSync(out),
      command: [process.execPath, path("peers/duckdb-table.mjs"), lake, out],
      folder: out,
    },
  ];
  const results = contenders.map(({ name }) => ({ name, measurements: [], files: [], bytes: [] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { name, prepare, command, folder }] of contenders.entries()) {
      prepare?.();
      settle();
      const measurement = await measure(command);
      const written = parquetIn(folder);
      results[i].measurements.push(measurement);
      results[i].files.push(written.length);
      results[i].bytes.push(written.reduce((sum, bytes) => sum + bytes, 0));
      aside(folder);
      say(`${name}: run ${turn + 1}: ${measurement.wall} s, ${measurement.cpu} s of CPU`);
    }
    forget(lake);
  }
  const shown = results.map(({ name, measurements, files, bytes }) => {
    const what = `${median(files)} file${median(files) === 1 ? "" : "s"}, ${(median(bytes) / 1e6).toFixed(1)} MB`;
    return { name: `${name}: ${what}`, medians: medians(measurements) };
  });
  const each = ({ wall }) => Math.round(rows / wall).toLocaleString("en-US");
  const text = `Medians of ${turns} interleaved run${turns === 1 ? "" : "s"} of whole processes, load ${load()}; ratios are to DuckDB.`;
  return { text, table: ratioTable(shown, shown[1].medians, "rows/s", each) };
}

/** What a sync knows of the table that is taken away now. */
function forget(lake) {
  for (const one of ["state", "receipts/vantageflow-tables"]) aside(join(lake, one));
}

/** What was made stays until the end: ext4 makes files slowly for minutes after many were removed. */
function aside(folder) {
  if (!existsSync(folder)) return;
  const names = readdirSync(join(folder, "..")).length;
  renameSync(folder, `${folder}-${names}-aside`);
}

function parquetIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".parquet")).map((name) => statSync(join(folder, name)).size);
}

async function vantageflow(args, lake, work) {
  await runCommand([process.execPath, values.cli, ...args, "--lake", lake, "--quiet"], work);
}
