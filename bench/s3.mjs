/**
 * Measures the command line over a bucket beside a directory, as whole processes. `npm run build` first.
 *
 *   npm run bench:s3 -- --markdown docs/s3-benchmark.md
 *
 * The servers are those of the tests and run on this machine, in memory: their own CPU time is told apart.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { buildCommit, findCommit } from "./before.mjs";
import { measure, medians, settle } from "./measure.mjs";
import { benchmark, COMMON_HELP, count, optionsOf, say } from "./options.mjs";
import { loadServers, withServer } from "./s3-servers.mjs";
import { machine, table } from "./tables.mjs";

const HELP = `Usage: npm run bench:s3 -- [options]

  --rows N         rows of the batch (2000000: some 105 MB)
  --runs N         runs of each, interleaved; medians are shown (3)
  --large N        rows of the batch whose memory is measured (20000000: some 1.1 GB; 0: none)
  --batches N      small batches of the run (1000; 0: none)
  --concurrency L  how many of them in flight (1,8,32)
  --server LIST    ceph, test or both (both, ceph where it is installed)
  --many N         small batches of the run that is measured beside an earlier build, on the test server (2000; 0: none)
  --before COMMIT  that build, made by the benchmark (6e1270b)
${COMMON_HELP}`;
const SMALL_ROWS = 50;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MB = 1e6;

// Its advice on future versions of Node is about what this repository pins.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const values = optionsOf({
  rows: { type: "string", default: "2000000" },
  runs: { type: "string", default: "3" },
  large: { type: "string", default: "20000000" },
  batches: { type: "string", default: "1000" },
  concurrency: { type: "string", default: "1,8,32" },
  server: { type: "string", default: "ceph,test" },
  many: { type: "string", default: "2000" },
  before: { type: "string", default: "6e1270b" },
});
const rows = count(values, "rows");
const runs = count(values, "runs");
const largeRows = count(values, "large", 0);
const batches = count(values, "batches", 0);
const many = count(values, "many", 0);
const fixed = (number, digits = 2) => (number === null ? "" : number.toFixed(digits));

process.exitCode = await benchmark("bench-s3", values, HELP, async (work) => {
  const text = await run(work, await loadServers(work, values.server.split(",")));
  process.stdout.write(text);
  if (values.markdown) writeFileSync(values.markdown, text);
  return 0;
});

async function run(work, servers) {
  const load = loadavg()[0];
  const ingest = await measureIngest(work, servers);
  const large = largeRows === 0 ? [] : await measureLarge(work, servers);
  const small = batches === 0 ? [] : await measureSmall(work, servers);
  const beside = many === 0 ? [] : await measureBeside(work, servers.test);
  const command = ["npm run bench:s3 --", ...process.argv.slice(2)].join(" ");
  const { cpu, cores, memory_gb, system, node } = machine();
  const where = `${cpu}, ${cores} cores, ${memory_gb} GB, ${system}, Node ${node}`;
  return `${new Date().toISOString().slice(0, 10)}, ${where}; load ${fixed(load, 1)} before it began; \`${command}\`.

${table(["ingest to gold", "wall s", "× directory", "CPU s", "server's CPU s", "peak MB"], ingest)}
${large.length === 0 ? "" : table(["large batch", "bytes", "wall s", "peak MB"], large)}
${small.length === 0 ? "" : table(["small batches", "in flight", "wall s", "batches/s", "requests/s", "CPU s", "server's CPU s"], small)}
${beside.length === 0 ? "" : table([`${many} × ${SMALL_ROWS} rows`, "wall s", "CPU s", "peak MB", "wall ratio", "CPU ratio"], beside)}
`;
}

/** One command of this build over a bucket. */
function measured(running, ...args) {
  return measuredOf(values.cli, running, ...args);
}

/** One command of a build: what it took, and what it cost the server. */
async function measuredOf(cli, running, ...args) {
  settle();
  const before = running?.cpu() ?? 0;
  const measurement = await measure([process.execPath, cli, ...args, "--quiet"]);
  return { ...measurement, server: (running?.cpu() ?? 0) - before };
}

