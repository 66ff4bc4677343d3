import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planRun } from "../../src/ledger/pending.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { cli, command, folder } from "../cli/run-cli.ts";
import {
  BETTER,
  cleanRun,
  type Files,
  faulty,
  GOOD,
  ledgerProblems,
  leftovers,
  outputsIn,
  REFUSED,
  stateOf,
  writeFile,
} from "./lakes.ts";
import { startWatch, type Watch } from "./watching.ts";

/** Longer by `UPLOAD_PAUSE=30`, as a writer on a bad line pauses. Seconds. */
const PAUSE = Number(process.env.UPLOAD_PAUSE ?? 3);
/** More by `UPLOAD_FILES=10000`. */
const MANY = Number(process.env.UPLOAD_FILES ?? 1000);

const HEADER = GOOD.slice(0, GOOD.indexOf("\n") + 1);
const rows = (from: number, count: number) =>
  Array.from(
    { length: count },
    (_, i) => `2025-01-01T00:00:${String((from + i) % 60).padStart(2, "0")}Z,D${from + i},1,C,0.1\n`,
  ).join("");
const WHOLE = HEADER + rows(0, 60);

let cwd = "";
let lake = "";
let watch: Watch | null = null;
beforeEach(() => {
  cwd = folder({ "lake/bronze/first.csv": GOOD, "whole.csv": WHOLE });
  lake = join(cwd, "lake");
});
afterEach(async () => {
  await watch?.end("SIGKILL");
  watch = null;
});

const at = (key: string) => join(lake, key);
const pause = (ms: number) => new Promise((next) => setTimeout(next, ms));
const shell = (script: string) => command("bash", ["-ec", script], { cwd });

async function started(...flags: string[]): Promise<Watch> {
  watch = await startWatch(cwd, ["--interval", "1", ...flags]);
  return watch;
}

/** Waits for a batch of the key with this outcome, the latest one of it. */
async function last(key: string, outcome = "done"): Promise<void> {
  const seen = watch as Watch;
  await seen.until(() => seen.batches(key).at(-1)?.outcome === outcome, `${key} ${outcome}`);
}

/** Waits until the watch has nothing left, stops it, and holds the lake to a clean run over its bronze. */
async function expectConverged(): Promise<void> {
  const storage = createLocalStorage({ root: lake });
  await expect.poll(async () => (await planRun(storage)).work).toEqual([]);
  const { code } = await (watch as Watch).end();
  watch = null;
  expect(code).toBe(130);
  await expectCleanly();
}

async function expectCleanly(): Promise<void> {
  const storage = createLocalStorage({ root: lake });
  const { files, deadLetters } = await stateOf(storage);
  const bronze = Object.entries(files).filter(([key]) => key.startsWith("bronze/"));
  const clean = await cleanRun(Object.fromEntries(bronze));
  expect(await ledgerProblems(storage)).toEqual([]);
  for (const [key] of bronze) expect([key, outputsIn(files, key)]).toEqual([key, outputsIn(clean.files, key)]);
  expect(deadLetters.length).toBeGreaterThanOrEqual(clean.deadLetters.length);
  expect(await leftovers(lake)).toEqual([]);
}

let styles = 0;

