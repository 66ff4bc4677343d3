import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { goTo, hasBrowser, it, newLake, serverOf, startDashboard, violations } from "./browser.ts";

const DEVICE = "#/device/FAB-TEM-001";
const BATCH = "#/batch/bronze%2Fhour-02.csv";
const REFUSED = "#/batch/bronze%2Fline-3.csv";

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

describe.skipIf(!hasBrowser)("how the page looks", () => {
  it("axe finds nothing in light colours, whatever the lake and the page", async ({ open }) => {
    const page = await open(await serverOf("on-fire"), { colorScheme: "light" });
    await page.locator(".devices tbody tr").first().waitFor();
    expect(await violations(page)).toEqual([]);
    for (const hash of [DEVICE, BATCH, REFUSED, "#/device/NOBODY", "#/nowhere"]) {
      await goTo(page, hash);
      await page.locator(".lineage, .chart svg, [role=alert], h1:text('no such page')").first().waitFor();
      expect(await violations(page)).toEqual([]);
    }
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await violations(page)).toEqual([]);
    for (const kind of ["empty", "healthy"] as const) {
      expect(await violations(await open(await serverOf(kind), { colorScheme: "light" }))).toEqual([]);
    }
  });

  it("axe finds nothing in dark colours either", async ({ open }) => {
    for (const kind of ["empty", "healthy", "hostile"] as const) {
      const page = await open(await serverOf(kind), { colorScheme: "dark" });
      await page.locator(".devices tbody tr, .empty").first().waitFor();
      expect(await violations(page)).toEqual([]);
      if (kind !== "hostile") continue;
      for (const link of [".devices tbody a", ".batches tbody a >> nth=0", ".batches tbody a >> nth=1"]) {
        await page.locator(link).first().click();
        await page.locator(".lineage, .chart svg").first().waitFor();
        expect(await violations(page)).toEqual([]);
        await goTo(page, "#/");
        await page.locator(".batches tbody a").nth(1).waitFor();
      }
    }
  });

  it("axe finds nothing in what can be opened either", async ({ open }) => {
    const page = await open(await serverOf("on-fire"));
    for (const hash of ["#/", REFUSED]) {
      await goTo(page, hash);
      await page
        .locator(hash === REFUSED ? ".receipt summary" : ".devices tbody tr")
        .first()
        .waitFor();
      for (const summary of await page.locator("main summary").all()) await summary.click();
      await page.locator("details[open] :is(table, pre)").first().waitFor();
      expect(await violations(page)).toEqual([]);
    }
  });

  it("follows the system's colours, or the choice that this browser keeps", async ({ open }) => {
    const page = await open(await serverOf("healthy"), { colorScheme: "dark" });
    const dark = await background(page);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background(page);
    expect(light).not.toBe(dark);
    await page.getByLabel("Theme").selectOption("dark");
    expect(await background(page)).toBe(dark);
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await background(page)).toBe(dark);
    await page.getByLabel("Theme").selectOption("auto");
    expect(await background(page)).toBe(light);
  });

  it("shows how often the server looks, until somebody chooses otherwise", async ({ open }) => {
    const page = await open(await startDashboard(newLake("healthy"), 0, "--interval", "90"));
    const refresh = page.getByLabel("Refresh");
    const asked = page.waitForRequest(/\/events\?interval=10$/);
    expect(await refresh.inputValue()).toBe("90");
    await refresh.selectOption("10");
    await asked;
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await refresh.inputValue()).toBe("10");
  });

  it("works where the browser remembers nothing", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    await page.addInitScript(() => {
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      });
    });
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByLabel("Theme").selectOption("dark");
    await page.getByLabel("Refresh").selectOption("10");
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  });

  it("fits 390 pixels: tables scroll in boxes of their own, the page only down", async ({ open }) => {
    for (const kind of ["on-fire", "empty", "hostile"] as const) {
      const page = await open(await serverOf(kind), { viewport: { width: 390, height: 844 } });
      const pages = kind === "on-fire" ? ["#/", DEVICE, BATCH, REFUSED] : ["#/"];
      for (const hash of pages) {
        await goTo(page, hash);
        await page.waitForLoadState("networkidle", { timeout: 300 }).catch(() => {});
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        const cut = (all: Element[]) => all.filter((each) => each.scrollWidth > each.clientWidth).length;
        expect(await page.locator(".figure-value").evaluateAll(cut)).toBe(0);
      }
    }
  });

  it("keeps still for who asked the system for less motion", async ({ open }) => {
    const page = await open(await serverOf("healthy"), { reducedMotion: "reduce" });
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });

  it("shows times in the viewer's zone, with UTC in the tooltip", async ({ open }) => {
    const page = await open(await serverOf("healthy"), { timezoneId: "Asia/Kathmandu" });
    const time = page.locator(".batches tbody time").first();
    const iso = (await time.getAttribute("datetime")) as string;
    expect(await time.getAttribute("title")).toBe(`${iso.slice(0, 19).replace("T", " ")} UTC`);
    const there = new Date(Date.parse(iso) + 5.75 * 3_600_000).toISOString().slice(11, 16);
    expect(await time.innerText()).toContain(there);
  });
});
