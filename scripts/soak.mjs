// Works a lake as badly as users, programs and machines do, for minutes: `watch` runs and is killed, files come in every
// style, are overwritten, removed and broken, `ingest` and `run` go on beside it. At the end the lake must be what a
// clean run over its bronze makes, byte for byte. Usage: node scripts/soak.mjs [--minutes 10] [--seed 1]
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { compareWithCleanRun } from "./soak-compare.mjs";
import { createContents } from "./soak-contents.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
});
const minutes = Number(values.minutes);
const random = createRandom(Number(values.seed));
const contents = createContents(random);

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-soak-"));
const shm = fs.mkdtempSync(join(fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vantageflow-soak-"));
const lake = join(home, "lake");
// A copy: somebody may build while the soak goes on.
fs.cpSync("dist", join(home, "dist"), { recursive: true });
fs.cpSync("package.json", join(home, "package.json"));
const CLI = join(home, "dist/cli.js");
const NAMES = 80;
const USERS = 6;

const counts = { uploads: 0, deletes: 0, bad: 0, kills: 0, restarts: 0, ingests: 0, runs: 0, batches: 0 };
const problems = [];
/** By path: what may be in bronze at the end (null: nothing). Each path has one user at a time. */
const expected = new Map();
const busy = new Set();

/** A seeded source of numbers in [0, 1): mulberry32. */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const below = (limit) => Math.floor(random() * limit);
const pick = (items) => items[below(items.length)];

function pathOf(number) {
  if (number % 4 === 0) return `${number}.csv`;
  return number % 4 === 1 ? `year=2025/${number}.csv` : `d${number % 5}/e${number % 3}/${number}.csv`;
}

/** Runs the command line; `killAfter` milliseconds it is killed, if it lives so long. */
function cli(args, killAfter, where = lake) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [CLI, ...args, "--lake", where, "--json"], { cwd: home });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === null && ![0, 1].includes(code)) problems.push(`${args[0]} exited ${code}: ${out}${err}`);
      if (/\n\s+at .*:\d+:\d+/.test(err) || out.includes('"internal"')) problems.push(`${args[0]} broke: ${out}${err}`);
      done({ code, signal, out, err });
    });
  });
}

let watching = null;

