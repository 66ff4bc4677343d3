// What the read model takes on a lake of many receipts: the first look at it, a look when nothing has changed, and one
// after a batch has come. Run it on a quiet machine:
//   npm run bench:monitor [-- --batches 5000 --devices 1000 --rows 20 --looks 5]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLocalStorage, createMonitor } from "../dist/index.js";
import { createLedger } from "./ledger.mjs";
import { median } from "./ratio.mjs";

const { values } = parseArgs({
  options: {
    batches: { type: "string", default: "5000" },
    devices: { type: "string", default: "1000" },
    rows: { type: "string", default: "20" },
    looks: { type: "string", default: "5" },
  },
});
const [batches, devices, rows, looks] = ["batches", "devices", "rows", "looks"].map((name) => Number(values[name]));
const root = mkdtempSync(join(tmpdir(), "vantageflow-bench-monitor-"));

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
  const { writeBatch, writeReceipts } = createLedger(storage, root, { devices, rows });
  for (let n = 0; n < batches; n++) writeBatch(n);
  await writeReceipts();
  const before = heap();
  const monitor = createMonitor({ storage, failures: null, now: Date.now });
  const cold = await timed(() => monitor.refresh());
  const held = heap() - before;
  const warm = [];
  const updates = [];
  for (let look = 0; look < looks; look++) {
    warm.push(await timed(() => monitor.refresh()));
    writeBatch(batches + look);
    await writeReceipts();
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
