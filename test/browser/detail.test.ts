import { describe, expect } from "vitest";
import { cli } from "../cli/run-cli.ts";
import { hasBrowser, it, serverOf } from "./browser.ts";

describe.skipIf(!hasBrowser)("the pages of a device and of a batch", () => {
  it("a device has its figures of gold, its batches, its values and the rows that were rejected", async ({ open }) => {
    const server = await serverOf("on-fire");
    const page = await open(server, {}, "#/device/FAB-TEM-001");
    const said = await cli(["report", "--device", "FAB-TEM-001", "--json", "--lake", server.lake], { cwd: "." });
    const [device] = JSON.parse(said.stdout).devices;
    await page.getByRole("heading", { name: "Device FAB-TEM-001" }).waitFor();
    const figures = page.locator(".figure");
    await figures.nth(3).waitFor();
    expect(await figures.nth(0).innerText()).toMatch(/critical, over 30/);
    expect(await figures.nth(1).innerText()).toContain(String(device.total_readings));
    expect(await figures.nth(3).innerText()).toContain(
      `${device.min_value.toFixed(2)} to ${device.max_value.toFixed(2)}`,
    );
    const label = await page.locator(".chart svg[role=img]").getAttribute("aria-label");
    expect(label).toContain(`${device.total_readings} readings from `);
    expect(label).toContain(`; ${device.anomaly_count} anomalies.`);
    expect(await page.getByRole("region", { name: "Batches of this device, table" }).locator("tbody tr").count()).toBe(
      21,
    );
    expect(
      await page.getByRole("region", { name: "Rejected rows, table" }).locator("tbody tr").count(),
    ).toBeGreaterThan(3);
  });

  it("a batch shows its way from bronze to gold, both receipts in words, and every row accounted for", async ({
    open,
  }) => {
    const page = await open(await serverOf("on-fire"), {}, "#/batch/bronze%2Fhour-02.csv");
    await page.locator(".lineage").waitFor();
    const boxes = await page.locator(".lineage .box").allInnerTexts();
    expect(boxes.map((text) => text.split("\n")[0])).toEqual(["bronze", "silver", "anomalies", "rejects", "gold"]);
    const rows = boxes.slice(0, 4).map((text) => Number(/([\d,]+) rows?/.exec(text)?.[1].replace(",", "")));
    expect(rows[0]).toBeGreaterThan(2000);
    expect(rows[1] + rows[2] + rows[3]).toBe(rows[0]);
    expect(boxes[4]).toContain("64 devices");
    const receipts = page.locator(".receipt");
    expect(await receipts.nth(0).innerText()).toMatch(
      /vantageflow-process-iot[\s\S]*done[\s\S]*1 attempt[\s\S]*silver\/hour-02\.csv/,
    );
    expect(await receipts.nth(1).innerText()).toMatch(/vantageflow-silver-to-gold[\s\S]*gold\/hour-02\.csv/);
    await receipts.nth(0).getByText("Show the JSON").click();
    const shown = JSON.parse(await receipts.nth(0).locator("pre").innerText());
    expect(shown.source.key).toBe("bronze/hour-02.csv");
  });

  it("a refused batch says why, where and what to type, and what was not written", async ({ open }) => {
    const server = await serverOf("on-fire");
    const page = await open(server, {}, "#/batch/bronze%2Fline-5.csv");
    await page.locator(".lineage").waitFor();
    const text = await page.locator("main").innerText();
    expect(text).toContain("quote_unclosed");
    expect(text).toContain(`vantageflow dlq redrive --dry-run --lake ${server.lake}`);
    expect(text).toContain("Not run yet: there is no receipt.");
    expect(await page.locator(".box.is-absent").count()).toBe(4);
  });

  it("what does not exist is an error in words, neither empty nor zero", async ({ open }) => {
    const page = await open(await serverOf("healthy"), {}, "#/device/NOBODY");
    await page.getByRole("alert").getByText('Cannot show "NOBODY"').waitFor();
    expect(await page.locator(".figure").count()).toBe(0);
    await page.getByRole("link", { name: "← Lake" }).click();
    await page.getByRole("heading", { name: "Devices", exact: true }).waitFor();
  });

  it("is reached and left by keyboard, with the heading in focus and the place on the way back", async ({ open }) => {
    const page = await open(await serverOf("healthy"));
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Skip to/);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    const link = page.locator(".devices tbody a").nth(3);
    await link.focus();
    const [name, scrolled] = [await link.innerText(), await page.evaluate(() => scrollY)];
    expect(scrolled).toBeGreaterThan(200);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Device ${name}` }).waitFor();
    expect(await page.evaluate(() => [document.activeElement?.tagName, scrollY])).toEqual(["H1", 0]);
    await page.goBack();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(scrolled);
  });

  it("gives everything that can be used a visible focus, in an order that Tab walks through", async ({ open }) => {
    const page = await open(await serverOf("on-fire"), {}, "#/batch/bronze%2Fhour-02.csv");
    await page.locator(".lineage").waitFor();
    const wanted = await page
      .locator(":is(a[href], button:enabled, select, input, summary, [tabindex='0']):visible")
      .count();
    const seen = new Set<string>();
    await page.locator(".skip").focus();
    await page.keyboard.press("Shift+Tab");
    for (let step = 0; step < wanted; step++) {
      await page.keyboard.press("Tab");
      const [at, outline] = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const all = [...document.querySelectorAll("*")];
        return [String(all.indexOf(element)), getComputedStyle(element).outlineStyle];
      });
      expect(outline).not.toBe("none");
      seen.add(at);
    }
    expect(seen.size).toBe(wanted);
  });
});