function startWatch() {
  const args = ["watch", "--lake", lake, "--json", "--interval", "5", "--retry-delay", "1"];
  if (below(8) === 0) args.push("--poll");
  const child = spawn(process.execPath, [CLI, ...args], { cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stdout.on("data", (data) => {
    const text = String(data);
    counts.batches += text.split('"type":"batch"').length - 1;
    if (text.includes('"internal"')) problems.push(`watch broke: ${text}`);
  });
  child.stderr.on("data", (data) => (err += data));
  const ended = new Promise((done) => child.on("close", (code, signal) => done({ code, signal })));
  ended.then(({ code, signal }) => {
    if (signal === null && code !== 130) problems.push(`watch exited ${code}: ${err}`);
  });
  watching = { child, ended };
}

async function endWatch(signal) {
  const { child, ended } = watching;
  child.kill(signal);
  await ended;
}

/** Appends in pieces to a file that stays open. */
async function slowly(path, bytes, flag) {
  const file = await fs.promises.open(path, flag);
  const pieces = 2 + below(5);
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((at) => Math.floor((bytes.length * at) / pieces));
    await file.write(bytes.subarray(from, to));
    await sleep(below(700));
  }
  await file.close();
}

/** Each leaves the file whole at its path in the end. */
const STYLES = [
  async (path, bytes) => fs.writeFileSync(path, bytes),
  (path, bytes) => slowly(path, bytes, "w"),
  async (path, bytes) => {
    const part = join(dirname(path), `.${basename(path)}.Ab${below(1e6)}`);
    await slowly(part, bytes, "w");
    fs.renameSync(part, path);
  },
  async (path, bytes) => {
    fs.rmSync(path, { force: true });
    await slowly(path, bytes, "a");
  },
  async (path, bytes) => {
    const away = join(shm, String(below(1e9)));
    fs.writeFileSync(away, bytes);
    await new Promise((done) => spawn("mv", [away, path]).on("close", done));
  },
  async (path, bytes) => {
    const before = fs.statSync(path, { throwIfNoEntry: false });
    fs.writeFileSync(path, bytes);
    if (before !== undefined) fs.utimesSync(path, before.atime, before.mtime);
  },
];

async function upload(path) {
  const { bytes, isBad } = contents();
  counts.uploads++;
  if (isBad) counts.bad++;
  const file = join(lake, "bronze", path);
  fs.mkdirSync(dirname(file), { recursive: true });
  await pick(STYLES)(file, bytes);
  expected.set(path, [bytes]);
}

async function remove(path) {
  counts.deletes++;
  fs.rmSync(join(lake, "bronze", path), { force: true });
  expected.set(path, [null]);
}

/** Killed now and then: then the file is landed or it is not. */
async function ingest(path) {
  const { bytes, isBad } = contents();
  counts.ingests++;
  if (isBad) counts.bad++;
  const file = join(home, `upload-${below(1e9)}.csv`);
  fs.writeFileSync(file, bytes);
  const isKilled = below(3) === 0;
  const { signal } = await cli(["ingest", file, "--name", path, "--overwrite"], isKilled ? below(500) : undefined);
  if (signal !== null) counts.kills++;
  expected.set(path, signal === null ? [bytes] : [...(expected.get(path) ?? [null]), bytes]);
  fs.rmSync(file);
}

async function runBeside() {
  counts.runs++;
  const args = pick([["run"], ["run", "--reprocess", pick(["d1/", "year=2025/", "8"])], ["run", "--concurrency", "1"]]);
  const { signal } = await cli(args, below(3) === 0 ? below(800) : undefined);
  if (signal !== null) counts.kills++;
}

const ACTIONS = [upload, upload, upload, upload, upload, remove, ingest];

/** One user: takes a path that nobody else has, does something to it, rests. */
async function user(until) {
  while (Date.now() < until) {
    const path = pathOf(below(NAMES));
    if (!busy.has(path)) {
      busy.add(path);
      await pick(ACTIONS)(path);
      busy.delete(path);
    }
    await sleep(below(400));
  }
}

async function runner(until) {
  while (Date.now() < until) {
    await sleep(1000 + below(4000));
    await runBeside();
  }
}

/** Ends the watch every few seconds, mostly by SIGKILL, and lets it lie for a while. */
async function reaper(until) {
  while (Date.now() < until) {
    await sleep(1500 + below(8000));
    const signal = below(4) === 0 ? "SIGINT" : "SIGKILL";
    counts[signal === "SIGKILL" ? "kills" : "restarts"]++;
    await endWatch(signal);
    await sleep(below(3) === 0 ? below(3000) : 0);
    startWatch();
  }
}

const summary = () =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

async function reporter(started, until) {
  for (let minute = 1; started + minute * 60_000 <= until; minute++) {
    await sleep(started + minute * 60_000 - Date.now());
    console.log(`minute ${minute}: ${summary()}`);
  }
}

fs.mkdirSync(join(lake, "bronze"), { recursive: true });
startWatch();
const started = Date.now();
const until = started + minutes * 60_000;
const users = Array.from({ length: USERS }, () => user(until));
await Promise.all([...users, runner(until), reaper(until), reporter(started, until)]);
await endWatch("SIGINT");
await cli(["run"]);
problems.push(...(await compareWithCleanRun({ home, lake, expected, cli })));

for (const problem of problems) console.log(`DIFFERENT: ${problem}`);
console.log(`soak: ${minutes} minutes, seed ${values.seed}: ${summary()}; ${problems.length} differences`);
if (problems.length === 0) fs.rmSync(home, { recursive: true });
else console.log(`The lake is left in ${lake}`);
fs.rmSync(shm, { recursive: true });
process.exitCode = problems.length === 0 ? 0 : 1;
