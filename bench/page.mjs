// How long an update of the dashboard's page takes with 1,000 devices: npm run build && node bench/page.mjs
// From the event of the server to the drawn overview (marks of the page itself), and to the table of devices that was
// asked for after it. Chromium, headless; medians and the slowest of the updates that as many ingests caused.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launchChromium } from "../scripts/chromium.mjs";
import { batch, fleet, ingest, makeLake } from "../scripts/lakes.mjs";

const UPDATES = 10;
const INTERVAL_MS = 5000;

const home = mkdtempSync(join(tmpdir(), "vantageflow-bench-page-"));
const lake = makeLake("thousand", join(home, "lake"));
const args = [resolve("dist/cli.js"), "dashboard", "--port", "0", "--json", "--quiet", "--lake", lake];
const server = spawn(process.execPath, args);
const [line] = await server.stdout.take(1).toArray();
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });

const opened = performance.now();
await page.goto(JSON.parse(String(line)).url);
await page.locator(".verdict").waitFor();
console.log(`first content after the link was opened: ${Math.round(performance.now() - opened)} ms`);
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
