// The browser of the dashboard's tests and pictures: one that is on the machine, for playwright-core brings none.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const USUAL = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Where a Chromium is: `CHROMIUM`, else a usual place; null where there is none. */
export function findChromium() {
  const given = process.env.CHROMIUM;
  return given ? given : (USUAL.find((path) => existsSync(path)) ?? null);
}

/** Starts it, without any request of its own to the network. */
export async function launchChromium() {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("There is no Chromium. Install one, or name it: CHROMIUM=/path/to/it");
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
