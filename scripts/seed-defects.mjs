// Sees the tests of tables fail: seeds the defects of defects.txt, one after the other, in a copy of the sources, and runs the test that is
// to find it.
//   node scripts/seed-defects.mjs            all of them, some minutes
//   node scripts/seed-defects.mjs 4 7        those of lines 4 and 7 of "What a writer must do" in docs/tables.md
// Exits 1 where a defect is not found, where its place is not there any more, or where a test fails without one.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What stands between two empty lines of defects.txt, its first lines aside. */
const [, ...blocks] = readFileSync(new URL("defects.txt", import.meta.url), "utf8")
  .trim()
  .split("\n\n");
const DEFECTS = blocks.map((block) => {
  const [label, source, from, to, found] = block.split("\n");
  const [file, ...name] = found.split(": ");
  return { label, source, from: from.slice(2), to: to.slice(2), file, name: name.join(": ") };
});

/** Of the tests of a file, on a busy machine. */
const LONGEST_MS = 900_000;

const wanted = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "vantageflow-defects-"));
const COPIED = ["src", "test"];
for (const name of readdirSync(".")) {
  if (COPIED.includes(name)) cpSync(name, join(root, name), { recursive: true });
  else if (name !== ".git") symlinkSync(resolve(name), join(root, name));
}
const config = join(root, "defects.config.mjs");
// Without what all tests are set up with: the built command line and servers are not needed.
const test = {
  root,
  include: ["test/**/*.test.ts"],
  reporters: ["dot"],
  maxWorkers: 1,
  testTimeout: 600_000,
  hookTimeout: 600_000,
};
writeFileSync(config, `export default ${JSON.stringify({ test })};\n`);

/** Whether the tests of a file with one of these in their names pass; throws where there is none. */
function passes(file, ...names) {
  const pattern = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const args = ["node_modules/vitest/vitest.mjs", "run", "--config", config, file, "-t", pattern];
  // A defect may keep a test going for ever: that is no pass either.
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: LONGEST_MS });
  // Where what all of them are prepared by fails, none is run.
  if (status === 0 && !/Tests .*passed/.test(stdout)) throw new Error(`${file} has no test "${names}":\n${stdout}`);
  return status === 0;
}

const problems = [];
try {
  const isWanted = ({ label }) => wanted.length === 0 || wanted.includes(label.split(":")[0]);
  const chosen = DEFECTS.filter(isWanted);
  for (const file of new Set(chosen.map((one) => one.file))) {
    const names = chosen.filter((one) => one.file === file).map(({ name }) => name);
    if (!passes(file, ...names)) problems.push(`${file} fails without a defect`);
  }
  for (const { label, source, from, to, file, name } of chosen) {
    const path = join(root, source);
    const text = readFileSync(path, "utf8");
    if (text.split(from).length !== 2) {
      problems.push(`${label}: its place is not in ${source} once`);
      continue;
    }
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    const isFound = !passes(file, name);
    writeFileSync(path, text);
    console.log(`${isFound ? "found" : "NOT FOUND"}  ${label}: ${file}`);
    if (!isFound) problems.push(`${label}: ${file} "${name}" does not find it`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
