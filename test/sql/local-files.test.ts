import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localPaths } from "../../src/sql/local-files.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { put } from "../pipeline/lake.ts";
import { ask, newFolder, SOURCES, tableLakeOf } from "./lake.ts";

const MB = 1024 * 1024;

/** A lake that says it is a bucket, and which objects of it were read. */
function bucketOf(storage: LakeStorage, url = "s3://bucket/lake") {
  const reads: string[] = [];
  const bucket: LakeStorage = {
    ...storage,
    url,
    read(key, range) {
      reads.push(key);
      return storage.read(key, range);
    },
  };
  return { bucket, reads };
}

describe("files of a table in a bucket", () => {
  it("are fetched once, and only those that a query needs", async () => {
    const { storage } = await tableLakeOf(SOURCES, newFolder());
    const { bucket, reads } = bucketOf(storage);
    const cache = { folder: newFolder("cache"), limit: 100 * MB };
    const files = () => reads.splice(0).filter((key) => key.endsWith(".parquet") && !key.includes("_delta_log"));
    const sql = "select count(*) as n from readings where date = date '2025-01-02'";
    expect((await ask(bucket, sql, { cache })).rows).toEqual([{ n: 4 }]);
    expect(files()).toEqual([expect.stringContaining("date=2025-01-02/")]);
    expect((await ask(bucket, "select count(*) as n from readings", { cache })).rows).toEqual([{ n: 11 }]);
    expect(files()).toHaveLength(2);
    expect((await ask(bucket, sql, { cache })).rows).toEqual([{ n: 4 }]);
    expect(files()).toEqual([]);
    const old = await ask(bucket, "select count(*) as n from readings", { cache, at: { version: 1 } });
    expect([old.rows, files()]).toEqual([[{ n: 5 }], []]);
  });

  it("make room for others when they were not used for an hour, and what was killed is cleared away", async () => {
    const storage = createMemoryStorage();
    for (const name of ["a", "b", "c"]) await put(storage, `tables/${name}`, Buffer.alloc(MB));
    const { bucket } = bucketOf(storage);
    const cache = { folder: newFolder("cache"), limit: 2 * MB };
    const fetch = (key: string) => localPaths(bucket, [{ key: `tables/${key}`, size: MB }], cache, newFolder());
    const [[a], [b]] = [await fetch("a"), await fetch("b")];
    const [c] = await fetch("c");
    expect([a, b, c].map(fs.existsSync)).toEqual([true, true, true]);
    const long = new Date(Date.now() - 2 * 3_600_000);
    fs.utimesSync(a, long, long);
    fs.utimesSync(b, new Date(long.getTime() - 1), new Date(long.getTime() - 1));
    fs.writeFileSync(`${c}.x.part`, "half");
    fs.utimesSync(`${c}.x.part`, long, long);
    await fetch("c");
    expect([a, b, c, `${c}.x.part`].map(fs.existsSync)).toEqual([true, false, true, false]);
    expect(fs.statSync(join(a, "..")).mode & 0o077).toBe(0);
  });

  it("of two lakes are kept apart", async () => {
    const storage = createMemoryStorage();
    await put(storage, "tables/a", "one");
    const cache = { folder: newFolder("cache"), limit: MB };
    const wanted = [{ key: "tables/a", size: 3 }];
    const [one] = await localPaths(bucketOf(storage).bucket, wanted, cache, newFolder());
    const [two] = await localPaths(bucketOf(storage, "s3://other").bucket, wanted, cache, newFolder());
    expect(one).not.toBe(two);
  });

  it("that are gone, or shorter than the log says, are named and leave nothing in the cache", async () => {
    const storage = createMemoryStorage();
    await put(storage, "tables/a", "one");
    const cache = { folder: newFolder("cache"), limit: MB };
    const { bucket } = bucketOf(storage);
    await expect(localPaths(bucket, [{ key: "tables/b", size: 3 }], cache, newFolder())).rejects.toMatchObject({
      key: "tables/b",
    });
    await expect(localPaths(bucket, [{ key: "tables/a", size: 4 }], cache, newFolder())).rejects.toThrow("3 bytes");
    const left = fs.readdirSync(cache.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(left).toEqual([]);
  });
});