/** Ways in which an upload may come, of which its reader must never see a part: one batch, with all of it. */
const STYLES: [style: string, script: string][] = [
  ["a slow cp", "exec > lake/bronze/u.csv; for part in p*; do cat $part; sleep 0.3; done"],
  ["cat >> that keeps the file open", "(for part in p*; do cat $part; sleep 0.3; done) >> lake/bronze/u.csv"],
  [
    "dd that truncates first and writes in small blocks",
    "(for part in p*; do cat $part; sleep 0.2; done) | dd of=lake/bronze/u.csv bs=7 2>/dev/null",
  ],
  [
    "a writer that pauses in the middle of a line",
    `exec > lake/bronze/u.csv; head -c 333 whole.csv; sleep ${PAUSE}; tail -c +334 whole.csv`,
  ],
  [
    "a writer that pauses behind a whole line",
    `exec > lake/bronze/u.csv; head -n 20 whole.csv; sleep ${PAUSE}; tail -n +21 whole.csv`,
  ],
  [
    "an editor that writes a temporary file and renames it",
    "cp whole.csv lake/bronze/4913; sleep 0.2; cp whole.csv lake/bronze/.u.csv.swp; mv lake/bronze/.u.csv.swp lake/bronze/u.csv; rm lake/bronze/4913",
  ],
  [
    "an editor that writes in place",
    "exec 3> lake/bronze/u.csv; head -n 9 whole.csv >&3; sleep 0.4; tail -n +10 whole.csv >&3",
  ],
  [
    "rsync, by its temporary name",
    "(for part in p*; do cat $part; sleep 0.2; done) > lake/bronze/.u.csv.AbC123; mv lake/bronze/.u.csv.AbC123 lake/bronze/u.csv",
  ],
  [
    "a browser or a client, by its .part",
    "(for part in p*; do cat $part; sleep 0.2; done) > lake/bronze/u.csv.part; mv lake/bronze/u.csv.part lake/bronze/u.csv",
  ],
  [
    "a writer in a folder made a moment ago",
    "mkdir -p lake/bronze/new/deep; (for part in p*; do cat $part; sleep 0.2; done) > lake/bronze/new/deep/u.csv",
  ],
];

if (hasRsync()) STYLES.push(["rsync itself", "rsync --bwlimit=1 whole.csv lake/bronze/u.csv"]);

