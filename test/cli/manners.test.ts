import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { withBroker } from "../mosquitto.ts";
import { startKinesisMock } from "../streams/kinesis/kinesis-mock.ts";
import { DECLARED } from "./declared.ts";
import { inProcess as cli } from "./in-process.ts";
import {
  BAD,
  cli as binary,
  CLI,
  command,
  folder,
  HEADER,
  hasScript,
  lakeWithHistory,
  onTerminal,
  pasted,
  ROW,
} from "./run-cli.ts";

const ESC = "\u001b[";

/** A folder in which every example has what it talks about, and a `vantageflow` on the PATH. */
async function exampleFolder(): Promise<{ cwd: string; env: Record<string, string> }> {
  const toa5 = resolve("test/contracts/cases/toa5");
  const contract = JSON.parse(fs.readFileSync(join(toa5, "contract.json"), "utf8"));
  const pem = { type: "pkcs8", format: "pem" } as const;
  const keys = generateKeyPairSync("ed25519");
  const cwd = await lakeWithHistory({
    "seal.pem": keys.privateKey.export(pem),
    "seal.pub.pem": keys.publicKey.export({ type: "spki", format: "pem" }),
    "station.json": JSON.stringify(contract),
    "logger.dat": fs.readFileSync(join(toa5, "source.dat")),
    "logger.json": JSON.stringify({ ...contract, name: "logger", prefix: "bronze/logger/" }),
    "zigbee.json": fs.readFileSync("fixtures/contract-messages/contracts/zigbee.json"),
    "bin/vantageflow": `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`,
  });
  fs.chmodSync(join(cwd, "bin/vantageflow"), 0o755);
  fs.cpSync(resolve("fixtures/customer-example"), join(cwd, "fixtures/customer-example"), { recursive: true });
  // Refused by a setting of that day only: what is redriven today passes.
  fs.writeFileSync(join(cwd, "broken.csv"), HEADER + ROW.replace("FAB-1", `FAB-1,${"x".repeat(2000)}`));
  await cli(["ingest", "broken.csv", "--max-row-bytes", "1024"], { cwd });
  for (const made of [["tables", "sync"], ["detect"]]) await cli(made, { cwd });
  return { cwd, env: { PATH: `${join(cwd, "bin")}:${process.env.PATH}` } };
}

