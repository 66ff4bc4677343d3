import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, measure, medians } from "./measure.mjs";
import { say } from "./options.mjs";
import { median } from "./ratio.mjs";
import { fixed, ratioTable, table } from "./tables.mjs";

/** What is asked of a table of many readings, and how long the answer takes. */

const DEVICE = "FAB-FLW-007";
const COUNT = "select count(*) from readings";
const ONE_DEVICE = `select count(*), avg(value), min(timestamp), max(timestamp) from readings where device_id = '${DEVICE}'`;
/** Requests of the API of each kind; the first is told apart. */
const REQUESTS = 50;
const LIMIT = 1000;

const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/** `sql` as a whole process, beside a script that opens DuckDB and asks it the same of the same files, or counts one of them. */
export async function askedInSql(cli, lake, work, runs) {
  const files = filesOf(lake);
  const ours = (/** @type {string} */ sql) => [process.execPath, cli, "sql", sql, "--lake", lake, "--quiet"];
  const theirs = (sql, asked) => [process.execPath, path("peers/duckdb-ask.mjs"), sql, ...asked];
  const questions = [
    { name: "count(*)", ours: ours(COUNT), theirs: theirs(COUNT, files.slice(0, 1)) },
    { name: "one device", ours: ours(ONE_DEVICE), theirs: theirs(ONE_DEVICE, files) },
  ];
  const results = questions.map(() => ({ ours: [], theirs: [] }));
  for (let turn = 0; turn < runs; turn++) {
    for (const [i, question] of questions.entries()) {
      results[i].ours.push(await measure(question.ours));
      results[i].theirs.push(await measure(question.theirs));
    }
  }
  const tables = questions.map(({ name }, i) => {
    const [us, them] = [medians(results[i].ours), medians(results[i].theirs)];
    const shown = [
      { name: `vantageflow sql: ${name}`, medians: us },
      { name: "DuckDB", medians: them },
    ];
    return ratioTable(shown, them, "ms", ({ wall }) => fixed(wall * 1000, 0));
  });
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const read = (await bytesRead(ours(ONE_DEVICE), work)) - (await bytesRead(ours("select 1"), work));
  const share = `For one device ${(read / 1e6).toFixed(1)} of ${(bytes / 1e6).toFixed(1)} MB in ${files.length} files are read: ${((100 * read) / bytes).toFixed(1)} %.`;
  const text = `Medians of ${runs} interleaved runs of whole processes, load ${load()}. DuckDB counts one file, and asks all files for the device. ${share}`;
  return { title: "Asked in SQL", text, table: tables.join("\n") };
}

/** One device's last readings, by a server that has answered before. */
export async function askedOfApi(cli, lake) {
  const server = spawn(process.execPath, [cli, "dashboard", "--port", "0", "--json", "--quiet", "--lake", lake]);
  try {
    const [line] = await server.stdout.take(1).toArray();
    const { url } = JSON.parse(String(line));
    const { headers } = await fetch(url, { redirect: "manual" });
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    const ask = async (/** @type {string} */ device) => {
      const start = performance.now();
      const answer = await fetch(new URL(`/api/v1/readings?device=${device}&limit=${LIMIT}`, url), {
        headers: { cookie },
      });
      const { readings } = await answer.json();
      if (readings?.length !== LIMIT) throw new Error(`the API gave ${answer.status} and ${readings?.length} readings`);
      return performance.now() - start;
    };
    const first = await ask(DEVICE);
    const kinds = [
      { name: "the same device", device: () => DEVICE },
      { name: "another device each time", device: (i) => `FAB-FLW-${String(i + 8).padStart(3, "0")}` },
    ];
    const rows = [["the first, nothing is known of the table", fixed(first, 0), "", ""]];
    for (const { name, device } of kinds) {
      const [times, cpu] = [[], cpuOf(server.pid)];
      for (let i = 0; i < REQUESTS; i++) times.push(await ask(device(i)));
      const each = cpu === null ? null : (cpuOf(server.pid) - cpu) / REQUESTS;
      rows.push([name, fixed(median(times), 0), fixed(Math.min(...times), 0), fixed(each, 0)]);
    }
    say("the API has answered");
    const text = `\`GET /api/v1/readings?device=…&limit=${LIMIT}\` of a directory, ${REQUESTS} requests of each kind one after the other, load ${load()}.`;
    return { title: "Asked of the API", text, table: table(["", "median ms", "fastest ms", "CPU ms"], rows) };
  } finally {
    server.kill();
  }
}

/** The files of the newest version, by the log. */
function filesOf(lake) {
  const folder = join(lake, "tables/readings");
  const log = join(folder, "_delta_log");
  const files = new Set();
  for (const name of readdirSync(log)
    .filter((one) => one.endsWith(".json"))
    .sort()) {
    for (const line of readFileSync(join(log, name), "utf8").trimEnd().split("\n")) {
      const { add, remove } = JSON.parse(line);
      if (add) files.add(join(folder, decodeURIComponent(add.path)));
      if (remove) files.delete(join(folder, decodeURIComponent(remove.path)));
    }
  }
  return [...files];
}

/** Of all files that the process opens, its own code too. NaN where there is no /proc. */
async function bytesRead([node, ...command], work) {
  const file = join(work, "bytes-read");
  process.env.BYTES_READ = file;
  await measure([node, "--import", path("peers/bytes-read.mjs"), ...command]);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
}

/** Milliseconds of CPU time of a process so far, to a hundredth of a second; null without /proc. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}
