// Runs the command line's tests (test/cli) with each Node that vantageflow is for, one after the other, and prints the
// table of docs/platforms.md. The npm package `node` brings the binaries, into a temporary folder; the tests run the built
// command with the Node that they run in. Usage: node scripts/node-versions.mjs [major...]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const MAJORS = ["20", "22", "24", "26"];
/** A busy machine is no failure. */
const VITEST = ["run", "test/cli", "--testTimeout=600000", "--hookTimeout=600000"];
/** Vitest's own report (vitest.config.ts). */
const REPORT = "reports/vitest.json";

const majors = process.argv.length > 2 ? process.argv.slice(2) : MAJORS;
const home = mkdtempSync(join(tmpdir(), "vantageflow-node-"));
let failed = false;
try {
  const rows = majors.map(testWith);
  console.log("| Node | test/cli: passed | failed | skipped |\n|---|---:|---:|---:|");
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

/** Version and counts. */
function testWith(major) {
  const node = install(major);
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
  rmSync(REPORT, { force: true });
  // What asks the PATH for a node is to find this one.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  console.error(`Node ${version}`);
  const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", ...VITEST], { env, stdio: ["ignore", 2, 2] });
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(REPORT, "utf8"));
  failed ||= status !== 0;
  return [version, numPassedTests, numFailedTests, numPendingTests + numTodoTests];
}

/** The newest Node of a major version. */
function install(major) {
  const folder = mkdtempSync(join(home, "install-"));
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", `node@${major}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return join(folder, "node_modules/node/bin/node");
}
