import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Overview } from "../../src/monitor/overview.ts";
import { cli } from "../cli/run-cli.ts";
import { goTo, hasBrowser, it, newLake, serverOf, startDashboard } from "./browser.ts";

async function statusOf(lake: string): Promise<Overview> {
  return JSON.parse((await cli(["status", "--json", "--lake", lake], { cwd: "." })).stdout);
}

describe.skipIf(!hasBrowser)("the page of a lake", () => {
  it("shows what `status --json` says: verdict and reasons, figures, layers, devices, batches", async ({ open }) => {
    const server = await serverOf("on-fire");
    const page = await open(server);
    const status = await statusOf(server.lake);
    expect(await page.title()).toBe("✖ unhealthy – vantageflow");
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.locator(".verdict-word").innerText()).toBe("UNHEALTHY");
    const reasons = page.locator(".reasons li");
    expect(await reasons.count()).toBe(status.health.reasons.length);
    for (const [index, { message, next }] of status.health.reasons.entries()) {
      const text = await reasons.nth(index).innerText();
      // Ages in it go on.
      expect(text).toContain(message.replace(/\d+[smhd]$/, ""));
      expect(text).toContain(next);
    }
    const figures = page.locator(".figure");
    expect(await figures.count()).toBe(4);
    expect(await figures.nth(0).innerText()).toContain(status.today.rows.in.toLocaleString("en-US"));
    expect(await figures.nth(1).innerText()).toContain(`${status.today.anomaly_percentage?.toFixed(1)}\u00a0%`);
    expect(await figures.nth(2).innerText()).toMatch(/p50 .+ · p95 /);
    expect(await figures.nth(3).innerText()).toMatch(/estimate[\s\S]*\$[\s\S]*with the free tier · not billed/i);
    for (const layer of ["bronze", "silver", "anomalies", "gold"] as const) {
      const stage = await page.locator(`.stage-${layer}`).innerText();
      expect(stage).toContain(`${status.layers[layer].files_24h} files`);
      expect(stage).toContain(status.layers[layer].rows_24h.toLocaleString("en-US"));
    }
    expect(await page.locator(".devices tbody tr").count()).toBe(status.devices.total);
    expect(await page.locator(".devices .is-over").count()).toBe(status.devices.critical);
    expect(await page.locator(".batches tbody tr").count()).toBe(status.batches.length);
    expect(await page.locator(".letters li").count()).toBe(status.dead_letters.open);
    expect(await page.locator(".alarm-list li").count()).toBe(status.alarms.length);
    expect(await page.locator(".cost").innerText()).toContain(status.cost.prices);
  });

  it("stands in the order in which an operator looks", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    const order = await page
      .locator("main > section, main h2")
      .evaluateAll((elements) =>
        elements
          .filter((each) => each.tagName === "H2" || each.ariaLabel !== null)
          .map((each) => each.ariaLabel ?? each.textContent),
      );
    expect(order).toEqual([
      "Verdict",
      "Freshness of the data",
      "Today, since midnight UTC",
      "Act on",
      "Flow",
      "Devices with detections today",
      "Records and anomalies per hour",
      "Anomaly % by device, top 10",
      "Average value × anomaly %",
      "Devices",
      "Cost a month by service",
      "Alarms",
      "Recent batches",
    ]);
    expect(await page.locator(".act-on").innerText()).toContain("Nothing.");
  });

  it("says of an empty lake what to type, and shows no zeros", async ({ open }) => {
    const server = await serverOf("empty");
    const page = await open(server);
    await page.getByRole("heading", { name: "This lake is empty" }).waitFor();
    const text = await page.locator("main").innerText();
    expect(text).toContain(`vantageflow ingest readings.csv --lake ${server.lake}`);
    expect(text).toContain(`vantageflow demo ${server.lake}`);
    expect(await page.locator(".figure, .verdict, table").count()).toBe(0);
  });

  it("says of a lake in which nothing ended for a day that nothing did, and not that all of it was done", async ({
    open,
  }) => {
    const lake = newLake("healthy");
    for (const name of readdirSync(join(lake, "receipts"), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".json")) continue;
      const path = join(lake, "receipts", name);
      const receipt = JSON.parse(readFileSync(path, "utf8"));
      writeFileSync(path, JSON.stringify({ ...receipt, started: "2026-01-01T00:00:00.000Z" }));
    }
    const page = await open(await startDashboard(lake));
    expect(await page.locator(".verdict-share").innerText()).toBe("nothing ended in the last 24 h");
    expect(await page.locator(".figure").nth(0).innerText()).toContain("none in the last 24 h either");
    expect(await page.locator(".trend").innerText()).toContain("Nothing was processed in the last 24 hours.");
  });

  it("draws charts that say in words what they show, gaps as gaps, and has their numbers behind them", async ({
    open,
  }) => {
    const server = await serverOf("healthy");
    const page = await open(server);
    const { series } = await statusOf(server.lake);
    const gaps = series.filter(({ rows }) => rows === null).length;
    expect(gaps).toBeGreaterThan(2);
    const charts = page.locator(".chart svg[role=img]");
    expect(await charts.count()).toBe(4);
    const labels = await charts.evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")));
    expect(labels[0]).toMatch(
      new RegExp(`^[\\d,]+ records in ${24 - gaps} hours of the last 24; .* ${gaps} hours without data\\.$`),
    );
    expect(labels[2]).toMatch(/^The 10 devices with the highest share of anomalies, 0 of them over 30/);
    expect(await page.locator(".chart style, .chart [style]").count()).toBe(0);
    expect(await page.locator(".per-hour-in svg text", { hasText: "no data" }).count()).toBe(1);
    await page.locator(".trend summary").click();
    const rows = page.locator(".trend tbody tr");
    await rows.first().waitFor();
    expect(await rows.count()).toBe(24);
    expect(await rows.filter({ hasText: "no data" }).count()).toBe(gaps);
  });

  it("filters devices by part of their id, and says when none has it", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    await page.getByLabel("Filter devices").fill("hum-00");
    await page.getByText("all 9 devices").waitFor();
    const ids = await page.locator(".devices tbody tr td:first-child").allInnerTexts();
    expect(ids).toHaveLength(9);
    expect(ids.every((id) => id.startsWith("FAB-HUM-00"))).toBe(true);
    await page.getByLabel("Filter devices").fill("nowhere");
    await page.getByText("No device has that in its id.").waitFor();
  });

  it("sorts by any column, either way, and says so to a screen reader", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    const header = (name: string) => page.locator(".devices th", { hasText: name });
    expect(await header("Anomaly %").getAttribute("aria-sort")).toBe("descending");
    await header("Average").getByRole("button").click();
    await page.locator(".devices th[aria-sort=descending]", { hasText: "Average" }).waitFor();
    await page.locator(".devices table[aria-busy=false]").waitFor();
    const averages = async () => (await page.locator(".devices tbody td:nth-child(4)").allInnerTexts()).map(Number);
    const falling = await averages();
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    await header("Average").getByRole("button").press("Enter");
    await page.locator(".devices th[aria-sort=ascending]", { hasText: "Average" }).waitFor();
    await expect.poll(averages).toEqual(falling.toReversed());
  });

  it("loses no choice that is made while the filter waits for the fingers to rest", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    await page.locator(".devices tbody tr").first().waitFor();
    await page.evaluate(() => {
      const input = document.querySelector(".devices input") as HTMLInputElement;
      input.value = "hum-00";
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      const headers = [...document.querySelectorAll<HTMLElement>(".devices th button")];
      headers.find(({ innerText }) => innerText.startsWith("Average"))?.click();
    });
    await page.getByText("all 9 devices").waitFor();
    expect(await page.locator(".devices th[aria-sort=descending]").innerText()).toMatch(/^Average/);
  });

  it("moves the focus to the heading of every page, also of one that there is not", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    for (const hash of ["#/device/FAB-TEM-001", "#/batch/bronze%2Fhour-01.csv", "#/nowhere", "#/"]) {
      await goTo(page, hash);
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    }
  });

  it("pages through a thousand devices, and says which of them it shows", async ({ open }) => {
    const page = await open(await serverOf("thousand"));
    await page.getByText("showing 200 of 1,000 devices").waitFor();
    expect(await page.locator(".devices tbody tr").count()).toBe(200);
    await page.locator(".devices").getByRole("button", { name: "Next" }).click();
    await page.getByText("showing 201–400 of 1,000 devices").waitFor();
    await goTo(page, "#/device/FAB-TEM-001");
    await page.goBack();
    await page.getByText("showing 201–400 of 1,000 devices").waitFor();
    expect(await page.getByText("500 of 1,000 devices, those with most anomalies").count()).toBe(1);
  });

  it("shows batches by outcome, with the reason of what was refused", async ({ open }) => {
    const page = await open(await serverOf("on-fire"));
    await page.getByLabel("Outcome").selectOption("refused");
    await page.getByText("all 3 batches").waitFor();
    expect(await page.locator(".batches tbody tr").allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/line-4\.csv[\s\S]*refused[\s\S]*it is gzip/)]),
    );
  });
});
