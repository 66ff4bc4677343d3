// Where install-trino.mjs puts Trino, and which Java runs it.
import { spawnSync } from "node:child_process";
import { readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The last one whose server is on Maven Central. */
export const TRINO_VERSION = "476";
export const TRINO_FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vantageflow-trino");
const OLDEST_JAVA = 24;

/** The home of a JDK that can run it: JAVA_HOME's, or one that stands beside the default one; null where there is none. */
export function findJdk() {
  return homes().find((home) => versionOf(home) >= OLDEST_JAVA) ?? null;
}

function homes() {
  const named = process.env.JAVA_HOME ? [process.env.JAVA_HOME] : [];
  const path = (process.env.PATH ?? "").split(":").map((folder) => join(folder, "java"));
  for (const java of path) {
    try {
      const beside = dirname(dirname(dirname(realpathSync(java))));
      return [...named, ...readdirSync(beside).map((name) => join(beside, name))];
    } catch {
      // Not in this folder.
    }
  }
  return named;
}

function versionOf(home) {
  const { stderr } = spawnSync(join(home, "bin/java"), ["-version"], { encoding: "utf8" });
  return Number(/version "(\d+)/.exec(stderr ?? "")?.[1] ?? 0);
}
