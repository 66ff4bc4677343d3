import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { command, folder } from "./run-cli.ts";

/** A store that is new: a directory behind a scheme of its own, as a service would be. */
const TAPE = `
import type { StoreKind } from "../kind.ts";
import { directory } from "../directory.ts";

const at = (url: string) => url.slice("tape://".length);

export const tape: StoreKind = {
  isOf: (url) => url.startsWith("tape://"),
  openStorage: (url) => ({ ...directory.openStorage(at(url)), url }),
  openVersions: (url) => directory.openVersions(at(url)),
  openRemovals: () => null,
  openInputCopies: () => async () => {},
  openClaims: (url) => directory.openClaims(at(url)),
  openWatchable: () => null,
  sweepMetadata: async () => ({ removed: 0, failed: [] }),
  checkFolders() {},
  isThere: () => true,
  privateFolder: () => null,
};
`;

const BATCH =
  "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:05Z,A,2,C,0.9\n";

it("a store is added in its own files and the list of kinds, and every command knows it", async () => {
  const copy = folder({ "x.csv": BATCH });
  cpSync("src", join(copy, "src"), { recursive: true });
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, "src/storage/tape"));
  writeFileSync(join(copy, "src/storage/tape/kind.ts"), TAPE);
  const open = readFileSync("src/storage/open.ts", "utf8");
  const line = "const KINDS: readonly StoreKind[] = [bucket, directory];";
  expect(open).toContain(line);
  const added = open
    .replace(line, 'import { tape } from "./tape/kind.ts";\n$&')
    .replace("bucket, directory", "bucket, tape, directory");
  writeFileSync(join(copy, "src/storage/open.ts"), added);
  await build({
    external: ["@duckdb/node-api"],
    entryPoints: [join(copy, "src/cli/main.ts")],
    outfile: join(copy, "cli.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    define: { __VERSION__: '"test"' },
    logLevel: "error",
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
  });

  const tape = `tape://${join(copy, "reel")}`;
  const vantageflow = async (...args: string[]) => {
    const { code, stdout, stderr } = await command(process.execPath, [join(copy, "cli.mjs"), ...args], { cwd: copy });
    expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" });
    return stdout;
  };
  for (const lake of [tape, "plain"]) await vantageflow("ingest", "x.csv", "--lake", lake);
  for (const name of ["silver/x.csv", "anomalies/x.csv", "gold/x.csv"]) {
    expect(readFileSync(join(copy, "reel", name), "utf8")).toBe(readFileSync(join(copy, "plain", name), "utf8"));
  }
  await vantageflow("run", "--lake", tape);
  expect(await vantageflow("doctor", "--lake", tape)).toContain(`${tape} can be listed`);
  for (const command of ["status", "verify", "report", "expire"]) await vantageflow(command, "--lake", tape);
  expect(await vantageflow("explain", "gold/x.csv", "--lake", tape)).toContain("bronze/x.csv");
  await vantageflow("versions", "silver/x.csv", "--lake", tape);
  await vantageflow("backup", "copy", "--lake", tape);
  await vantageflow("diff", tape, "copy");
  await vantageflow("backup", `tape://${join(copy, "second")}`, "--lake", tape);
  expect(readFileSync(join(copy, "second/bronze/x.csv"), "utf8")).toBe(BATCH);
});
