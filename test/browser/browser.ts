import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium, launchChromium } from "../../scripts/chromium.mjs";
import { type LakeKind, makeLake } from "../../scripts/lakes.mjs";

/** Whether there is a browser to test in. */
export const hasBrowser = findChromium() !== null;
if (!hasBrowser) console.warn("No Chromium was found (CHROMIUM=/path/to/it): the tests of the page are skipped.");

const home = mkdtempSync(join(tmpdir(), "vantageflow-page-"));
const servers = new Set<Server>();
let browser: Browser;

beforeAll(async () => {
  if (hasBrowser) browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.stop();
  rmSync(home, { recursive: true, force: true });
});

let lakes = 0;

/** A lake of a directory of its own. */
export function newLake(kind: LakeKind): string {
  return makeLake(kind, join(home, `${kind}-${++lakes}`));
}

export interface Server {
  readonly lake: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** A link that was not opened yet. */
  link(): string;
  stop(): void;
}

/** `vantageflow dashboard`, as a user starts it. */
export async function startDashboard(lake: string, port = 0, ...more: readonly string[]): Promise<Server> {
  const args = [resolve("dist/cli.js"), "dashboard", "--port", String(port), "--lake", lake, ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const links = () => said.match(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}/g) ?? [];
  await new Promise<void>((done, fail) => {
    child.once("exit", () => fail(new Error(`The dashboard did not start: ${said}`)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (links().length > 0) done();
    });
  });
  const server: Server = {
    lake,
    port: Number(new URL(links()[0] as string).port),
    process: child,
    link: () => links().at(-1) as string,
    stop() {
      child.kill("SIGKILL");
      servers.delete(server);
    },
  };
  servers.add(server);
  return server;
}

const kinds = new Map<LakeKind, Promise<Server>>();

/** A server on such a lake, which tests that change nothing share. */
export function serverOf(kind: LakeKind): Promise<Server> {
  const server = kinds.get(kind) ?? startDashboard(newLake(kind));
  kinds.set(kind, server);
  return server;
}

type Open = (server: Server, options?: BrowserContextOptions, hash?: string) => Promise<Page>;

/**
 * A test with `open`: opens the dashboard by its link, in a context of its own, and waits for the lake; `hash` is a page within.
 * At the end nothing that a page must never do was done: no error, dialog, violation of its policy, request to anywhere else.
 */
export const it = test.extend<{ open: Open }>({
  open: async ({ task: _task }, use) => {
    const broken: string[] = [];
    const pages: Page[] = [];
    await use(async (server, options = {}, hash = "") => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      pages.push(page);
      await watch(page, server.port, broken);
      await page.goto(server.link());
      await page.getByText("Live", { exact: true }).waitFor();
      if (hash !== "") await goTo(page, hash);
      return page;
    });
    for (const page of pages) await page.context().close();
    expect(broken).toEqual([]);
  },
});

async function watch(page: Page, port: number, broken: string[]): Promise<void> {
  page.on("request", (request) => {
    if (!request.url().startsWith(`http://127.0.0.1:${port}/`)) broken.push(`request to ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    broken.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => broken.push(String(error)));
  page.on("console", (message) => {
    // That a server is gone, or a device does not exist, the browser notes by itself.
    const isNetwork = /^Failed to load resource/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isNetwork) broken.push(message.text());
  });
  await page.exposeFunction("noteViolation", (what: string) => broken.push(`policy: ${what}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      (window as unknown as { noteViolation(what: string): void }).noteViolation(`${violatedDirective} ${blockedURI}`);
    });
  });
}

/** Another page within the document. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await page.locator("main h1").waitFor();
}

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/** What axe finds wrong; its script comes by the debugger, which no policy of a page binds. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}
