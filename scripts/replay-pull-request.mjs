// Replays fixtures and tells a pull request what came out otherwise; exits as `vantageflow replay` does. What .github/actions/replay runs:
// FOLDERS, separated by spaces or lines; VERSION of the npm package, or COMMAND, a file that Node runs instead.
import { spawnSync } from "node:child_process";
import { fenced, tell } from "./pull-request.mjs";

const { FOLDERS = "", VERSION = "", COMMAND = "" } = process.env;
const folders = FOLDERS.split(/\s+/).filter((folder) => folder !== "");
const MAX_JSON_BYTES = 256 * 1024 * 1024;

const { status, stdout, stderr, error } = replay();
if (error !== undefined) throw error;
process.stderr.write(stderr);
const { cases, said } = read(stdout);
for (const { case: name, outcome, differences } of cases) {
  console.log(`${name}: ${outcome}`);
  for (const { diff } of differences) console.log(diff);
}
await tell("replay", markdown());
process.exitCode = status ?? 1;

function replay() {
  const args = ["replay", ...folders, "--json"];
  const options = { encoding: "utf8", maxBuffer: MAX_JSON_BYTES };
  if (COMMAND !== "") return spawnSync(process.execPath, [COMMAND, ...args], options);
  // Both go through a shell on Windows, where npx is a batch file.
  const unsafe = [VERSION, ...folders].find((one) => !/^[\w@.,+/\\^~-]*$/.test(one));
  if (unsafe !== undefined)
    throw new Error(`Cannot replay "${unsafe}": name folders and versions by letters, digits and - _ . / only.`);
  const shell = process.platform === "win32";
  return spawnSync("npx", ["--yes", `vantageflow@${VERSION || "latest"}`, ...args], { ...options, shell });
}

function read(text) {
  try {
    return { cases: JSON.parse(text).cases ?? [], said: "" };
  } catch {
    return { cases: [], said: text };
  }
}

function markdown() {
  const bad = cases.filter(({ outcome }) => outcome !== "same");
  const count = `${cases.length} ${cases.length === 1 ? "case" : "cases"}`;
  if (status === 0) return `**vantageflow replay**: ${count}, every byte the same.\n`;
  const head = cases.length === 0 ? "it could not run." : `${bad.length} of ${count} differ.`;
  const diffs = bad.flatMap(({ case: name, differences, error: why }) => [
    `# ${name}`,
    why ?? "",
    ...differences.map(({ diff }) => diff),
  ]);
  const text = cases.length === 0 ? said + stderr : diffs.filter((line) => line !== "").join("\n");
  const next = "If that is what you want: `vantageflow replay --update`, and commit what it writes.";
  return `**vantageflow replay**: ${head}\n\n${fenced(text, "diff")}\n${cases.length === 0 ? "" : `${next}\n`}`;
}