async function measureIngest(work, servers) {
  const file = await generate(work, rows);
  const results = new Map([["directory", []], ...servers.all.map(({ name }) => [name, []])]);
  for (let turn = 1; turn <= runs; turn++) {
    const lake = join(work, "lake");
    results.get("directory").push(await measured(null, "ingest", file, "--lake", lake));
    rmSync(lake, { recursive: true });
    for (const server of servers.all) {
      // A server of its own for each run: in memory, what it holds already would slow it down.
      const one = await withServer(server, (running) => measured(running, "ingest", file, "--lake", "s3://bench/lake"));
      results.get(server.name).push(one);
      say(`${server.name}, run ${turn}: ${one.wall} s`);
    }
  }
  rmSync(file);
  const directory = medians(results.get("directory"));
  return [...results].map(([name, measurements]) => {
    const { wall, cpu, peak } = medians(measurements);
    const server = measurements.map((one) => one.server).sort((a, b) => a - b)[measurements.length >> 1];
    return [
      name,
      fixed(wall),
      fixed(wall / directory.wall),
      fixed(cpu),
      name === "directory" ? "" : fixed(server),
      fixed(peak, 0),
    ];
  });
}

/** On the test server: Ceph RGW 16 takes no conditional multipart upload, see docs/s3.md. */
async function measureLarge(work, servers) {
  const file = await generate(work, largeRows);
  const { size } = statSync(file);
  const lines = [];
  for (const server of servers.all) {
    const { wall, peak } = await withServer(server, (running) =>
      measured(running, "ingest", file, "--lake", "s3://bench/lake"),
    );
    lines.push([server.name, `${fixed(size / MB, 0)} MB`, fixed(wall, 1), fixed(peak, 0)]);
  }
  rmSync(file);
  return lines;
}

async function measureSmall(work, servers) {
  const file = await generate(work, SMALL_ROWS);
  const body = readFileSync(file);
  const counted = 20;
  const perBatch = await withServer(servers.test, async (running, client) => {
    await land(client, body, "counted", counted);
    const before = running.requests.length;
    await measured(running, "run", "s3://bench/counted");
    return (running.requests.length - before) / counted;
  });
  const lines = [];
  for (const server of servers.all) {
    for (const concurrency of [...values.concurrency.split(","), ""]) {
      const {
        wall,
        cpu,
        server: cost,
      } = await withServer(server, async (running, client) => {
        await land(client, body, "small", batches);
        const option = concurrency === "" ? [] : ["--concurrency", concurrency];
        return measured(running, "run", "s3://bench/small", ...option);
      });
      say(`${server.name}, ${concurrency || "default"} in flight: ${wall} s`);
      const rates = [fixed(batches / wall, 0), fixed((batches * perBatch) / wall, 0)];
      lines.push([
        `${batches} × ${SMALL_ROWS} rows, ${server.name}`,
        concurrency || "default",
        fixed(wall, 1),
        ...rates,
        fixed(cpu, 1),
        fixed(cost, 1),
      ]);
    }
  }
  return lines;
}

/** This build and an earlier one by turns, a server of its own for each run; ratios are to the earlier one. */
async function measureBeside(work, server) {
  say(`Building ${values.before}`);
  const former = await buildCommit(ROOT, findCommit(ROOT, values.before), join(work, "before"));
  const body = readFileSync(await generate(work, SMALL_ROWS));
  const builds = [
    { name: `run: ${values.before}`, cli: former, measurements: [] },
    { name: "... this build", cli: values.cli, measurements: [] },
  ];
  for (let turn = 1; turn <= runs; turn++) {
    for (const { name, cli, measurements } of builds) {
      const one = await withServer(server, async (running, client) => {
        await land(client, body, "many", many);
        return measuredOf(cli, running, "run", "s3://bench/many");
      });
      say(`${name}, run ${turn}: ${one.wall} s`);
      measurements.push(one);
    }
  }
  const base = medians(builds[0].measurements);
  return builds.map(({ name, measurements }) => {
    const { wall, cpu, peak } = medians(measurements);
    return [name, fixed(wall, 1), fixed(cpu, 1), fixed(peak, 0), fixed(wall / base.wall), fixed(cpu / base.cpu)];
  });
}

async function land(client, body, lake, count) {
  const put = (i) =>
    client.send(new PutObjectCommand({ Bucket: "bench", Key: `${lake}/bronze/b-${i}.csv`, Body: body }));
  for (let i = 0; i < count; i += 20)
    await Promise.all(Array.from({ length: Math.min(20, count - i) }, (_, j) => put(i + j)));
}

async function generate(work, rowCount) {
  say(`Generating ${rowCount} rows`);
  const file = join(work, "readings.csv");
  await measure([
    process.execPath,
    values.cli,
    "generate",
    "--rows",
    String(rowCount),
    "--devices",
    "200",
    "--out",
    file,
  ]);
  return file;
}
