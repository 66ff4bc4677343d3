// Makes a small lake with a released vantageflow and keeps it in one file, for lakes.test.ts to open for ever. How those in lakes/ were
// made, once for each release and never again:
//
//   git worktree add --detach ../released <commit> && (cd ../released && npm ci && npm run build)
//   node test/formats/make-lake.mjs --cli ../released/dist/cli.js --commit <commit> --out test/formats/lakes/<version>.jsonl
//
// The first line says of what version and commit it is, each other one has a file. What a file system knows of a file beside its bytes
// (inode, mtime, ctime) is kept with them: tokens and the names of side files were made of it.
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { cli: { type: "string" }, commit: { type: "string" }, out: { type: "string" } },
});
const CLI = resolve(values.cli);
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const reading = (minute, device, value, score) => `2025-01-01T00:${minute}:00Z,${device},${value},C,${score}\n`;
const readings = (from, count) =>
  Array.from({ length: count }, (_, i) =>
    reading(String(from + i).padStart(2, "0"), `D-${i % 3}`, 20 + i / 3, 0.1),
  ).join("");
/** What a command leaves of itself. */
const PASSING = [".vantageflow/locks/", ".vantageflow/owners/", ".vantageflow/tmp/", "logs/"];

const cwd = mkdtempSync(join(tmpdir(), "vantageflow-lake-"));
try {
  make();
  const version = run("--version").trim();
  const files = filesOf(join(cwd, "lake"));
  const lines = [{ version, commit: values.commit, made: "test/formats/make-lake.mjs" }, ...files];
  writeFileSync(values.out, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  console.log(`${values.out}: ${files.length} files of ${version}`);
} finally {
  rmSync(cwd, { recursive: true, force: true });
}

/** Done, refused and dismissed batches; versions that were replaced and removed; silver that stands alone. */
function make() {
  const put = (name, text) => {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  const odd = reading("50", "D-0", 99, 0.9);
  put("in/plain.csv", `${HEADER}${readings(0, 12)}`);
  put("in/mixed.csv", `${HEADER}${readings(12, 12)}${odd}2025-01-01T00:51:00Z,D-1,x,C,0.1\n\n`);
  put("in/cut.csv", `${HEADER}${readings(24, 6)}2025-01-01T00:40:00Z,"D\n0",1,C,0.1`);
  put("in/over.csv", `${HEADER}${readings(30, 8)}no reading\n${odd}`);
  put("in/open.csv", "no header\n1\n");
  put("in/seen.csv", `${HEADER}2025-01-01T00:00:00Z,"D-0,1,C,0.1\n`);
  run("ingest", ...["plain", "mixed", "cut", "over", "open", "seen"].map((name) => `in/${name}.csv`));
  // Its rejects are removed, the rest replaced.
  put("in/over.csv", `${HEADER}${readings(30, 10)}`);
  run("ingest", "in/over.csv", "--overwrite");
  put("lake/silver/by=hand/alone.csv", `${HEADER}${readings(40, 5)}`);
  run("run");
  const { dead_letters: letters } = JSON.parse(run("dlq", "list", "--json"));
  run("dlq", "dismiss", letters.find(({ source }) => source === "bronze/seen.csv").id);
  try {
    run("verify");
  } catch (error) {
    // There was no such command in 1.0.0.
    if (run("--version").trim() !== "1.0.0") throw error;
  }
}

function run(...args) {
  try {
    return execFileSync(process.execPath, [CLI, ...args], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    // Files were refused, as they should be.
    if (error.status === 1 && args[0] === "ingest") return error.stdout;
    throw error;
  }
}

function filesOf(lake) {
  const names = readdirSync(lake, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(lake.length + 1));
  return names
    .filter((path) => !PASSING.some((folder) => path.startsWith(folder)))
    .sort()
    .map((path) => {
      const { ino, mtimeNs, ctimeNs } = lstatSync(join(lake, path), { bigint: true });
      const stat = [ino, mtimeNs, ctimeNs].map(String);
      return { path, stat, text: readFileSync(join(lake, path), "utf8") };
    });
}
