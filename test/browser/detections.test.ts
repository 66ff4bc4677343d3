import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { batch, fleet, ingest } from "../../scripts/lakes.mjs";
import { cli } from "../cli/run-cli.ts";
import { goTo, hasBrowser, it, newLake, serverOf, startDashboard, violations } from "./browser.ts";

/** What is odd of devices by their own past, as the page shows it. */

const SPIKE = "#/device/FAB-TEM-001";
const MUTED = "#/device/FAB-VIB-001";

const list = (page: Page) => page.locator(".detections tbody tr");
const label = (page: Page) => page.locator(".chart svg[role=img]").getAttribute("aria-label");

interface Found {
  readonly timestamp: string;
  readonly device_id: string;
  readonly value: number;
  readonly muted: object | null;
}

async function detect(lake: string): Promise<readonly Found[]> {
  return JSON.parse((await cli(["detect", "--json", "--lake", lake], { cwd: "." })).stdout).detections;
}

describe.skipIf(!hasBrowser)("detections on the page", () => {
  it("lists those of the last 24 hours, newest first, with device, reason and what was expected", async ({ open }) => {
    const server = await serverOf("detected");
    const page = await open(server);
    await list(page).first().waitFor();
    const today = (await detect(server.lake)).filter(
      ({ timestamp }) => Date.parse(timestamp) > Date.now() - 86_400_000,
    );
    expect(await list(page).locator("td:nth-child(2)").allInnerTexts()).toEqual(
      today.map(({ device_id }) => device_id).reverse(),
    );
    const [first] = await list(page).allInnerTexts();
    expect(first).toMatch(/FAB-TEM-001\s+◇ spike or unusual value\s+4\d\.\d\d\s+2\d\.\d\d\s+2\d\.\d\d to 2\d\.\d\d\s/);
    const told = today.filter(({ muted }) => muted === null);
    const devices = new Set(told.map(({ device_id }) => device_id)).size;
    expect(await page.locator(".detections .note").first().innerText()).toBe(
      `${devices} devices, ${told.length} detections of readings of the last 24 h, ${today.length - told.length} muted`,
    );
    await list(page).first().getByRole("link", { name: "FAB-TEM-001" }).click();
    await page.getByRole("heading", { name: "Device FAB-TEM-001" }).waitFor();
  });

  it("has muted ones step back, and says to everybody by whom and why", async ({ open }) => {
    const page = await open(await serverOf("detected"));
    const muted = page.locator(".detections tr.is-muted");
    await muted.first().waitFor();
    expect(await muted.first().innerText()).toContain(
      "by shift B: the bearing was exchanged, and runs in until Friday",
    );
    const colorOf = (row: typeof muted) => row.first().evaluate((one) => getComputedStyle(one).color);
    expect(await colorOf(muted)).not.toBe(await colorOf(page.locator(".detections tbody tr:not(.is-muted)")));
  });

  it("marks them in the picture of a device, apart from what its producer's score says, and lists them", async ({
    open,
  }) => {
    const server = await serverOf("detected");
    const page = await open(server, {}, SPIKE);
    await list(page).first().waitFor();
    const all = (await detect(server.lake)).filter(({ device_id }) => device_id === "FAB-TEM-001");
    expect(await list(page).count()).toBe(all.length);
    await expect.poll(() => label(page)).toMatch(new RegExp(`; 2 anomalies; ${all.length} detections?\\.$`));
    expect(await page.locator(".legend").innerText()).toMatch(
      /▲ anomaly, by the score.*◇ detection, by the device's own/s,
    );
    await page.getByText("Show as a table").first().click();
    const kinds = page.getByRole("region", { name: /^Readings, newest first/ }).locator("td:nth-child(3)");
    // The spike was of both, the other anomaly of its score alone.
    const odd = (await kinds.allInnerTexts()).filter((kind) => kind.includes("▲"));
    expect(odd).toEqual(["▲ anomaly, ◇ spike or unusual value", "▲ anomaly"]);
    await page.getByRole("button", { name: "week", exact: true }).click();
    await page.locator(".stretch-head").waitFor();
    await expect.poll(() => label(page)).toMatch(new RegExp(`; ${all.length} detections?\\.$`));
    await goTo(page, MUTED);
    await expect.poll(() => label(page)).toMatch(/detections?, 1 of them muted\.$/);
  });

  it("says what to type where there is no table, and where nobody has looked", async ({ open }) => {
    const lake = newLake("empty");
    ingest(lake, { "a.csv": batch(fleet(2), { rows: 40, seed: 1, end: Date.now() }) });
    const page = await open(await startDashboard(lake));
    const panel = page.locator(".detections");
    await expect.poll(() => panel.innerText()).toContain(`vantageflow tables sync --lake ${lake}`);
    await cli(["tables", "sync", "--lake", lake], { cwd: "." });
    await expect.poll(() => panel.innerText(), { timeout: 15_000 }).toContain(`vantageflow detect --lake ${lake}`);
    expect(await violations(page)).toEqual([]);
    await cli(["detect", "--lake", lake], { cwd: "." });
    const few = "No device has 150 readings yet, and before there is nothing to compare with.";
    await expect.poll(() => panel.innerText(), { timeout: 15_000 }).toContain(few);
    await goTo(page, SPIKE);
    await expect
      .poll(() => panel.innerText())
      .toContain("It has 20 readings: before 150 there is nothing to compare with.");
    expect(await violations(page)).toEqual([]);
  });

  it("axe finds nothing, in light and dark, and all of it fits 390 pixels", async ({ open }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open(await serverOf("detected"), { colorScheme, viewport: { width: 390, height: 844 } });
      for (const hash of ["#/", SPIKE, MUTED]) {
        await goTo(page, hash);
        await list(page).first().waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        expect(await violations(page)).toEqual([]);
      }
    }
  });
});