describe("the command line's manners", () => {
  it("every --help begins with examples, and every example works when pasted", async () => {
    const { cwd, env } = await exampleFolder();
    const kinesis = await startKinesisMock();
    const stream = await kinesis.create();
    const kinesisEnv = { ...kinesis.env, AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint };
    for (const path of [[], ...DECLARED.map((one) => one.path)]) {
      const { code, stdout } = await cli([...path, "--help"], { cwd });
      expect([path, code, stdout.startsWith("Examples:\n")]).toEqual([path, 0, true]);
      for (const [, line] of stdout.matchAll(/^ {2}\$ (.*)$/gm)) {
        const typed = line.includes("mqtt://localhost") ? (await withBroker(line))?.line : line;
        if (typed === undefined) continue;
        const ran = line.includes("--kinesis")
          ? await pasted(typed.replace("--kinesis readings", `--kinesis ${stream}`), {
              cwd,
              env: { ...env, ...kinesisEnv },
            })
          : await pasted(typed, { cwd, env });
        expect([line, ran.code, ran.stderr.includes("vantageflow: ")]).toEqual([line, ran.wanted, false]);
      }
      // What was brought back is work again, and no lake is intact with work in it.
      if (path[0] === "restore") await cli(["run"], { cwd });
    }
  });

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
      ["failures", "", "default"],
      ["anomalyThreshold", 0.3, "environment"],
      ["maxRowBytes", 4096, "config file"],
      ["concurrency", expect.any(Number), "default"],
      ["interval", 60, "default"],
      ["retryDelay", 60, "default"],
      ["settle", 1, "default"],
      ["copyInputs", false, "default"],
      ["detectOneIn", "", "default"],
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

  it("an s3: lake without a bucket, or with a prefix that no key can have, is a usage error", async () => {
    for (const lake of ["s3://", "s3:///x", "s3:bucket", "s3://b", "s3://bucket/../x", "S3://bucket/a//b"]) {
      const { code, stderr } = await cli(["run", "--lake", lake], { cwd: folder() });
      expect([lake, code, stderr]).toEqual([lake, 2, expect.stringContaining("Use --lake s3://bucket")]);
    }
  });

  it("no command shows the help on stderr and exits 2; help of a command is help", async () => {
    const cwd = folder();
    const bare = await cli([], { cwd });
    expect([bare.code, bare.stdout, bare.stderr.startsWith("Examples:\n")]).toEqual([2, "", true]);
    const [flag, word] = await Promise.all([
      binary(["ingest", "--help"], { cwd }),
      binary(["help", "ingest"], { cwd }),
    ]);
    expect([word.code, word.stdout]).toEqual([0, flag.stdout]);
  });

  it("--json gives one document with a version whatever was wrong, usage errors too", async () => {
    const cwd = folder();
    const calls: [string[], number][] = [
      [["report", "--lake", "none", "--json"], 1],
      [["run", "--lake", "s3://b", "--json"], 2],
      [["dlq", "show", "none", "--json"], 1],
      [["replay", "none", "--json"], 1],
      [["ingest", "-", "--json"], 2],
      [["run", "--nope", "--json"], 2],
      [["ingst", "--json"], 2],
      [["ingest", "--json"], 2],
    ];
    const wrong = [];
    for (const [args, expected] of calls) {
      const { code, stdout } = await cli(args, { cwd });
      if (code !== expected || !isErrorDocument(stdout)) wrong.push([args.join(" "), code, stdout]);
    }
    expect(wrong).toEqual([]);
  });

  it("--json gives one document from every command that does its work", async () => {
    const { cwd } = await exampleFolder();
    const wrong = [];
    for (const line of [
      "ingest readings.csv",
      "run",
      "run --dry-run",
      "report",
      "status",
      "replay",
      "demo",
      "init ./new",
      "doctor",
      "dlq list",
      "dlq list --all",
      "dlq show bronze/broken.csv",
      "dlq redrive --dry-run",
      "dlq redrive",
      "dlq dismiss bronze/broken.csv",
      "explain readings.csv",
      "contract check logger.json",
      "contract apply logger.json",
      "contract list",
      "contract show logger",
      "contract schema",
      "contract infer logger.dat",
      "contract remove logger --yes",
      "generate --out g.csv",
    ]) {
      const { code, stdout } = await cli([...line.split(" "), "--json"], { cwd });
      const versions = stdout.split("\n").map((text) => (text === "" ? "" : versionOf(text)));
      if (code !== 0 || versions.join() !== "1,") wrong.push([line, code, stdout]);
    }
    expect(wrong).toEqual([]);
  });

  it("a reader of stderr that stops reading is no error either", () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    const line = `"${process.execPath}" "${CLI}" ingest b.csv 2>&1 >/dev/null | true; echo "\${PIPESTATUS[0]}"`;
    expect(spawnSync("bash", ["-c", line], { cwd, encoding: "utf8" }).stdout).toBe("0\n");
  });

  it.runIf(fs.existsSync("/dev/full"))("a full disk behind stdout is one line on stderr, not a stack", () => {
    const line = `"${process.execPath}" "${CLI}" generate --rows 10 > /dev/full`;
    const { status, stderr } = spawnSync("bash", ["-c", line], { cwd: folder(), encoding: "utf8" });
    expect([status, stderr.split("\n").length, stderr]).toEqual([
      1,
      2,
      expect.stringMatching(/^vantageflow: .*ENOSPC/),
    ]);
  });

  it("colour can be forced into a pipe only where there is a table; data stays plain", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    for (const env of [{}, { FORCE_COLOR: "1" }, { FORCE_COLOR: "0" }]) {
      const { stdout } = await cli(["--color", "ingest", "b.csv"], { cwd, env });
      expect(stdout).toMatch(/^bronze\/b.csv\t(done|already_ingested)\t1\t1\t0\t0\t0\t1\t\d+\n$/);
    }
  });

  it.runIf(hasScript)("FORCE_COLOR=0 and an empty NO_COLOR count as people mean them", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv"], { cwd });
    expect(onTerminal("report", cwd, { FORCE_COLOR: "0" })).not.toContain(ESC);
    expect(onTerminal("report", cwd, { NO_COLOR: "" })).toContain(ESC);
    const table = onTerminal("report --no-color", cwd).replaceAll("\r", "");
    expect(table).toMatch(/^ *device +batches +readings +average/);
    expect(table).toMatch(/\n *FAB-1 +1 +1 +20\.5 /);
  });

  it("--quiet leaves the data on stdout and nothing on stderr", async () => {
    const cwd = folder({ "b.csv": HEADER + BAD });
    const { code, stdout, stderr } = await cli(["--quiet", "ingest", "b.csv"], { cwd });
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining("bronze/b.csv\tdone\t1"), ""]);
    expect((await cli(["demo", "--quiet"], { cwd })).stderr).toBe("");
    expect((await cli(["run", "--quiet"], { cwd })).stderr).toBe("");
  });

  it("the next commands can be pasted when the lake's name has a blank in it", async () => {
    const { cwd, env } = await exampleFolder();
    const { stderr } = await cli(["demo", "my lake"], { cwd });
    const next = [...stderr.matchAll(/^ {2}(vantageflow .*)$/gm)].map(([, line]) => line);
    expect(next).toHaveLength(3);
    for (const line of next) {
      const { code, stdout } = await command("bash", ["-c", line], { cwd, env });
      expect([line, code, stdout === ""]).toEqual([line, 0, false]);
    }
  });

  it("a demo on somebody's lake changes nothing of theirs", async () => {
    const cwd = folder({ "demo/bronze/day-1.csv": HEADER + ROW });
    const { code, stderr } = await cli(["demo"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("vantageflow demo ./elsewhere")]);
    expect(fs.readFileSync(join(cwd, "demo/bronze/day-1.csv"), "utf8")).toBe(HEADER + ROW);
  });

  it("doctor says no where run would", async () => {
    const cwd = folder({ file: "", "dir/x": "" });
    const wrong = [];
    for (const lake of ["s3://bucket/prefix", "file", "file/sub", "file://elsewhere/x"]) {
      const codes = [];
      for (const name of ["run", "doctor"]) codes.push((await cli([name, "--lake", lake], { cwd })).code);
      if (codes[0] === 0 || codes[1] === 0) wrong.push([lake, ...codes]);
    }
    expect(wrong).toEqual([]);
  });

  it("doctor looks at the directory that a file: URL names", async () => {
    const cwd = folder({ "lake/x": "" });
    const { stdout } = await cli(["doctor", "--lake", `file://${cwd}/lake`, "--json"], { cwd });
    const check = JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === "lake");
    expect(check).toEqual({ name: "lake", ok: true, detail: `${cwd}/lake can be written` });
  });

  it("the same settings come from flag, environment and file, each over the next", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    const silver = async (args: string[], env: Record<string, string>) => {
      fs.rmSync(join(cwd, "l"), { recursive: true, force: true });
      const { stdout } = await cli(["ingest", "b.csv", "--json", ...args], { cwd, env });
      const { lake, batches } = JSON.parse(stdout);
      return [lake, batches[0].silver];
    };
    fs.writeFileSync(join(cwd, "vantageflow.config.json"), '{ "lake": "l", "anomalyThreshold": 0.05 }');
    expect(await silver([], {})).toEqual(["l", 0]);
    expect(await silver([], { VANTAGEFLOW_ANOMALY_THRESHOLD: "0.1" })).toEqual(["l", 1]);
    expect(await silver(["--anomaly-threshold", "0.09"], { ANOMALY_THRESHOLD: "0.9" })).toEqual(["l", 0]);
    expect((await silver([], { VANTAGEFLOW_LAKE: "m" }))[0]).toBe("m");
  });

  it("a config file may begin with a byte order mark, as Windows editors write it", async () => {
    const cwd = folder({ "vantageflow.config.json": '\ufeff{ "lake": "x" }' });
    const { code, stdout } = await cli(["doctor", "--json"], { cwd });
    expect([code, JSON.parse(stdout).settings?.[0].value]).toEqual([0, "x"]);
  });

  it("a broken config file is named with line and column wherever it breaks", async () => {
    const cwd = folder();
    for (const [text, place] of [
      ["", "line 1, column 1"],
      ['{"lake":"./x"', "line 1, column 14"],
      ['{"a":1,\n"é":"é" x}', "line 2, column 9"],
    ]) {
      fs.writeFileSync(join(cwd, "vantageflow.config.json"), text);
      const { code, stderr } = await cli(["doctor"], { cwd });
      expect([text, code, stderr]).toEqual([text, 2, expect.stringContaining(place)]);
    }
  });

  it("every error says what to do next", async () => {
    const cwd = folder({ file: "", "c/one/bronze/b.csv": HEADER, "vantageflow.config.json/x": "" });
    const inOther = folder({ file: "", "c/one/bronze/b.csv": HEADER });
    const wrong = [];
    for (const [at, args] of [
      [cwd, ["doctor"]],
      [inOther, ["init", "file/sub"]],
      [inOther, ["replay", "c", "--junit", "none/j.xml"]],
      [inOther, ["generate", "--out", "none/g.csv"]],
      [inOther, ["demo", "file"]],
      [inOther, ["run", "file"]],
      [inOther, ["report", "--lake", "file"]],
    ] as const) {
      const { code, stderr } = await cli(args, { cwd: at });
      if (code === 0 || !/^vantageflow: Cannot .+: .+\. ?\S.*$/m.test(stderr))
        wrong.push([args.join(" "), code, stderr]);
    }
    expect(wrong).toEqual([]);
  });

  it("generate takes every seed and rate for what it is, and refuses what is none", async () => {
    const cwd = folder();
    expect((await cli(["generate", "--rows", "0"], { cwd })).stdout).toBe(HEADER);
    const other = [1, 2].map((seed) => cli(["generate", "--rows", "9", "--seed", String(seed)], { cwd }));
    const [one, two] = await Promise.all(other);
    expect(one.stdout).not.toBe(two.stdout);
    for (const [flag, value] of ["rows -1", "rows 1.5", "devices 0", "seed 1e99", "anomalies 2", "invalid -0.1"].map(
      (text) => text.split(" "),
    )) {
      const { code, stdout } = await cli(["generate", `--${flag}`, value], { cwd });
      expect([flag, value, code, stdout]).toEqual([flag, value, 2, ""]);
    }
  });

  it("doctor shows every setting although some are wrong", async () => {
    const cwd = folder({ "vantageflow.config.json": "{" });
    const { code, stdout } = await cli(["doctor", "--json"], { cwd, env: { ANOMALY_THRESHOLD: "2" } });
    const { settings, checks } = JSON.parse(stdout);
    expect([code, settings.length]).toEqual([2, 10]);
    expect(settings.find(({ name }: { name: string }) => name === "anomalyThreshold")).toEqual({
      name: "anomalyThreshold",
      value: 0.5,
      source: "default",
      detail: 'ANOMALY_THRESHOLD is "2", not a number from 0 to 1',
    });
    expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([
      { name: "settings", ok: false, detail: expect.stringContaining("line 1, column 2") },
      { name: "settings", ok: false, detail: expect.stringContaining("ANOMALY_THRESHOLD") },
    ]);
  });
});

function versionOf(text: string): unknown {
  try {
    return JSON.parse(text).version;
  } catch {
    return "no JSON";
  }
}

function isErrorDocument(stdout: string): boolean {
  if (versionOf(stdout) !== 1) return false;
  const { code, message } = JSON.parse(stdout).error ?? {};
  return typeof code === "string" && typeof message === "string";
}
