import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCommit, findCommit } from "./before.mjs";
import { findPython } from "./contenders.mjs";
import { measure, medians, settle } from "./measure.mjs";
import { count, say } from "./options.mjs";
import { runCommand } from "./processes.mjs";
import { fixed, ratioTable } from "./tables.mjs";

/** Options of many files, for whoever measures them. */
export const BATCH_OPTIONS = /** @type {const} */ ({
  small: { type: "string", default: "5000" },
  files: { type: "string", default: "1000" },
  middling: { type: "string", default: "100" },
  turns: { type: "string", default: "3" },
  before: { type: "string", default: "6e1270b" },
});

export const BATCH_HELP = `  --small N        batches of 50 rows that one run takes (5000); 0 leaves it out
  --files N        files of 50 rows that one ingest takes (1000); 0 leaves it out
  --middling N     batches of 21,000 rows, 1.1 MB, that one run takes (100); 0 leaves it out
  --turns N        runs of each of these, interleaved; medians are shown (3)
  --before COMMIT  an earlier build, made by the benchmark (6e1270b); "" leaves it out
`;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SMALL_ROWS = 50;
const MIDDLING_ROWS = 21_000;

/**
 * This build on all cores and on one, an earlier one, and a script in Python, each with the same batches. Lakes stay until
 * the end, some 0.5 GB a turn: ext4 makes files slowly for minutes after many were removed.
 */
export async function batchSections(work, values) {
  const commit = values.before === "" ? null : findCommit(ROOT, values.before);
  if (commit !== null) say(`Building ${values.before}`);
  const former = commit === null ? null : await buildCommit(ROOT, commit, join(work, "before"));
  const python = findPython();
  const sections = [];
  for (const job of jobs(values)) {
    if (job.batches > 0) sections.push(await compare(work, values, job, { former, python }));
  }
  return sections;
}

function jobs(values) {
  const [small, files, middling] = ["small", "files", "middling"].map((name) => count(values, name, 0));
  return [
    { title: `run over ${small} batches of ${SMALL_ROWS} rows`, batches: small, rows: SMALL_ROWS, verb: "run" },
    { title: `ingest of ${files} files of ${SMALL_ROWS} rows`, batches: files, rows: SMALL_ROWS, verb: "ingest" },
    {
      title: `run over ${middling} batches of ${MIDDLING_ROWS} rows`,
      batches: middling,
      rows: MIDDLING_ROWS,
      verb: "run",
    },
  ];
}

/** @param {ReturnType<typeof jobs>[number]} job */
async function compare(work, values, job, { former, python }) {
  const place = `${job.verb}-${job.rows}`;
  const bronze = join(work, place);
  await makeBronze(bronze, values, job);
  // A run finds its batches in the lake, and so does the script; an ingest is given them.
  const isRun = job.verb === "run";
  const given = isRun ? [] : readdirSync(bronze).map((name) => join(bronze, name));
  const ours = (cli, lake) => [process.execPath, cli, job.verb, "--lake", lake, ...given, "--quiet"];
  const script = fileURLToPath(new URL("./peers/small_files.py", import.meta.url));
  const all = [
    former && { name: `${values.before}`, command: (lake) => ours(former, lake) },
    { name: `this build, ${availableParallelism()} cores`, command: (lake) => ours(values.cli, lake) },
    // The same as on a machine with one core: no more threads are started than there are cores to use.
    { name: "this build, one core", command: (lake) => ["taskset", "-c", "0", ...ours(values.cli, lake)] },
    former && { name: `${values.before}, one core`, command: (lake) => ["taskset", "-c", "0", ...ours(former, lake)] },
    python && isRun && { name: "Python script", command: (lake) => [python.executable, script, lake] },
  ].filter(Boolean);
  const results = all.map(({ name }) => ({ name, measurements: [] }));
  for (let turn = 0; turn < count(values, "turns"); turn++) {
    for (const [i, { name, command }] of all.entries()) {
      const lake = join(work, `${place}-${turn}-${i}`);
      mkdirSync(lake);
      if (isRun) cpSync(bronze, join(lake, "bronze"), { recursive: true });
      settle();
      const measurement = await measure(command(lake));
      results[i].measurements.push(measurement);
      say(`${job.title}, ${name}, run ${turn + 1}: ${measurement.wall} s`);
    }
  }
  const text = "Medians of interleaved runs of whole processes; ratios are to the first line.";
  const rows = results.map(({ name, measurements }) => ({ name, medians: medians(measurements) }));
  const each = ({ wall }) => fixed((wall / job.batches) * 1000, 2);
  return { title: job.title, text, table: ratioTable(rows, rows[0].medians, "ms/batch", each) };
}

async function makeBronze(folder, values, { batches, rows }) {
  mkdirSync(folder);
  const source = join(folder, "batch.csv");
  const sizes = ["--rows", String(batches * rows), "--devices", "200"];
  await runCommand([process.execPath, values.cli, "generate", ...sizes, "--seed", "1", "--out", source], folder);
  const split = `{ read -r header; split -a 5 -d -l "$2" --filter='{ echo "$HEADER"; cat; } > "$FILE"' - b; } < <(tail -n +1 "$1")`;
  const command = `HEADER=$(head -n 1 "$1"); export HEADER; ${split}; rm "$1"; for f in b*; do mv "$f" "$f.csv"; done`;
  await runCommand(["bash", "-c", command, "bash", source, String(rows)], folder);
}
