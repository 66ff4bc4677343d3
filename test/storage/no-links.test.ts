import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { keysOf, put } from "../pipeline/lake.ts";

/** A file system without hard links, as a stick's: seen of exFAT on Linux. */
vi.mock("node:fs", async (original) => {
  const linkSync = () => {
    throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM", syscall: "link" });
  };
  return { ...(await original<typeof fs>()), linkSync };
});

const root = fs.mkdtempSync(join(tmpdir(), "vantageflow-links-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

it("a lake on a file system without hard links is refused for that, and nothing is left of the write", async () => {
  const lake = createLocalStorage({ root });
  const failed = put(lake, "bronze/a.csv", "first");
  await expect(failed).rejects.toMatchObject({
    code: "storage_failed",
    message: expect.stringContaining(
      "its file system has no hard links, as exFAT and FAT have none (EPERM). Keep the lake",
    ),
  });
  expect(await keysOf(lake)).toEqual([]);
});
