import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVersion } from "./jobs.mjs";

/**
 * @typedef {object} Outputs files of the job; rejects may be missing when there are none
 * @property {string} silver
 * @property {string} anomalies
 * @property {string} rejects
 * @property {string} gold
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} version
 * @property {boolean} slow runs only `--slow-runs` times
 * @property {(input: string, out: string) => string[]} command `out` is a directory; it exists, empty
 * @property {((input: string, out: string) => Outputs) | null} outputs null for a floor, which does another job
 */

const path = (/** @type {URL} */ url) => fileURLToPath(url);
const PEERS = {
  duckdb: path(new URL("./peers/duckdb.mjs", import.meta.url)),
  fastCsv: path(new URL("./peers/fast-csv.mjs", import.meta.url)),
  csvParse: path(new URL("./peers/csv-parse.mjs", import.meta.url)),
  python: path(new URL("./peers/csv_dict.py", import.meta.url)),
  pythonTuned: path(new URL("./peers/csv_module.py", import.meta.url)),
};

/**
 * Who runs: vantageflow first, then the peers that can run here, then the floors.
 * @param {string} cli the built command line
 * @returns {Contender[]}
 */
export function contenders(cli) {
  const node = process.execPath;
  const python = findPython();
  const all = [
    {
      name: "vantageflow",
      version: packageVersion("."),
      slow: false,
      command: (input, out) => [node, cli, "ingest", input, "--lake", out],
      outputs: lakeOutputs,
    },
    peerOf("DuckDB", packageVersion("node_modules/@duckdb/node-api"), [node, PEERS.duckdb], false),
    peerOf("fast-csv", packageVersion("node_modules/fast-csv"), [node, PEERS.fastCsv], true),
    peerOf("csv-parse", packageVersion("node_modules/csv-parse"), [node, PEERS.csvParse], true),
    python && peerOf("Python csv", python.version, [python.executable, PEERS.python], true),
    python && peerOf("Python csv tuned", python.version, [python.executable, PEERS.pythonTuned], true),
    floor("cp", "", (input, out) => ["cp", input, join(out, basename(input))]),
    floor("node -e 0", process.version, () => [node, "-e", "0"]),
  ];
  return all.filter((contender) => contender !== null);
}

/** @returns {Contender} */
function peerOf(name, version, program, slow) {
  const outputs = (_, out) => ({
    silver: join(out, "silver.csv"),
    anomalies: join(out, "anomalies.csv"),
    rejects: join(out, "rejects.csv"),
    gold: join(out, "gold.csv"),
  });
  return { name, version, slow, command: (input, out) => [...program, input, out], outputs };
}

/** @returns {Contender} */
function floor(name, version, command) {
  return { name, version, slow: false, command, outputs: null };
}

/** @returns {Outputs} */
function lakeOutputs(input, lake) {
  const name = basename(input, ".csv");
  return {
    silver: join(lake, "silver", `${name}.csv`),
    anomalies: join(lake, "anomalies", `${name}.csv`),
    rejects: join(lake, "anomalies", `${name}.rejects.csv`),
    gold: join(lake, "gold", `${name}.csv`),
  };
}

/** The interpreter itself: a version manager's shim for python3 would be billed to Python. */
export function findPython() {
  const script = "import sys; print(sys.executable); print(sys.version.split()[0])";
  const found = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  if (found.status !== 0) return null;
  const [executable, version] = found.stdout.trim().split("\n");
  return { executable, version };
}
