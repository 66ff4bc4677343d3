import { describe, expect } from "vitest";
import { HOSTILE } from "../../scripts/lakes.mjs";
import { escapeTerminal } from "../../src/escape.ts";
import { hasBrowser, it, serverOf } from "./browser.ts";

/** Beside what is said here, openPage watches: no dialog, error, violated policy or foreign request. */
describe.skipIf(!hasBrowser)("names that are markup, scripts or tricks of writing", () => {
  it("are text in tables, charts, tooltips and titles, and nothing else", async ({ open }) => {
    const page = await open(await serverOf("hostile"));
    await page
      .locator(".devices tbody tr")
      .nth(HOSTILE.length - 1)
      .waitFor();
    const shown = await page
      .locator(".devices tbody td:first-child bdi")
      .evaluateAll((all) => all.map((each) => each.textContent));
    expect(shown.toSorted()).toEqual(HOSTILE.map((id) => escapeTerminal(id)).toSorted());
    const titles = await page
      .locator(".devices tbody td:first-child bdi")
      .evaluateAll((all) => all.map((each) => each.getAttribute("title")));
    expect(titles).toEqual(shown);
    expect(await page.locator("img, main script, iframe, [onerror], [onload], a[href^='javascript']").count()).toBe(0);
    for (const row of await page.locator(".devices tbody a").all()) await row.hover();
    await page
      .locator(".chart svg")
      .nth(2)
      .hover({ position: { x: 200, y: 40 } });
    await page.locator(".plot text", { hasText: "average 3" }).first().waitFor();
    expect(await page.title()).toMatch(/ – vantageflow$/);
  });

  it("look like no other name: what is not seen, or reorders what is, is written out as on a terminal", async ({
    open,
  }) => {
    const page = await open(await serverOf("hostile"));
    await page.locator(".devices tbody a").first().waitFor();
    await page.locator(".plot text", { hasText: "LTR" }).first().waitFor();
    const text = await page.locator("main").evaluate((main) => main.textContent);
    expect(text).toContain("\\u202egnitset");
    expect(text).toContain("bell\\x07");
    expect(text).not.toMatch(/[\u0000-\u0008\u001b\u007f\u200b\u202a-\u202e\u2066\u2067]/);
  });

  it("do not widen the layout, and keep their direction to themselves", async ({ open }) => {
    const page = await open(await serverOf("hostile"));
    const long = page.locator(".devices bdi", { hasText: "long-" });
    await long.waitFor();
    const [width, inner] = await long.evaluate((each) => [each.clientWidth, each.scrollWidth]);
    expect(width).toBeLessThan(330);
    expect(inner).toBeGreaterThan(1000);
    const direction = await page
      .locator(".devices bdi", { hasText: "gnitset" })
      .evaluate((each) => getComputedStyle(each).unicodeBidi);
    expect(direction).toBe("isolate");
  });

  it("have pages of their own that say what they are", async ({ open }) => {
    const page = await open(await serverOf("hostile"));
    for (const id of HOSTILE.filter((each) => each !== "..")) {
      await page
        .locator(".devices tbody a", { has: page.locator(`bdi[title=${JSON.stringify(escapeTerminal(id))}]`) })
        .click();
      await page.locator(".figure").first().waitFor();
      expect(await page.locator("h1 bdi").textContent()).toBe(escapeTerminal(id));
      await page.goBack();
      await page.locator(".devices tbody a").first().waitFor();
    }
    await page.locator(".devices tbody a", { has: page.locator('bdi[title=".."]') }).click();
    await page.getByText("A device of this name has no page of its own").waitFor();
    await page.goBack();
    await page.locator(".batches tbody a", { hasText: "onerror" }).click();
    await page.getByRole("region", { name: "Rejected rows, table" }).waitFor();
    expect(await page.locator("h1 bdi").textContent()).toBe("bronze/<img src=x onerror=alert(5)>.csv");
    await page.goBack();
    await page.locator(".batches tbody a", { hasText: "bold" }).click();
    await page.getByText("header_invalid").first().waitFor();
    expect(await page.locator("main img, main script, main b").count()).toBe(0);
  });
});
