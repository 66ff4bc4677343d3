// Installs Trino, the engine under Athena, for the test in test/sql/ that asks it the ten questions of docs/sql.md. Outside of
// the repository, once per machine: from Maven Central, 821 MB and 1.7 GB unpacked. Needs Maven (mvn), tar, and a JDK of version 24 or newer, which JAVA_HOME
// names or which stands beside the default one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findJdk, TRINO_FOLDER, TRINO_VERSION } from "./trino.mjs";

const server = join(TRINO_FOLDER, `trino-server-${TRINO_VERSION}`);
if (findJdk() === null) throw new Error("there is no JDK of version 24 or newer: set JAVA_HOME");
if (existsSync(server)) console.log(`Trino ${TRINO_VERSION} is in ${TRINO_FOLDER}`);
else {
  mkdirSync(TRINO_FOLDER, { recursive: true });
  const archive = join(TRINO_FOLDER, `trino-server-${TRINO_VERSION}.tar.gz`);
  const artifact = `-Dartifact=io.trino:trino-server:${TRINO_VERSION}:tar.gz`;
  const copy = ["-q", "-B", "dependency:copy", artifact, `-DoutputDirectory=${TRINO_FOLDER}`];
  execFileSync("mvn", copy, { stdio: ["ignore", "ignore", "inherit"], cwd: TRINO_FOLDER });
  // Whole or not at all: the plug-ins share files by hard links, so that no part can be taken.
  const unpacking = join(TRINO_FOLDER, "unpacking");
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking);
  execFileSync("tar", ["xzf", archive, "-C", unpacking, "--strip-components=1"]);
  renameSync(unpacking, server);
  rmSync(archive);
  console.log(`Trino ${TRINO_VERSION} was installed in ${TRINO_FOLDER}`);
}
