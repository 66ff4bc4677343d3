import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";

/** A file system that tells no case, as those of macOS and Windows by default: a path leads to what is named like it. */
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const folded = (path: string) =>
    path.split("/").reduce((dir, name) => {
      const names = real.existsSync(dir) && real.statSync(dir).isDirectory() ? real.readdirSync(dir) : [];
      return join(dir, names.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name);
    }, "/");
  const lstatSync = (path: string, options?: fs.StatSyncOptions) => real.lstatSync(folded(path), options);
  return { ...real, lstatSync };
});

const root = fs.mkdtempSync(join(tmpdir(), "vantageflow-case-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

it("a name in another case, also of the suffix, replaces nothing where the file system tells no case", async () => {
  const lake = createLocalStorage({ root });
  await put(lake, "bronze/a.csv", "first");
  for (const key of ["bronze/a.CSV", "bronze/A.csv"]) {
    await expect(lake.create(key), key).rejects.toMatchObject({
      code: "key_invalid",
      message: expect.stringContaining("in another case"),
    });
  }
  await put(lake, "bronze/a.csv", "second");
  await put(lake, "bronze/sub/b.csv", "first");
  for (const key of ["bronze/SUB/b.csv", "bronze/Sub/c.csv", "BRONZE/a.csv"]) {
    await expect(lake.create(key), key).rejects.toMatchObject({ code: "key_invalid" });
  }
  await put(lake, "bronze/sub/c.csv", "another");
  await lake.remove("bronze/sub/b.csv");
  await lake.remove("bronze/sub/c.csv");
  expect([await keysOf(lake), await textOf(lake, "bronze/a.csv")]).toEqual([["bronze/a.csv"], "second"]);
});
