// Takes docs/images/dashboard-{light,dark}.png of seeded lakes: npm run build && node scripts/screenshots.mjs
// They show the fonts of the machine, and are small by pngquant where it is there.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { launchChromium } from "./chromium.mjs";
import { makeLake } from "./lakes.mjs";

const OUT = resolve("docs/images");
const MOST_BYTES = 300_000;
const VIEW = { width: 1360, height: 1500 };

/** Starts the dashboard in `cwd` on `./lake`, and tells its link. */
async function startDashboard(cwd) {
  const child = spawn(process.execPath, [resolve("dist/cli.js"), "dashboard", "--port", "0", "--json", "--quiet"], {
    cwd,
  });
  const [line] = await child.stdout.take(1).toArray();
  return { child, url: JSON.parse(String(line)).url };
}

async function shoot(browser, { kind, colorScheme, file }) {
  const home = mkdtempSync(join(tmpdir(), "vantageflow-picture-"));
  makeLake(kind, join(home, "lake"));
  const { child, url } = await startDashboard(home);
  const page = await browser.newPage({ viewport: VIEW, colorScheme });
  await page.goto(url);
  await page.locator(".batches tbody tr").first().waitFor();
  const path = join(OUT, file);
  await page.screenshot({ path });
  await page.close();
  child.kill();
  rmSync(home, { recursive: true, force: true });
  if (spawnSync("pngquant", ["--version"]).status === 0) {
    execFileSync("pngquant", ["--force", "--output", path, "--strip", "--speed", "1", "128", path]);
  }
  const { size } = statSync(path);
  console.log(`${file}: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES} bytes. Install pngquant.`);
}

mkdirSync(OUT, { recursive: true });
const browser = await launchChromium();
await shoot(browser, { kind: "on-fire", colorScheme: "light", file: "dashboard-light.png" });
await shoot(browser, { kind: "healthy", colorScheme: "dark", file: "dashboard-dark.png" });
await browser.close();
