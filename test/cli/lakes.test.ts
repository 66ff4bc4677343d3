import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { faulty } from "../faults/lakes.ts";
import { startWatch } from "../faults/watching.ts";
import { environmentOf } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { inProcess as cli } from "./in-process.ts";
import { CLI, folder, HEADER, type Ran, ROW } from "./run-cli.ts";

interface Command {
  /** Its arguments for the lake `L`, beside `other`, which is a lake too. */
  readonly args: string;
  /** What it does with a lake that is not there: an error, one is made, or it needs none. */
  readonly missing: "error" | "made" | "none";
  /** It goes on until somebody stops it. */
  readonly follows?: true;
}

/** Every command of the program; a test below holds this list to `--help`. KEY is of an object of the lake. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ingest: { args: "new.csv --lake L", missing: "made" },
  run: { args: "L", missing: "error" },
  watch: { args: "L", missing: "made", follows: true },
  listen: { args: "L --http 0", missing: "made", follows: true },
  dashboard: { args: "L --port 0", missing: "error", follows: true },
  report: { args: "--lake L", missing: "error" },
  status: { args: "L", missing: "error" },
  detect: { args: "L", missing: "error" },
  "detect mute": { args: "FAB-TEM-001 --why known --lake L", missing: "error" },
  "detect unmute": { args: "FAB-TEM-001 --lake L", missing: "error" },
  "detect mutes": { args: "--lake L", missing: "error" },
  plan: { args: "--anomaly-threshold 0.9 --lake L", missing: "error" },
  "contract list": { args: "--lake L", missing: "error" },
  "contract show": { args: "station --lake L", missing: "error" },
  "contract apply": { args: "contract.json --lake L", missing: "made" },
  "contract remove": { args: "station --yes --lake L", missing: "error" },
  "contract check": { args: "contract.json", missing: "none" },
  "contract infer": { args: "semicolons.csv", missing: "none" },
  "contract schema": { args: "", missing: "none" },
  replay: { args: "--lake L", missing: "none" },
  generate: { args: "--rows 1 --lake L", missing: "none" },
  demo: { args: "L", missing: "made" },
  init: { args: "elsewhere --lake L", missing: "none" },
  doctor: { args: "--lake L", missing: "none" },
  cost: { args: "L", missing: "error" },
  "dlq list": { args: "--lake L", missing: "error" },
  "dlq show": { args: "bronze/2025/a.csv --lake L", missing: "error" },
  "dlq redrive": { args: "--lake L", missing: "error" },
  "dlq dismiss": { args: "bronze/2025/a.csv --lake L", missing: "error" },
  explain: { args: "bronze/2025/a.csv --lake L", missing: "error" },
  invoke: { args: "vantageflow-process-iot --event event.json --lake L", missing: "error" },
  "generate-event": { args: "s3-put --key bronze/2025/a.csv --lake L", missing: "none" },
  versions: { args: "bronze/2025/a.csv --lake L", missing: "error" },
  restore: { args: "bronze/2025/a.csv --at 2026-01-01 --lake L", missing: "error" },
  expire: { args: "--lake L", missing: "error" },
  backup: { args: "other --delete --yes --lake L", missing: "error" },
  "restore-from": { args: "L --lake other --delete --yes", missing: "error" },
  verify: { args: "L", missing: "error" },
  "ledger seal": { args: "--lake L", missing: "error" },
  "ledger verify": { args: "--lake L", missing: "error" },
  diff: { args: "L other", missing: "error" },
  sql: { args: "--file question.sql --lake L", missing: "error" },
  "tables sync": { args: "--lake L", missing: "error" },
  "tables list": { args: "--lake L", missing: "error" },
  "tables history": { args: "--lake L", missing: "error" },
  "tables compact": { args: "--lake L", missing: "error" },
  "tables vacuum": { args: "--lake L", missing: "error" },
};
const NAMES = Object.keys(COMMANDS);

/** These look at no object of the lake at all. */
const BLIND = ["replay", "generate", "init", "contract check", "contract infer", "contract schema"];
/** Commands run at once. */
const AT_ONCE = 3;

async function namesIn(help: readonly string[]): Promise<string[]> {
  const { stdout } = await cli([...help, "--help"], { cwd: folder() });
  const listed = stdout.slice(stdout.indexOf("\nCommands:"));
  return [...listed.matchAll(/^ {2}([a-z][\w-]*)[ \n]/gm)].map(([, name]) => name).filter((name) => name !== "help");
}

