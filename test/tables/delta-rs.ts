import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { rowText } from "./table.ts";

/** Other people's readers of Delta tables: delta-rs and polars, where `scripts/install-delta-rs.mjs` has put them. */

const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-delta-rs");
const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

export const hasDeltaRs = existsSync(python);
if (!hasDeltaRs) console.warn("Skipped: reading tables with delta-rs. Install it: node scripts/install-delta-rs.mjs");

/** Has delta-rs do something. */
export function runDeltaRs(code: string): void {
  execFileSync(python, ["-c", `import deltalake; ${code}`]);
}

type Cells = [string | null, string, number, string, number, string, number, boolean, string, [string, string][]];

/** The rows of tables in directories as delta-rs and as polars read them, each sorted in the form of `rowsOfTable`. */
export function readByDeltaRs(tables: readonly string[]) {
  const out = execFileSync(python, ["test/tables/read-delta.py", ...tables], { maxBuffer: 1e9, encoding: "utf8" });
  return out
    .trim()
    .split("\n")
    .map((line) => {
      const { version, rows, polars, count } = JSON.parse(line);
      return { version: Number(version), count: Number(count), arrow: textsOf(rows), polars: textsOf(polars) };
    });
}

/** What polars answers to the ten questions, asked of a table in a directory. */
export function askPolars(table: string): unknown[][][] {
  const out = execFileSync(python, ["test/sql/ask-polars.py", table], { maxBuffer: 1e9, encoding: "utf8" });
  const shown = (cell: unknown) => (typeof cell === "string" ? cell.replace(/(T[\d:]+)\.000Z$/, "$1Z") : cell);
  return out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as unknown[][]).map((row) => row.map(shown)));
}

function textsOf(rows: readonly Cells[]): string[] {
  return rows
    .map(([date, time, nanos, device, value, unit, score, anomaly, batch, more]) =>
      rowText({ date, time, nanos, device, value, unit, score, anomaly, batch, more }),
    )
    .sort();
}
