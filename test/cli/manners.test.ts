import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { escapeTerminal } from "../../src/cli/escape.ts";
import { EXAMPLES } from "../../src/cli/examples.ts";
import { BAD, CLI, cli, command, folder, HEADER, ROW } from "./run-cli.ts";

const COMMANDS = Object.keys(EXAMPLES).filter((name) => name !== "vantageflow");
const ESC = "\u001b[";

/** A folder in which every example has what it talks about, and a `vantageflow` on the PATH. */
async function exampleFolder(): Promise<{ cwd: string; env: Record<string, string> }> {
  const cwd = folder({
    "readings.csv": HEADER + ROW,
    "bin/vantageflow": `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`,
  });
  fs.chmodSync(join(cwd, "bin/vantageflow"), 0o755);
  fs.cpSync(resolve("fixtures/customer-example"), join(cwd, "fixtures/customer-example"), { recursive: true });
  await cli(["ingest", "readings.csv"], { cwd });
  return { cwd, env: { PATH: `${join(cwd, "bin")}:${process.env.PATH}` } };
}

/** The command line on a terminal of its own (util-linux `script`). */
function onTerminal(line: string, cwd: string, env: Record<string, string> = {}): string {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = process.env;
  const shell = `${process.execPath} ${CLI} ${line}`;
  return execFileSync("script", ["-qec", shell, "/dev/null"], {
    cwd,
    env: { ...rest, TERM: "xterm", ...env },
    encoding: "utf8",
  });
}

const hasScript = spawnSync("script", ["--version"]).status === 0;

