// What `vantageflow verify` takes on a lake of many small objects with a flipped bit, a removed output and a renamed batch in
// it, beside reading every byte of that lake once (`cat`) and taking the digest of each file (`sha256sum`):
//   npm run bench:verify [-- --batches 2500 --rows 100 --runs 3]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    batches: { type: "string", default: "2500" },
    rows: { type: "string", default: "100" },
    runs: { type: "string", default: "3" },
  },
});
const [batches, rows, runs] = ["batches", "rows", "runs"].map((name) => Number(values[name]));
const CLI = resolve("dist/cli.js");
const root = mkdtempSync(join(tmpdir(), "vantageflow-bench-verify-"));
const lake = join(root, "lake");
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Median of the runs in seconds, on the clock. */
function timed(work) {
  const seconds = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
  });
  return median(seconds).toFixed(2).padStart(6);
}

const shell = (line) => execFileSync("bash", ["-c", line], { cwd: lake, stdio: ["ignore", "ignore", "inherit"] });
const verify = () => spawnSync(process.execPath, [CLI, "verify", lake, "--restart", "--json"], { encoding: "utf8" });

try {
  mkdirSync(join(lake, "bronze"), { recursive: true });
  const text = execFileSync(process.execPath, [CLI, "generate", "--rows", String(rows)], { encoding: "utf8" });
  for (let n = 0; n < batches; n++) writeFileSync(join(lake, `bronze/b${String(n).padStart(6, "0")}.csv`), text);
  execFileSync(process.execPath, [CLI, "run", lake, "--quiet"], { stdio: "ignore" });
  const flipped = join(lake, "silver/b000001.csv");
  const bytes = readFileSync(flipped);
  bytes[bytes.length - 3] ^= 1;
  writeFileSync(flipped, bytes);
  rmSync(join(lake, "gold/b000002.csv"));
  renameSync(join(lake, "bronze/b000003.csv"), join(lake, "bronze/renamed.csv"));
  const { counts } = JSON.parse(verify().stdout);
  const layers = "find bronze silver anomalies gold -type f -print0";
  console.log(`${batches} batches of ${rows} rows: ${JSON.stringify(counts)}`);
  console.log(`verify                        ${timed(verify)} s`);
  console.log(`cat of every file             ${timed(() => shell(`${layers} | xargs -0 -n 1 cat > /dev/null`))} s`);
  console.log(
    `sha256sum of every file       ${timed(() => shell(`${layers} | xargs -0 -n 1 sha256sum > /dev/null`))} s`,
  );
  console.log(`cat, all in one process       ${timed(() => shell(`${layers} | xargs -0 cat > /dev/null`))} s`);
  console.log(`sha256sum, all in one process ${timed(() => shell(`${layers} | xargs -0 sha256sum > /dev/null`))} s`);
} finally {
  rmSync(root, { recursive: true });
}