/** Runs a command on the lake `lake`; one that follows it is stopped as soon as it has said what `until` wants. */
function runOn(
  name: string,
  lake: string,
  cwd: string,
  env: Record<string, string> = {},
  until?: RegExp,
): Promise<Ran> {
  const { args, follows } = COMMANDS[name];
  const words = [
    ...name.split(" "),
    ...args
      .split(" ")
      .filter((word) => word !== "")
      .map((word) => (word === "L" ? lake : word)),
  ];
  if (follows !== true || until === undefined) return cli(words, { cwd, env });
  return new Promise((done) => {
    const child = spawn(process.execPath, [CLI, ...words], { cwd, env: { ...process.env, ...env } });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
      if (!child.killed && until.test(stderr)) child.kill("SIGINT");
    });
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** A lake with a processed batch in a folder, another lake beside it, and what the commands are given. */
async function prepare(): Promise<string> {
  const key = { object: { key: "bronze/2025/a.csv", size: 1, eTag: "x" } };
  const event = { Records: [{ eventName: "ObjectCreated:Put", s3: { bucket: { name: "lake" }, ...key } }] };
  const files = { "lake/bronze/2025/a.csv": HEADER + ROW, "lake/bronze/b.csv": HEADER + ROW };
  const contract = { version: 1, name: "station", prefix: "bronze/station/", format: { type: "csv" } };
  const cwd = folder({
    ...files,
    "new.csv": HEADER + ROW,
    "event.json": JSON.stringify(event),
    "contract.json": JSON.stringify(contract),
    "question.sql": "select count(*) from gold",
    "semicolons.csv": "time;pump;bar\n2025-01-01T00:00:00Z;P1;1,5\n2025-01-01T00:01:00Z;P1;1,6\n",
    "lake/contracts/station.json": JSON.stringify(contract),
  });
  await cli(["run", "--quiet"], { cwd });
  await cli(["backup", "other", "--quiet"], { cwd });
  return cwd;
}

describe("the commands of this table", () => {
  it("are all that there are: a new one says here what it does with a lake that is not there", async () => {
    const groups = ["contract", "dlq", "ledger", "tables"];
    const top = (await namesIn([])).filter((name) => !groups.includes(name));
    const within = await Promise.all(
      [...groups, "detect"].map(async (group) => (await namesIn([group])).map((name) => `${group} ${name}`)),
    );
    expect([...top, ...within.flat()].sort()).toEqual(NAMES.toSorted());
  });
});

/** Runs these commands on a lake, some at once: each ends with this code and says what `said` wants. */
async function all(names: readonly string[], lake: string, cwd: string, wanted: Wanted): Promise<void> {
  await mapBounded(names, AT_ONCE, async (name) => {
    const { code, stdout, stderr } = await runOn(name, lake, cwd, wanted.env, wanted.follows && wanted.said);
    const isStopped = COMMANDS[name].follows === true && wanted.follows === true;
    expect([name, code, stdout + stderr]).toEqual([name, isStopped ? 130 : 1, expect.stringMatching(wanted.said)]);
  });
}

interface Wanted {
  readonly said: RegExp;
  readonly env?: Record<string, string>;
  /** Commands that follow the lake go on, and say it again and again. */
  readonly follows?: true;
}

/** The backup that every command of this file may read and none may make smaller. */
const backupIn = (cwd: string) => fs.readdirSync(join(cwd, "other"), { recursive: true }).sort();

describe("a lake that is not there is an error, except for what makes one", () => {
  const without = async () => {
    const cwd = await prepare();
    fs.rmSync(join(cwd, "lake"), { recursive: true });
    return cwd;
  };
  const ERROR = NAMES.filter((name) => COMMANDS[name].missing === "error");

  for (const lake of ["./lake", "typo"]) {
    it(`named ${lake}`, async () => {
      const cwd = await without();
      const before = [fs.readdirSync(cwd).sort(), backupIn(cwd)];
      const said = new RegExp(
        `^vantageflow: Cannot .*"${lake}": there is no such lake\\..* vantageflow ingest (--lake other )?FILE.*\\n$`,
      );
      await all(ERROR, lake, cwd, { said });
      expect([fs.readdirSync(cwd).sort(), backupIn(cwd)]).toEqual(before);
    });
  }

  it("is made by ingest, watch, listen and demo; the others say or need nothing of it", async () => {
    for (const name of NAMES.filter((one) => COMMANDS[one].missing !== "error")) {
      const cwd = await without();
      const { code, stdout } = await runOn(name, "lake", cwd, {}, /^(Watching|Listening)/m);
      expect([name, code]).toEqual([name, COMMANDS[name].follows ? 130 : name === "replay" ? 1 : 0]);
      expect([name, fs.existsSync(join(cwd, "lake"))]).toEqual([name, COMMANDS[name].missing === "made"]);
      if (name === "doctor") expect(stdout).toMatch(/there is no .*lake yet: vantageflow ingest FILE makes it/);
    }
  });

  it("is told by the bucket itself: one that is not there, and one that may not be listed", async () => {
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const cwd = await prepare();
    const before = backupIn(cwd);
    const server = await startS3Server(credentials);
    const env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
    const names = ERROR.filter((name) => name !== "dashboard");
    await all(names, "s3://a-bucket/lake", cwd, { env, said: /there is no such bucket/ });
    server.interfere = () => "403";
    await all(names, "s3://a-bucket/lake", cwd, { env, said: /access is denied/ });
    await server.close();
    expect(backupIn(cwd)).toEqual(before);
  });
});

describe("contract 16: what cannot be seen is an error of every command, and never nothing", () => {
  /** What stands where a folder of the lake was, which is somewhere else now. */
  const HIDDEN: Readonly<Record<string, (path: string) => void>> = {
    "a link to it": (path) => fs.symlinkSync(path.replace("/lake/", "/away/"), path),
    "a dangling link": (path) => fs.symlinkSync("/nowhere/at/all", path),
    "a file": (path) => fs.writeFileSync(path, "x"),
  };
  const SEEING = NAMES.filter((name) => !BLIND.includes(name));

  /** A lake of which a folder was moved elsewhere, and what stands in its place. */
  async function prepareWithout(hidden: string, what: string): Promise<string> {
    const cwd = await prepare();
    const path = join(cwd, "lake", hidden);
    fs.mkdirSync(join(cwd, "away", hidden, ".."), { recursive: true });
    fs.renameSync(path, join(cwd, "away", hidden));
    HIDDEN[what](path);
    return cwd;
  }

  const cases = Object.keys(HIDDEN).map((what) => ["bronze", what]);
  for (const [layer, what] of [...cases, ["gold", "a link to it"], [".vantageflow", "a link to it"]]) {
    it(`${layer}: ${what}`, async () => {
      const cwd = await prepareWithout(layer, what);
      const before = backupIn(cwd);
      await all(SEEING, "lake", cwd, { said: new RegExp(`Cannot look into "${layer}" in .*lake: it is .*\\.`) });
      expect(backupIn(cwd)).toEqual(before);
    });
  }

  it("of a layer that batches do not go through, keeps nobody from working", async () => {
    const cwd = await prepare();
    fs.symlinkSync(folder(), join(cwd, "lake", "tables"));
    fs.writeFileSync(join(cwd, "lake", "state"), "of somebody else");
    for (const command of ["run", "status", "report"]) {
      expect([command, (await cli([command, "--lake", "lake"], { cwd })).code]).toEqual([command, 0]);
    }
    // What looks into it says so.
    for (const [layer, command] of Object.entries({ state: ["backup", "other"], tables: ["verify"] })) {
      const { code, stderr } = await cli([...command, "--lake", "lake"], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot look into "${layer}"`)]);
    }
  });

  it("a layer that may not be read", async () => {
    const cwd = await prepare();
    const env = faulty({ lake: join(cwd, "lake"), kind: "look", errno: "EACCES", from: 0 });
    const said = /Cannot list "bronze\/" in .*lake: permission is denied \(EACCES\)\. Give this user read/;
    await all(SEEING, "lake", cwd, { env, said });
  });

  /** Whatever looks at a folder deeper in bronze: the others look at other layers, or at another key. */
  const DEEP = ["run", "watch", "status", "cost", "doctor", "explain", "generate-event", "versions", "restore"];
  for (const what of ["a link to it", "a dangling link"]) {
    it(`a folder in bronze: ${what}`, async () => {
      const cwd = await prepareWithout("bronze/2025", what);
      const before = backupIn(cwd);
      const said = /Cannot look into "bronze\/2025" in .*lake: it is a symbolic link/;
      await all([...DEEP, "expire", "backup", "restore-from", "verify", "diff"], "lake", cwd, { said, follows: true });
      expect(backupIn(cwd)).toEqual(before);
    });
  }

  it("a layer that becomes a link under a running watch", async () => {
    const cwd = await prepare();
    const watch = await startWatch(cwd, ["--interval", "3600"]);
    fs.renameSync(join(cwd, "lake/bronze"), join(cwd, "away"));
    fs.symlinkSync("../away", join(cwd, "lake/bronze"));
    const isTold = () => watch.lines.some(({ message = "" }) => message.startsWith('Cannot look into "bronze"'));
    await watch.until(isTold, "that bronze cannot be seen");
    expect((await watch.end("SIGINT")).code).toBe(130);
  });

  it("the root itself may be reached through a link", async () => {
    const cwd = await prepare();
    fs.renameSync(join(cwd, "lake"), join(cwd, "real"));
    fs.symlinkSync("real", join(cwd, "lake"));
    for (const name of ["run", "status", "report", "doctor", "backup", "diff", "expire"]) {
      expect([name, (await runOn(name, "lake", cwd)).code]).toEqual([name, 0]);
    }
  });
});
