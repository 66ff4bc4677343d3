// What `vantageflow watch` takes: a hundred small files at once, a hundred of 1 MB with one and two in flight, the time
// from a file's end to its gold, and what an idle watch costs on a large lake. Run it on a quiet machine:
//   npm run bench:watch [-- --objects 10000]
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const CLI = resolve("dist/cli.js");
const FILES = 100;
const { values } = parseArgs({ options: { objects: { type: "string", default: "10000" } } });
const home = mkdtempSync(join(tmpdir(), "vantageflow-bench-watch-"));
let lakes = 0;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function vantageflow(...args) {
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: home, encoding: "utf8" });
  if (status !== 0) throw new Error(`vantageflow ${args.join(" ")}: exit ${status}: ${stderr}`);
}

function generate(dir, rows) {
  mkdirSync(join(home, dir));
  return Array.from({ length: FILES }, (_, seed) => {
    const file = join(home, dir, `${seed}.csv`);
    vantageflow("generate", "--rows", String(rows), "--seed", String(seed), "--out", file);
    return file;
  });
}

/** A watch on a new lake (or this one), and how to wait for its batches. */
async function startWatch(args, lake = join(home, `lake-${++lakes}`)) {
  const child = spawn(process.execPath, [CLI, "watch", lake, "--json", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const waiting = new Map();
  let started;
  const ready = new Promise((done) => {
    started = done;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    if (event.type === "watching") started();
    if (event.type === "batch") waiting.get(event.key)?.(event);
  });
  await ready;
  return {
    pid: child.pid,
    gold: (name) => new Promise((done) => waiting.set(`bronze/${name}`, done)),
    drop: (file, name) => copyFileSync(file, join(lake, "bronze", name)),
    async stop() {
      child.kill("SIGINT");
      await new Promise((done) => child.on("exit", done));
    },
  };
}

/** Milliseconds from the last byte written to the last gold; `warm` files went before. */
async function burst(files, concurrency, warm = 0) {
  const watch = await startWatch(["--concurrency", String(concurrency)]);
  const go = async (some, prefix) => {
    const all = Promise.all(some.map((_, i) => watch.gold(`${prefix}${i}.csv`)));
    for (const [i, file] of some.entries()) watch.drop(file, `${prefix}${i}.csv`);
    const start = performance.now();
    await all;
    return performance.now() - start;
  };
  if (warm > 0) await go(files.slice(0, warm), "warm-");
  const took = await go(files, "b-");
  await watch.stop();
  return took;
}

async function reaction(file, times) {
  const watch = await startWatch([]);
  const all = [];
  for (let i = 0; i < times; i++) {
    await sleep(150);
    const gold = watch.gold(`${i}.csv`);
    watch.drop(file, `${i}.csv`);
    const start = performance.now();
    await gold;
    all.push(performance.now() - start);
  }
  await watch.stop();
  return median(all);
}

/** CPU of a process so far, milliseconds (proc(5), in ticks of 10 ms), and its resident memory, MB. */
function costOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, memory: Number(memory) / 1024 };
}

async function idle(objects, seconds) {
  const lake = join(home, "large");
  mkdirSync(join(lake, "bronze"), { recursive: true });
  const row = "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,FAB-1,20.5,C,0.1\n";
  for (let i = 0; i < objects; i++) writeFileSync(join(lake, "bronze", `${i}.csv`), row);
  vantageflow("run", lake, "--quiet");
  const start = performance.now();
  vantageflow("run", lake, "--quiet");
  const nothing = performance.now() - start;
  const watch = await startWatch([], lake);
  await sleep(15_000);
  const before = costOf(watch.pid);
  await sleep(seconds * 1000);
  const after = costOf(watch.pid);
  await watch.stop();
  return { nothing, cpu: (after.cpu - before.cpu) / (seconds * 10), memory: Math.max(before.memory, after.memory) };
}

try {
  const small = generate("small", 1000);
  const large = generate("large-files", 19_000);
  const table = [];
  const add = (what, value) => {
    table.push(`| ${what} | ${value} |`);
    console.error(`${what}: ${value}`);
  };
  const three = async (work) => median([await work(), await work(), await work()]);
  add("100 files of 1,000 rows at once, to the last gold", `${Math.round(await three(() => burst(small, 2)))} ms`);
  for (const [state, warm] of [
    ["just started", 0],
    ["warm", 24],
  ]) {
    const [one, two] = [[], []];
    for (let i = 0; i < 5; i++) {
      one.push(await burst(large, 1, warm));
      two.push(await burst(large, 2, warm));
    }
    const figures = `${Math.round(median(one))} ms, ${Math.round(median(two))} ms`;
    add(
      `100 files of 1 MB, ${state}, one and two in flight`,
      `${figures}: ${(median(one) / median(two)).toFixed(2)} times`,
    );
  }
  add("a small file, from its end to its gold (median of 30)", `${Math.round(await reaction(small[0], 30))} ms`);
  const { nothing, cpu, memory } = await idle(Number(values.objects), 180);
  add(`run with nothing to do, ${values.objects} objects`, `${Math.round(nothing)} ms`);
  add(`an idle watch, ${values.objects} objects`, `${cpu.toFixed(2)} % CPU, ${Math.round(memory)} MB`);
  console.log(["| | |", "|---|---|", ...table].join("\n"));
} finally {
  rmSync(home, { recursive: true, force: true });
}