function hasRsync(): boolean {
  try {
    execFileSync("rsync", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("a half-written upload is never processed", () => {
  it.concurrent.each(STYLES)("%s", async (_style, script) => {
    const home = folder({ "lake/bronze/first.csv": GOOD, "whole.csv": WHOLE });
    const own = await startWatch(home, ["--interval", "1"]);
    // Its functions are warm by then: a part would be processed at once.
    await own.until(() => own.batches("bronze/first.csv").length > 0, "the first batch");
    const split = "split -n 6 whole.csv p;";
    const { code, stderr } = await command("bash", ["-ec", `${split} ${script}`], { cwd: home });
    expect([code, stderr]).toEqual([0, ""]);
    const key = script.includes("new/deep") ? "bronze/new/deep/u.csv" : "bronze/u.csv";
    await own.until(() => own.batches(key).length > 0, key);
    await pause(300);
    await own.end();
    const story = own.lines.map((line) => JSON.stringify(line)).join("\n");
    expect(
      own.batches(key).map(({ outcome, rows_in }) => [outcome, rows_in]),
      story,
    ).toEqual([["done", 60]]);
    expect(own.lines.filter(({ outcome }) => outcome === "refused")).toEqual([]);
    styles++;
  });

  it("a bronze folder that was removed and made again is followed, without waiting for a sweep", async () => {
    watch = await startWatch(cwd, ["--interval", "3600"]);
    await last("bronze/first.csv");
    for (const name of ["again", "and-again"]) {
      await shell(`rm -r lake/bronze; sleep 0.3; mkdir lake/bronze; sleep 0.3; cp whole.csv lake/bronze/${name}.csv`);
      await last(`bronze/${name}.csv`);
    }
    await watch.end();
    watch = null;
  });

  it("a lake that is a link, and one that is new, are followed too", async () => {
    for (const setup of ["mv lake real; ln -s real lake", "rm -rf lake real"]) {
      await shell(setup);
      watch = await startWatch(cwd, ["--interval", "3600"]);
      await shell("cp whole.csv lake/bronze/w.csv");
      await last("bronze/w.csv");
      await watch.end();
      watch = null;
    }
    await shell("rm -rf lake");
    watch = await startWatch(cwd, ["--poll"]);
    await shell("cp whole.csv lake/bronze/w.csv");
    await last("bronze/w.csv");
    await watch.end();
    watch = null;
  });

  it("mv from another file system is a copy, and seen whole", async () => {
    await started();
    const shm = fs.mkdtempSync("/dev/shm/vantageflow-");
    fs.writeFileSync(join(shm, "u.csv"), WHOLE);
    expect(fs.statSync(shm).dev).not.toBe(fs.statSync(lake).dev);
    await shell(`mv ${join(shm, "u.csv")} lake/bronze/u.csv`);
    await last("bronze/u.csv");
    fs.rmSync(shm, { recursive: true });
    expect((watch as Watch).batches("bronze/u.csv").map(({ rows_in }) => rows_in)).toEqual([60]);
    await expectConverged();
  });
});

describe("contract 4: bronze without a receipt is always found again", () => {
  it("in folders that were made a moment ago", async () => {
    await started();
    const keys: string[] = [];
    for (let n = 0; n < 60; n++) {
      const key = `bronze/year=${n}/month=${n % 12}/b.csv`;
      writeFile(lake, key, n % 2 === 0 ? GOOD : BETTER);
      keys.push(key);
    }
    for (const key of keys) await last(key);
    await expectConverged();
  });

  it("dropped, overwritten and touched while nobody watched", async () => {
    await started();
    await last("bronze/first.csv");
    await (watch as Watch).end();
    writeFile(lake, "bronze/new.csv", BETTER);
    writeFile(lake, "bronze/first.csv", BETTER);
    await started();
    for (const key of ["bronze/new.csv", "bronze/first.csv"]) await last(key);
    await expectConverged();
  });

  it("overwritten with the same size and preserved times", async () => {
    const { atime, mtime } = fs.statSync(at("bronze/first.csv"));
    const first = at("bronze/first.csv");
    const other = GOOD.replace("1.5", "2.5");
    await started();
    await last("bronze/first.csv");
    // In place with the times set back, then as `cp -p` of a file with those times.
    fs.writeFileSync(first, other);
    fs.utimesSync(first, atime, mtime);
    await (watch as Watch).until(() => goldOf("first.csv").includes("A,2,4.75"), "the new gold");
    fs.writeFileSync(join(cwd, "again.csv"), GOOD);
    fs.utimesSync(join(cwd, "again.csv"), atime, mtime);
    await shell("cp -p again.csv lake/bronze/first.csv");
    await (watch as Watch).until(() => goldOf("first.csv").includes("A,2,4.25"), "the old gold");
    await expectConverged();
  });

  it(`${MANY} files at once`, async () => {
    await started();
    for (let n = 0; n < MANY; n++) writeFile(lake, `bronze/${n % 7}/${n}.csv`, n % 50 === 0 ? REFUSED : GOOD);
    const seen = watch as Watch;
    const found = () => new Set(seen.lines.filter(({ type }) => type === "batch").map(({ key }) => key)).size;
    await seen.until(() => found() === MANY + 1, `all of ${MANY}`);
    await expectConverged();
    // Here, and not in the hook at the end: on a busy disk it takes longer than a hook may.
    fs.rmSync(cwd, { recursive: true });
  }, 600_000);

  it("by listing alone (--poll)", async () => {
    await started("--poll");
    expect((watch as Watch).lines[0].how).toBe("polling");
    writeFile(lake, "bronze/new/a.csv", BETTER);
    writeFile(lake, "bronze/bad.csv", REFUSED);
    await last("bronze/new/a.csv");
    await last("bronze/bad.csv", "refused");
    await expectConverged();
  });
});

const goldOf = (path: string) => (fs.existsSync(at(`gold/${path}`)) ? fs.readFileSync(at(`gold/${path}`), "utf8") : "");

describe("contract 12: a second writer on one lake is safe or refused", () => {
  it("a second watch is refused with the first one's number", async () => {
    const { pid } = await started();
    const { code, stderr } = await cli(["watch", "--lake", "lake"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`Cannot watch "lake": process ${pid} on .* does it already\\. Stop that one \\(kill ${pid}\\)`),
    );
    await expectConverged();
  });

  it("ingest and run beside a watch: each batch has one effect", async () => {
    await started();
    const names = Array.from({ length: 20 }, (_, n) => `${n}.csv`);
    for (const name of names) fs.writeFileSync(join(cwd, name), name.length > 5 ? GOOD : BETTER);
    const ran = await Promise.all([cli(["ingest", ...names], { cwd }), cli(["run", "--lake", "lake"], { cwd })]);
    expect(ran.map(({ code, stderr }) => [code, stderr.includes("vantageflow:")])).toEqual([
      [0, false],
      [0, false],
    ]);
    await (watch as Watch).until(() => names.every((name) => goldOf(name) !== ""), "all gold");
    // The watch may be in the middle of a batch that the others have done: what it leaves is the next one's work.
    expect((await (watch as Watch).end()).code).toBe(130);
    watch = null;
    expect((await cli(["run", "--lake", "lake"], { cwd })).code).toBe(0);
    await expectCleanly();
  });
});

describe("contract 15: signals finish or roll back what is in flight", () => {
  const signals: ["SIGINT" | "SIGTERM", number][] = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ];
  it.each(signals)(
    "%s ends with %d and no half batch; what was not begun is found by the next one",
    async (signal, code) => {
      for (let n = 0; n < 40; n++) writeFile(lake, `bronze/${n}.csv`, GOOD);
      watch = await startWatch(cwd, ["--concurrency", "2"], faulty({ lake, slow: 2 }));
      const seen = watch;
      await seen.until(() => seen.lines.filter(({ type }) => type === "batch").length >= 3, "three batches");
      expect((await seen.end(signal)).code).toBe(code);
      watch = null;
      expect(Object.keys(await halves())).toEqual([]);
      expect(fs.readdirSync(at(".vantageflow/tmp"))).toEqual([]);
      expect(fs.readdirSync(at("gold")).length).toBeLessThan(41);
      expect((await cli(["run", "--lake", "lake"], { cwd })).code).toBe(0);
      await expectCleanly();
    },
  );

  /** Split batches whose parts are not all of them there. */
  async function halves(): Promise<Files> {
    const { files } = await stateOf(createLocalStorage({ root: lake }));
    const parts = Object.entries(files).filter(([key]) => /^(silver|anomalies)\//.test(key));
    return Object.fromEntries(
      parts.filter(([key]) => !(key.replace(/^\w+/, "silver").replace(".rejects", "") in files)),
    );
  }

  it.each(["run", "ingest"])("Ctrl-C of %s ends with 130 and whole batches", async (name) => {
    const names = Array.from({ length: 30 }, (_, n) => `${n}.csv`);
    const dir = name === "run" ? join(lake, "bronze") : cwd;
    for (const file of names) fs.writeFileSync(join(dir, file), GOOD);
    const args = name === "run" ? "run" : `ingest ${names.join(" ")}`;
    const begun = "until ls lake/gold/*.csv >/dev/null 2>&1; do sleep 0.05; done";
    const script = `node ${process.cwd()}/dist/cli.js ${args} --lake lake --concurrency 2 & pid=$!; ${begun}; kill -INT $pid; wait $pid`;
    const { code } = await command("bash", ["-c", script], { cwd, env: faulty({ lake, slow: 2 }) });
    expect(code).toBe(130);
    const gold = fs.readdirSync(at("gold"));
    expect(gold.length).toBeGreaterThan(0);
    expect(gold.length).toBeLessThan(30);
    for (const file of gold) expect(fs.existsSync(at(`silver/${file}`))).toBe(true);
    expect((await cli(["run", "--lake", "lake"], { cwd })).code).toBe(0);
    await expectCleanly();
  });

  it("SIGKILL of a watch: the next one takes its place and finishes its work", async () => {
    for (let n = 0; n < 60; n++) writeFile(lake, `bronze/${dirOf(n)}${n}.csv`, n % 9 === 0 ? REFUSED : GOOD);
    for (let kill = 0; kill < 3; kill++) {
      const seen = await started();
      await seen.until(() => seen.lines.filter(({ type }) => type === "batch").length >= 5, "some batches");
      expect((await seen.end("SIGKILL")).signal).toBe("SIGKILL");
    }
    await started();
    for (let n = 0; n < 60; n++)
      await (watch as Watch).until(() => n % 9 === 0 || goldOf(`${dirOf(n)}${n}.csv`) !== "", `gold of ${n}`);
    await pause(500);
    await expectConverged();
  });
  const dirOf = (n: number) => (n % 3 === 0 ? "" : `d${n % 3}/`);
});

it("every style of upload was tried", () => {
  console.log(`uploads: ${styles} styles, pauses of ${PAUSE} s, ${MANY} files at once`);
  expect(styles).toBe(STYLES.length);
});
