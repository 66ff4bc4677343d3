import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./processes.mjs";

/** Unless somebody says otherwise. */
export const COMMIT_BEFORE = "HEAD~1";

/**
 * The commit that this tree is measured against; null where there is none: without git, in a shallow clone, in a first
 * commit. Throws for one that was asked for and is not there.
 * @param {string} root
 * @param {string} name as git takes it
 */
export function findCommit(root, name) {
  const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
  // A copy of this tree inside of somebody else's repository has no commits of its own.
  const isOwn = git("rev-parse", "--show-prefix").stdout?.trim() === "";
  const found = isOwn ? git("rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`) : null;
  if (found?.status === 0) return found.stdout.trim();
  if (name === COMMIT_BEFORE) return null;
  throw new Error(`Cannot measure against "${name}": it is no commit here. Name one, or fetch it first.`);
}

/**
 * Puts a commit's files into a folder and builds them there; nothing is left in the repository. Returns its command line.
 * @param {string} root
 * @param {string} commit
 * @param {string} folder not there yet
 */
export async function buildCommit(root, commit, folder) {
  mkdirSync(folder);
  const unpack = `set -o pipefail; git archive "$1" | tar -x -C "$2"`;
  await runCommand(["bash", "-c", unpack, "bash", commit, folder], root);
  const modules = join(root, "node_modules");
  if (existsSync(modules) && lockfile(root) === lockfile(folder)) symlinkSync(modules, join(folder, "node_modules"));
  else await runCommand(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
  await runCommand(["npm", "run", "build"], folder);
  return join(folder, "dist/cli.js");
}

function lockfile(tree) {
  const file = join(tree, "package-lock.json");
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
