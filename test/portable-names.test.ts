import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { windowsProblem } from "../src/storage/keys.ts";
import { BAD, cli, folder, HEADER, ODD, ROW } from "./cli/run-cli.ts";

/** What Windows could not hold, and what a file system that tells no case would take for one file. */
function unportable(paths: readonly string[]): string[] {
  const seen = new Map<string, string>();
  return paths.flatMap((path) => {
    const folded = path.normalize("NFC").toLowerCase();
    const twin = seen.get(folded);
    seen.set(folded, path);
    const problem = windowsProblem(path) ?? (twin === undefined ? null : `it is called as ${twin}`);
    return problem === null ? [] : [`${path}: ${problem}`];
  });
}

describe("names that every file system can hold", () => {
  it("has everything in the repository", () => {
    const tracked = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
    const paths = tracked.split("\0").slice(0, -1);
    expect(paths.length).toBeGreaterThan(1000);
    expect(unportable(paths)).toEqual([]);
  });

  it("has everything that vantageflow makes: layers, receipts, dead letters, versions, tables, its own", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW + ODD + BAD, "b.csv": "no header\n" });
    cpSync("fixtures/source-hobo", join(cwd, "lake"), { recursive: true });
    await cli(["ingest", "a.csv", "b.csv"], { cwd });
    await cli(["run"], { cwd });
    writeFileSync(join(cwd, "a.csv"), HEADER + ROW);
    await cli(["ingest", "a.csv", "--overwrite"], { cwd });
    for (const line of ["tables sync", "detect", "verify", "expire"]) await cli(line.split(" "), { cwd });
    const made = readdirSync(join(cwd, "lake"), { recursive: true, encoding: "utf8" });
    for (const part of ["receipts", "dead-letter", "_delta_log", "versions", "metadata"]) {
      expect(
        made.filter((path) => path.split(/[/\\]/).includes(part)),
        part,
      ).not.toEqual([]);
    }
    expect(unportable(made.map((path) => path.replaceAll("\\", "/")))).toEqual([]);
  });

  it("would see a name that is none", () => {
    expect(unportable(["a:b", "nul.csv", "sub/A", "SUB/a"])).toHaveLength(3);
  });
});
