import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type BatchTask, paysThreads, startBatchThreads } from "../../src/engine/batch-threads.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { NO_ROWS } from "../../src/ledger/receipts.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";

const home = mkdtempSync(join(tmpdir(), "vantageflow-threads-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const TASK: BatchTask = { file: "a.csv", name: "a.csv", overwrite: false };
const result = (key: string): BatchResult => {
  return { key, outcome: "done", rows: NO_ROWS, devices: 0, outputs: [], durationMs: 0, error: null };
};

let scripts = 0;
function threadsOf(script: string | URL, onGone: (thread: number) => void = () => {}) {
  const file = join(home, `thread-${++scripts}.mjs`);
  if (typeof script === "string") writeFileSync(file, `import { parentPort } from "node:worker_threads";\n${script}`);
  return startBatchThreads({
    script: typeof script === "string" ? pathToFileURL(file) : script,
    count: 2,
    lake: home,
    settings: DEFAULT_SETTINGS,
    code: "test",
    copyInputs: false,
    onGone,
  });
}

const ANSWERS = `parentPort.on("message", (request) => {
  if (request === null) parentPort.close();
  else parentPort.postMessage({ id: request.id, result: { key: "there" } });
});`;

describe("threads that do whole batches", () => {
  it("share the work with this one by what each has to do", async () => {
    const { doBatch, close } = threadsOf(ANSWERS);
    const keys = await Promise.all(
      Array.from({ length: 30 }, async () => (await doBatch(TASK, 1, async () => result("here"))).key),
    );
    expect(keys.filter((key) => key === "there").length).toBeGreaterThan(15);
    expect(keys.filter((key) => key === "here").length).toBeGreaterThan(5);
    await close();
  });

  it("hand on an error with its code, line and column", async () => {
    const fault = { code: "input_invalid", message: "Cannot.", line: 3, column: "value" };
    const { doBatch, close } = threadsOf(
      `parentPort.on("message", (request) => {
        if (request === null) parentPort.close();
        else parentPort.postMessage({ id: request.id, error: ${JSON.stringify(fault)} });
      });`,
    );
    await expect(doBatch(TASK, 1, async () => result("here"))).rejects.toMatchObject(fault);
    await close();
  });

  it("leave what they were at to this one when they are gone, also where nothing of theirs can be cleared", async () => {
    const gone: number[] = [];
    const { doBatch, close } = threadsOf(`parentPort.on("message", () => process.exit(1));`, (thread) => {
      gone.push(thread);
      throw new Error("EMFILE");
    });
    const keys = await Promise.all(
      [1, 2, 3, 4].map(async () => (await doBatch(TASK, 1, async () => result("here"))).key),
    );
    expect([keys, gone.length]).toEqual([["here", "here", "here", "here"], 2]);
    await close();
  });

  it("are done without where none can be had", async () => {
    const { doBatch, close } = threadsOf(new URL("https://example.org/thread.js"));
    expect((await doBatch(TASK, 1, async () => result("here"))).key).toBe("here");
    await close();
  });

  it("are started for many batches, or for several with many bytes", () => {
    expect([paysThreads(39, 1000), paysThreads(40, 1000), paysThreads(1, 1e9), paysThreads(2, 1e7)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});
