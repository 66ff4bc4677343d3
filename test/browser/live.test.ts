import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { describe } from "vitest";
import { batch, fleet, ingest } from "../../scripts/lakes.mjs";
import { hasBrowser, it, newLake, startDashboard } from "./browser.ts";

const more = (seed: number) => ({ [`more-${seed}.csv`]: batch(fleet(48), { rows: 480, seed, end: Date.now() }) });

// They wait most of the time: together.
describe.skipIf(!hasBrowser).concurrent("the page of a lake that changes", () => {
  it("follows an ingest, and moves no scroll, focus, filter or open part", async ({ open, expect }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    await page.locator(".trend summary").click();
    await page.getByLabel("Filter devices").fill("tem");
    await page.getByText("all 12 devices").waitFor();
    await page.locator(".devices .scroll").evaluate((box) => {
      box.style.minHeight = "0";
      box.style.maxHeight = "200px";
      box.scrollTop = 90;
    });
    await page.locator(".devices tbody a").nth(4).focus();
    await page.locator(".devices").evaluate((panel) => panel.scrollIntoView());
    const state = () =>
      page.evaluate(() => {
        const box = document.querySelector(".devices .scroll") as HTMLElement;
        const filter = document.querySelector(".devices input") as HTMLInputElement;
        const details = document.querySelector(".trend details") as HTMLDetailsElement;
        const focus = document.activeElement as HTMLElement;
        return [scrollY, box.scrollTop, filter.value, details.open, focus.textContent, focus.isConnected];
      });
    const readings = async () => page.locator(".devices tbody tr").nth(4).locator("td").nth(2).innerText();
    const [before, records, device] = [
      await state(),
      await page.locator(".figure").nth(0).innerText(),
      await readings(),
    ];
    expect(before[0]).toBeGreaterThan(300);
    expect(before[1]).toBeGreaterThan(50);
    ingest(server.lake, more(101));
    await expect.poll(() => page.locator(".figure").nth(0).innerText(), { timeout: 15_000 }).not.toBe(records);
    await expect.poll(readings).not.toBe(device);
    expect(await state()).toEqual(before);
  });

  it("fills by itself when an empty lake does", async ({ open, expect }) => {
    const server = await startDashboard(newLake("empty"));
    const page = await open(server);
    await page.getByRole("heading", { name: "This lake is empty" }).waitFor();
    expect(await page.title()).toBe("○ empty – vantageflow");
    ingest(server.lake, more(102));
    await page.getByRole("heading", { name: "Records and anomalies per hour" }).waitFor({ timeout: 15_000 });
    expect(await page.title()).toBe("● healthy – vantageflow");
  });

  it("is that of a lake that is gone, not of an empty one, once its directory is", async ({ open, expect }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    const records = await page.locator(".figure").nth(0).innerText();
    renameSync(server.lake, `${server.lake}-away`);
    await page.getByText("it was there and is gone").waitFor({ timeout: 15_000 });
    expect(await page.title()).toBe("○ last known healthy – vantageflow");
    expect(await page.locator(".figure").nth(0).innerText()).toBe(records);
    renameSync(`${server.lake}-away`, server.lake);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 15_000 });
  });

  it("stands still while it is paused, says so, and goes on", async ({ open, expect }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused", { exact: true }).waitFor();
    const records = await page.locator(".figure").nth(0).innerText();
    expect(await page.locator(".verdict").innerText()).toMatch(/last known/i);
    ingest(server.lake, more(103));
    await page.waitForTimeout(5500);
    expect(await page.locator(".figure").nth(0).innerText()).toBe(records);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect.poll(() => page.locator(".figure").nth(0).innerText(), { timeout: 15_000 }).not.toBe(records);
    await page.getByText("Live", { exact: true }).waitFor();
  });

  it("never shows old data as healthy: a server that hangs makes it stale", async ({ open, expect }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    expect(await page.locator(".verdict").innerText()).toMatch(/^HEALTHY/);
    server.process.kill("SIGSTOP");
    await page.clock.install({ time: Date.now() + 60_000 });
    await page.clock.runFor(1500);
    await page.getByText("Stale", { exact: true }).waitFor();
    expect(await page.locator(".verdict").innerText()).toMatch(/^last known: HEALTHY/i);
    expect(await page.locator(".age").innerText()).toMatch(/^data \d+ (s|min) old$/);
    server.process.kill("SIGCONT");
  });

  it("says why the lake cannot be looked at, and recovers", async ({ open, expect }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    renameSync(server.lake, `${server.lake}.away`);
    writeFileSync(server.lake, "no directory");
    await page.getByText("Failing", { exact: true }).waitFor({ timeout: 15_000 });
    expect(await page.locator(".freshness").innerText()).toContain("Cannot");
    expect(await page.locator(".verdict").innerText()).toMatch(/^last known/i);
    execFileSync("rm", [server.lake]);
    renameSync(`${server.lake}.away`, server.lake);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
  });

  it("tells a server that is gone from one that was started again, and recovers with its new link", async ({
    open,
    expect,
  }) => {
    const server = await startDashboard(newLake("healthy"));
    const page = await open(server);
    server.stop();
    await page.getByText("Disconnected", { exact: true }).waitFor();
    expect(await page.title()).toBe("○ last known healthy – vantageflow");
    expect(await page.locator(".verdict").innerText()).toMatch(/^last known/i);
    const again = await startDashboard(server.lake, server.port);
    await page.getByText("Signed out", { exact: true }).waitFor({ timeout: 15_000 });
    const other = await page.context().newPage();
    await other.goto(again.link());
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 15_000 });
    await expect.poll(() => page.title()).toBe("● healthy – vantageflow");
  });
});
