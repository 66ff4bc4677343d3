// How long the dashboard's page takes to show its first content on a lake of 10,000 receipts, and an update of it with
// 1,000 devices: npm run build && npm run bench:page
// From the event of the server to the drawn overview (marks of the page itself), and to the table of devices that was
// asked for after it. Chromium, headless; medians and the slowest of the updates that as many ingests caused.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalStorage } from "../dist/index.js";
import { launchChromium } from "../scripts/chromium.mjs";
import { batch, fleet, ingest, makeLake } from "../scripts/lakes.mjs";
import { createLedger } from "./ledger.mjs";

const UPDATES = 10;
const INTERVAL_MS = 5000;
const RECEIPTS = 10_000;

const home = mkdtempSync(join(tmpdir(), "vantageflow-bench-page-"));
const browser = await launchChromium();
await openLargeLake(join(home, "large"));

const lake = makeLake("thousand", join(home, "lake"));
const { server, url } = await serve(lake);
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });

console.log(`first content with 1,000 devices: ${await opened(() => page.goto(url), page)} ms`);
await page.locator(".devices tbody tr").nth(199).waitFor();
await page.evaluate(() => {
  window.tables = [];
  const watcher = new MutationObserver(() => {
    const received = performance.getEntriesByName("overview-received").at(-1).startTime;
    window.tables.push([received, performance.now() - received]);
  });
  watcher.observe(document.querySelector(".devices tbody"), { subtree: true, characterData: true, childList: true });
  performance.clearMeasures("overview-update");
});
for (let update = 0; update < UPDATES; update++) {
  ingest(lake, { [`more-${update}.csv`]: batch(fleet(1000, 12), { rows: 4000, seed: update, end: Date.now() }) });
  await sleep(INTERVAL_MS + 500);
}
const seen = await page.evaluate(() => ({
  drawn: performance.getEntriesByName("overview-update").map(({ duration }) => duration),
  tables: [...new Map(window.tables).values()],
}));
tell("overview drawn", seen.drawn);
tell("table of devices drawn", seen.tables);

async function serve(lake) {
  const args = [resolve("dist/cli.js"), "dashboard", "--port", "0", "--json", "--quiet", "--lake", lake];
  const server = spawn(process.execPath, args);
  const [line] = await server.stdout.take(1).toArray();
  return { server, url: JSON.parse(String(line)).url };
}

/** How long the first content takes on a lake of many receipts: when the server has not read it yet, and when it has. */
async function openLargeLake(root) {
  const storage = createLocalStorage({ root });
  const { writeBatch, writeReceipts } = createLedger(storage, root, { devices: 1000, rows: 20 });
  for (let n = 0; n < RECEIPTS / 2; n++) writeBatch(n);
  await writeReceipts();
  const { server, url } = await serve(root);
  const page = await browser.newPage();
  const first = await opened(() => page.goto(url), page);
  const again = [];
  for (let i = 0; i < 5; i++) again.push(await opened(() => page.reload(), page));
  console.log(
    `first content with ${RECEIPTS} receipts: ${first} ms when nothing was read, then ${again.join(", ")} ms`,
  );
  await page.close();
  server.kill();
}

async function opened(open, page) {
  const start = performance.now();
  await open();
  await page.locator(".verdict").waitFor();
  return Math.round(performance.now() - start);
}

function tell(what, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `${what}: median ${Math.round(median)} ms, slowest ${Math.round(sorted.at(-1))} ms, of ${sorted.length} updates`,
  );
}

await browser.close();
server.kill();
rmSync(home, { recursive: true, force: true });
