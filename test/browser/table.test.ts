import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { cli } from "../cli/run-cli.ts";
import { goTo, hasBrowser, it, newLake, type Server, serverOf, startDashboard, violations } from "./browser.ts";

const DEVICE = "#/device/FAB-TEM-001";
let made: Promise<Server> | undefined;

/** A lake of a day, with its table and one batch that is not in it. */
function serverWithTable(): Promise<Server> {
  made ??= (async () => {
    const lake = newLake("healthy");
    await cli(["tables", "sync", "--lake", lake], { cwd: "." });
    const late = "timestamp,device_id,value,unit,anomaly_score\n2026-01-01T00:00:00Z,FAB-TEM-001,20,C,0.1\n";
    writeFileSync(join(lake, "late.csv"), late);
    await cli(["ingest", "late.csv", "--lake", lake], { cwd: lake });
    return startDashboard(lake);
  })();
  return made;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function choose(page: Page, name: string): Promise<string> {
  await button(page, name).click();
  await expect.poll(() => button(page, name).getAttribute("aria-pressed")).toBe("true");
  await page.locator(".stretch-head").waitFor();
  return page.locator(".stretch-head p").innerText();
}

const label = (page: Page) => page.locator(".chart svg[role=img]").getAttribute("aria-label");

describe.skipIf(!hasBrowser)("the table on the page", () => {
  it("has a panel of its own where there is one: how much, as of when, and what is not in it", async ({ open }) => {
    const server = await serverWithTable();
    const page = await open(server);
    const panel = page.locator(".table-panel");
    await panel.waitFor();
    const said = await cli(["tables", "list", "--json", "--lake", server.lake], { cwd: "." });
    const [table] = JSON.parse(said.stdout).tables;
    const text = await panel.innerText();
    expect(text).toContain(`${table.rows.toLocaleString("en-US")}`);
    expect(text).toMatch(new RegExp(`Version\\s+${table.version}, \\d+ (s|min) ago`));
    expect(text).toMatch(/Not in it yet\s+1 batch, the oldest for \d+/);
    expect(text).toContain(`vantageflow tables sync --lake ${server.lake}`);
    const without = await open(await serverOf("healthy"));
    await without.locator(".alarms").waitFor();
    expect(await without.locator(".table-panel").count()).toBe(0);
    await goTo(without, DEVICE);
    await without.locator(".chart svg").waitFor();
    expect(await button(without, "week").count()).toBe(0);
  });

  it("gives a day, a week or a month of a device, lowest and highest, and says for how many readings", async ({
    open,
  }) => {
    const server = await serverWithTable();
    const page = await open(server, {}, DEVICE);
    await button(page, "week").waitFor();
    expect(await button(page, "newest").getAttribute("aria-pressed")).toBe("true");
    const question =
      "select count(*) as n, min(value) as low, max(value) as high from readings where device_id = 'FAB-TEM-001'";
    const [{ n, low, high }] = JSON.parse(
      (await cli(["sql", question, "--json", "--lake", server.lake], { cwd: "." })).stdout,
    ).rows.map((row: unknown) => (Array.isArray(row) ? { n: row[0], low: row[1], high: row[2] } : row));
    for (const [name, bucket] of [
      ["week", "15 min"],
      ["month", "1 h"],
    ]) {
      expect(await choose(page, name)).toMatch(new RegExp(`^${Number(n).toLocaleString("en-US")} readings from `));
      await expect.poll(() => label(page)).toContain(`the lowest and the highest of every ${bucket}`);
      expect(await label(page)).toContain(`values ${Number(low).toFixed(2)} to ${Number(high).toFixed(2)};`);
    }
    await choose(page, "day");
    await expect.poll(() => label(page)).toContain("of every 3 min");
    await page.getByText("Show as a table").first().click();
    const rows = page.getByRole("region", { name: /^Readings in buckets of 3 min, newest first/ }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBeGreaterThan(20);
    const sum = (await rows.locator("td:nth-child(2)").allInnerTexts()).reduce((all, one) => all + Number(one), 0);
    expect(await page.locator(".stretch-head p").innerText()).toMatch(new RegExp(`^${sum} readings`));
    // What was chosen is still chosen on the way back, and the button that was used has kept the focus.
    await button(page, "month").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("month");
    await goTo(page, "#/");
    await goTo(page, DEVICE);
    await expect.poll(() => button(page, "month").getAttribute("aria-pressed")).toBe("true");
  });

  it("goes to what is earlier, says where there is nothing, and comes back", async ({ open }) => {
    const page = await open(await serverWithTable(), {}, DEVICE);
    const latest = await choose(page, "day");
    expect(await button(page, "Latest").isDisabled()).toBe(true);
    for (let steps = 0; await button(page, "Earlier").isEnabled(); steps++) {
      expect(steps).toBeLessThan(5);
      const before = await page.locator(".stretch-head p").innerText();
      await button(page, "Earlier").click();
      await expect.poll(() => page.locator(".stretch-head p").innerText()).not.toBe(before);
    }
    await page.getByText(/^The table has no reading of it before \d{4}-/).waitFor();
    await button(page, "Latest").click();
    await expect.poll(() => page.locator(".stretch-head p").innerText()).toBe(latest);
  });

  it("axe finds nothing, in light and dark, and all of it fits 390 pixels", async ({ open }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open(await serverWithTable(), { colorScheme, viewport: { width: 390, height: 844 } });
      await page.locator(".table-panel").waitFor();
      expect(await violations(page)).toEqual([]);
      await goTo(page, DEVICE);
      for (const name of ["day", "month", "newest"]) {
        await button(page, name).click();
        await page.locator(".chart svg").waitFor();
        await page.waitForLoadState("networkidle", { timeout: 300 }).catch(() => {});
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        expect(await violations(page)).toEqual([]);
      }
    }
  });
});