describe("the command line's manners", () => {
  it("every --help begins with examples, and every example works when pasted", async () => {
    const { cwd, env } = await exampleFolder();
    for (const name of ["", ...COMMANDS]) {
      const { code, stdout } = await cli([...(name === "" ? [] : [name]), "--help"], { cwd });
      expect([name, code, stdout.startsWith("Examples:\n")]).toEqual([name, 0, true]);
      for (const [, line] of stdout.matchAll(/^ {2}\$ (.*)$/gm)) {
        const ran = await command("bash", ["-c", line], { cwd, env });
        expect([line, ran.code, ran.stderr.includes("vantageflow: ")]).toEqual([line, 0, false]);
      }
    }
  }, 60_000);

  it("usage errors exit 2, with the nearest command for a typo", async () => {
    const cwd = folder();
    const typo = await cli(["ingst", "b.csv"], { cwd });
    expect([typo.code, typo.stdout, typo.stderr]).toEqual([2, "", expect.stringContaining("Did you mean ingest?")]);
    for (const args of [["run", "--nope"], ["ingest"], ["run", "--concurrency", "many"], ["generate", "--rows", "x"]]) {
      expect([args, (await cli(args, { cwd })).code]).toEqual([args, 2]);
    }
    expect((await cli(["--version"], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("flags work before and after the command", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    const before = await cli(["--lake", "x", "--json", "ingest", "b.csv"], { cwd });
    const after = await cli(["ingest", "b.csv", "--lake", "x", "--json"], { cwd });
    expect([before, after].map(({ stdout }) => JSON.parse(stdout).lake)).toEqual(["x", "x"]);
  });

  it("stdout parses with --json whatever happens; notices and errors are on stderr; --quiet leaves only errors", async () => {
    const cwd = folder({ "b.csv": HEADER + BAD, "c.csv": "" });
    const { stdout, stderr } = await cli(["ingest", "b.csv", "c.csv", "--json"], { cwd });
    expect(JSON.parse(stdout).version).toBe(1);
    expect(stderr).toMatch(/1 row rejected/);
    const quiet = await cli(["ingest", "b.csv", "c.csv", "--quiet"], { cwd });
    expect(quiet.stderr).toMatch(/^vantageflow: Cannot read "bronze\/c.csv": it is empty.*\n$/);
    const usage = await cli(["report", "--since", "x", "--json"], { cwd });
    expect(JSON.parse(usage.stdout)).toMatchObject({ version: 1, error: { code: "usage" } });
  });

  it.runIf(hasScript)(
    "a terminal gets a table with a head; colour follows flag, FORCE_COLOR, NO_COLOR, terminal",
    async () => {
      const cwd = folder({ "b.csv": HEADER + ROW });
      const coloured = onTerminal("ingest b.csv", cwd);
      expect(coloured).toContain("anomalies");
      expect(coloured).toContain(ESC);
      expect(onTerminal("report", cwd, { NO_COLOR: "1" })).not.toContain(ESC);
      expect(onTerminal("report --no-color", cwd, { FORCE_COLOR: "1" })).not.toContain(ESC);
      expect(onTerminal("report", cwd, { NO_COLOR: "1", FORCE_COLOR: "1" })).toContain(ESC);
      expect(onTerminal("report --color", cwd, { NO_COLOR: "1" })).toContain(ESC);
      expect(onTerminal("report", cwd, { TERM: "dumb" })).not.toContain(ESC);
    },
  );

  it("a reader that stops reading is no error", () => {
    const line = `"${process.execPath}" "${CLI}" generate --rows 200000 | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
    expect(stdout).toBe(`${HEADER}0\n`);
    expect(stderr).toBe("");
  });

  it("large output reaches a slow reader whole", () => {
    const line = `"${process.execPath}" "${CLI}" generate --rows 100000 | (sleep 0.5; wc -l)`;
    expect(Number(execFileSync("bash", ["-c", line], { encoding: "utf8" }))).toBe(100_001);
  });

  it("a flag beats the environment, which beats the config file, which beats the default; doctor says so", async () => {
    const config = { anomalyThreshold: 0.4, maxRowBytes: 4096, lake: "./from-file" };
    const cwd = folder({ "vantageflow.config.json": JSON.stringify(config) });
    const env = { VANTAGEFLOW_LAKE: "./from-env", VANTAGEFLOW_ANOMALY_THRESHOLD: "0.3" };
    const { code, stdout } = await cli(["doctor", "--json", "--lake", "./from-flag"], { cwd, env });
    expect(code).toBe(0);
    const settings: { name: string; value: unknown; source: string }[] = JSON.parse(stdout).settings;
    expect(settings.map(({ name, value, source }) => [name, value, source])).toEqual([
      ["lake", "./from-flag", "flag"],
      ["anomalyThreshold", 0.3, "environment"],
      ["maxRowBytes", 4096, "config file"],
      ["concurrency", expect.any(Number), "default"],
    ]);
  });

  it("every problem of the settings is named at once, and a broken file by line and column", async () => {
    const cwd = folder({ "vantageflow.config.json": '{ "anomalyThreshold": 7, "lakes": "x", "maxRowBytes": "many" }' });
    const { code, stderr } = await cli(["run"], { cwd });
    expect(code).toBe(2);
    for (const problem of ['"anomalyThreshold" is 7', '"lakes"', '"maxRowBytes" is "many"'])
      expect(stderr).toContain(problem);
    fs.writeFileSync(join(cwd, "vantageflow.config.json"), '{\n  "lake": oops\n}');
    expect((await cli(["run"], { cwd })).stderr).toContain('"vantageflow.config.json": line 2, column 11');
  });

  it("init writes a config that works and never overwrites one", async () => {
    const cwd = folder();
    expect((await cli(["init"], { cwd })).code).toBe(0);
    expect((await cli(["doctor"], { cwd })).code).toBe(0);
    const again = await cli(["init"], { cwd });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("it is there already")]);
  });

  it("doctor fails where the lake cannot be", async () => {
    const { code, stderr } = await cli(["doctor", "--lake", "file/lake"], { cwd: folder({ file: "" }) });
    expect([code, stderr]).toEqual([1, expect.stringContaining("no directory")]);
  });

  it("demo makes a lake with a failing device, twice the same, and its next commands work", async () => {
    const cwd = folder();
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await cli(["demo"], { cwd });
      expect(code).toBe(0);
      expect(stderr).toMatch(/FAB-TEM-001 is failing: \d+\.\d % of its readings/);
      const next = [...stderr.matchAll(/^ {2}vantageflow (.*)$/gm)].map(([, line]) => line.split(" "));
      expect(next).toHaveLength(3);
      if (i === 1) for (const args of next) expect([args, (await cli(args, { cwd })).code]).toEqual([args, 0]);
    }
  });

  it("generate gives the same bytes for the same seed", async () => {
    const cwd = folder();
    const args = ["generate", "--rows", "50", "--devices", "3", "--seed", "7", "--wide"];
    const runs = [await cli(args, { cwd }), await cli([...args, "--out", "g.csv"], { cwd })];
    expect(runs[0].stdout).toBe(fs.readFileSync(join(cwd, "g.csv"), "utf8"));
    expect(runs[0].stdout.split("\n")).toHaveLength(52);
  });

  it("a bucket is refused clearly by this version", async () => {
    const { code, stderr } = await cli(["run", "--lake", "s3://bucket"], { cwd: folder() });
    expect([code, stderr]).toEqual([2, expect.stringContaining("this version works on directories only")]);
  });
});

describe("escapeTerminal", () => {
  it("shows control characters, bidirectional and invisible marks instead of sending them", () => {
    expect(escapeTerminal("a\u001b[2J\u0007\u009b\u202e\u200b\u2028\ufeff\r\n\tb")).toBe(
      "a\\x1b[2J\\x07\\x9b\\u202e\\u200b\\u2028\\ufeff\\r\\n\\tb",
    );
    expect(escapeTerminal("a\n\tb\u001b", { keepLines: true })).toBe("a\n\tb\\x1b");
    expect(escapeTerminal("plain, \u00e9 and \u{1f600}")).toBe("plain, \u00e9 and \u{1f600}");
  });
});
