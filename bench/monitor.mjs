// What the read model takes on a lake of many receipts: the first look at it, a look when nothing has changed, and one
// after a batch has come. Run it on a quiet machine:
//   npm run bench:monitor [-- --batches 5000 --devices 1000 --rows 20 --looks 5]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { createLocalStorage, createMonitor, topology } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    batches: { type: "string", default: "5000" },
    devices: { type: "string", default: "1000" },
    rows: { type: "string", default: "20" },
    looks: { type: "string", default: "5" },
  },
});
const [batches, devices, rows, looks] = ["batches", "devices", "rows", "looks"].map((name) => Number(values[name]));
const { bronzeToSilver, silverToGold } = topology.functions;
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOLD_HEADER = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";
const SHA = "0".repeat(64);
const root = mkdtempSync(join(tmpdir(), "vantageflow-bench-monitor-"));

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function write(key, text) {
  const path = join(root, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Gold of so many devices, other ones in each batch. */
function goldOf(n) {
  let text = GOLD_HEADER;
  for (let i = 0; i < rows; i++) {
    const device = (n * rows + i * 7) % devices;
    const average = 20 + ((n * 31 + i * 17) % 1000) / 97;
    text += `FAB-TEM-${String(device).padStart(5, "0")},50,${average},${average - 5},${average + 5},${device % 20},0.0\n`;
  }
  return text;
}

/** A batch as a run leaves it, but for its receipts. */
function writeBatch(n) {
  const path = `day=${String(n % 30).padStart(2, "0")}/batch-${n}.csv`;
  for (const layer of ["bronze", "silver", "anomalies"]) write(`${layer}/${path}`, HEADER);
  write(`gold/${path}`, goldOf(n));
}

/** The receipts of both functions for all objects that have none yet, as the product writes them. */
async function writeReceipts(storage, known) {
  for (const fn of [bronzeToSilver, silverToGold]) {
    let n = 0;
    for await (const { key, token, size } of storage.list(fn.trigger.prefix)) {
      n++;
      if (known.has(key)) continue;
      known.add(key);
      const counts = { in: 1000, silver: 948, anomalies: 49, rejects: 3, blank: 0 };
      const receipt = {
        version: 1,
        function: fn.name,
        source: { key, token, size, sha256: SHA },
        outcome: n % 200 === 0 ? "refused" : "done",
        code: "1.0.0",
        settings: { anomaly_threshold: 0.5 },
        rows: counts,
        devices: rows,
        outputs: fn.writes.map((layer) => ({ key: key.replace(/^\w+\//, layer), size: 50_000, sha256: SHA })),
        attempts: 1,
        started: new Date(Date.now() - n * 20_000).toISOString(),
        duration_ms: 30 + (n % 50),
        error: null,
      };
      write(`receipts/${fn.name}/${key.slice(fn.trigger.prefix.length)}/${token}.json`, `${JSON.stringify(receipt)}\n`);
    }
  }
}

/** Milliseconds on the clock, and of both kinds of CPU time: beside other work only the second means something. */
async function timed(work) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

const MB = 1e6;
const heap = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MB;
};

try {
  const storage = createLocalStorage({ root });
  const known = new Set();
  for (let n = 0; n < batches; n++) writeBatch(n);
  await writeReceipts(storage, known);
  const before = heap();
  const monitor = createMonitor({ storage, failures: null, now: Date.now });
  const cold = await timed(() => monitor.refresh());
  const held = heap() - before;
  const warm = [];
  const updates = [];
  for (let look = 0; look < looks; look++) {
    warm.push(await timed(() => monitor.refresh()));
    writeBatch(batches + look);
    await writeReceipts(storage, known);
    updates.push(await timed(() => monitor.refresh()));
  }
  const overview = await monitor.refresh();
  const ms = (...times) => {
    const of = (kind) => median(times.map((time) => time[kind])).toFixed(0);
    return `${of("wall").padStart(6)} ms (CPU ${of("cpu")} ms)`;
  };
  console.log(`${2 * batches} receipts, ${overview.devices.total} devices, ${rows} in a batch`);
  console.log(`first look        ${ms(cold)}`);
  console.log(`nothing changed   ${ms(...warm)}`);
  console.log(`a batch has come  ${ms(...updates)}`);
  console.log(`document          ${(JSON.stringify(overview).length / 1000).toFixed(0).padStart(6)} kB`);
  console.log(
    `memory            ${held.toFixed(0).padStart(6)} MB${globalThis.gc ? "" : " (--expose-gc: without garbage)"}`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
