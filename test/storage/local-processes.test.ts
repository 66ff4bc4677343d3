import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ownerOf } from "../../src/storage/local/owner.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-processes-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

let root = "";
let lakes = 0;
beforeEach(async () => {
  root = join(home, `lake-${++lakes}`);
  for (const text of ["0", "1"]) await put(lake(), "a", text);
});

const lake = () => createLocalStorage({ root });
const filesIn = (name: string) => fs.readdirSync(join(root, ".vantageflow", name));
const lockOf = (key: string) =>
  join(root, ".vantageflow/locks", `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.lock`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("several who write to one lake", () => {
  it("may be threads of one process", async () => {
    const script = join(home, "thread.mjs");
    await build({
      stdin: { contents: THREAD, resolveDir: process.cwd(), loader: "ts" },
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    const threads = [0, 1, 2, 3].map(
      (thread) =>
        new Promise((resolve, reject) => {
          new Worker(script, { workerData: { root, thread } }).on("error", reject).on("exit", resolve);
        }),
    );
    expect(await Promise.all(threads)).toEqual([0, 0, 0, 0]);
    expect(await keysOf(lake(), "thread-")).toHaveLength(4 * 50);
    expect([filesIn("tmp"), filesIn("locks")]).toEqual([[], []]);
  });

  it("leave alone a file in tmp/ that no vantageflow made", async () => {
    const strange = ["%zz@1@1@-1", "note.txt"];
    for (const name of strange) fs.writeFileSync(join(root, ".vantageflow/tmp", name), "");
    await put(lake(), "a", "2");
    expect(filesIn("tmp").sort()).toEqual(strange);
  });

  it("break a lock that a power loss left without content", async () => {
    for (const content of ["", "\0\0\0\0", '{"pid":1']) {
      fs.writeFileSync(lockOf("a"), content);
      await put(lake(), "a", content);
      expect(await textOf(lake(), "a")).toBe(content);
    }
    expect(filesIn("locks")).toEqual([]);
  });

  it("wait, and keep the event loop turning, while another that lives breaks a dead lock", async () => {
    const sleeper = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    try {
      const claim = `${lockOf("a")}.gone.1`;
      fs.writeFileSync(lockOf("a"), JSON.stringify({ ...ownerOf(), start: "1", nonce: "gone" }));
      fs.writeFileSync(claim, JSON.stringify({ ...ownerOf(sleeper.pid), nonce: "n" }));
      let committed = false;
      const waiting = put(lake(), "a", "2").then(() => {
        committed = true;
      });
      await pause(200);
      expect(committed).toBe(false);
      sleeper.kill("SIGKILL");
      await waiting;
      expect(await textOf(lake(), "a")).toBe("2");
      expect(filesIn("locks")).toEqual([]);
    } finally {
      sleeper.kill();
    }
  });

  it("never break the lock of another machine, and say whose it is in the end", async () => {
    const lock = JSON.stringify({ ...ownerOf(4711), host: "another-host", nonce: "n" });
    fs.writeFileSync(lockOf("a"), lock);
    const error = await put(lake(), "a", "2").catch((caught) => caught);
    expect(error.code).toBe("storage_failed");
    expect(error.message).toMatch(/^Cannot write "a": process 4711 on another-host holds its lock/);
    expect(fs.readFileSync(lockOf("a"), "utf8")).toBe(lock);
    expect([await textOf(lake(), "a"), filesIn("tmp")]).toEqual(["1", []]);
  }, 30_000);
});

const THREAD = `
import { workerData } from "node:worker_threads";
import { createLocalStorage } from "./src/storage/local.ts";
const storage = createLocalStorage({ root: workerData.root });
for (let i = 0; i < 50; i++) {
  const writer = await storage.create(\`thread-\${workerData.thread}/\${i}\`);
  await writer.write(Buffer.from("x"));
  await writer.commit();
}
`;
