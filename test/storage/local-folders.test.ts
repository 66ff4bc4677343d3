import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";

/** The folders that are made durable. */
const synced = vi.hoisted(() => new Set<string>());
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const openSync = (path: string, flags: fs.OpenMode) => {
    if (flags === "r" && real.statSync(path).isDirectory()) synced.add(path);
    return real.openSync(path, flags);
  };
  return { ...real, openSync };
});

const { createLocalStorage } = await import("../../src/storage/local.ts");
const { put } = await import("../pipeline/lake.ts");
const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-folders-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t", variant: "v" };
let root = "";
let lakes = 0;
beforeEach(() => {
  root = join(home, `made-${++lakes}/by/us`);
  synced.clear();
});
const under = (...names: string[]) => names.map((name) => join(root, name));

describe("contract 9: success is reported only after fsync returned, of folders, too", () => {
  it("a lake that is new is made durable with the folders above it that were made for it", async () => {
    await put(createLocalStorage({ root }), "silver/2024/b.csv", "x");
    const above = [home, join(home, `made-${lakes}`), join(home, `made-${lakes}/by`)];
    expect([...synced].sort()).toEqual([...above, root, ...under("silver", "silver/2024")].sort());
  });

  it("a folder that another one has made, and not made durable, is; once", async () => {
    const [one, other] = [createLocalStorage({ root }), createLocalStorage({ root })];
    const writer = await one.create("silver/2024/a.csv");
    await writer.commit({ deferred: true });
    await put(other, "silver/2024/b.csv", "x");
    expect([...synced].filter((dir) => dir.startsWith(root)).sort()).toEqual([root, ...under("silver", "silver/2024")]);
    synced.clear();
    await put(other, "silver/2024/c.csv", "x");
    expect([...synced]).toEqual(under("silver/2024"));
    await one.flush(["silver/2024/a.csv"]);
    expect([...synced].filter((dir) => dir.startsWith(root)).sort()).toEqual([root, ...under("silver", "silver/2024")]);
  });
});

describe("metadata beside an object", () => {
  const sideFiles = () => fs.readdirSync(join(root, ".vantageflow/metadata/silver"));

  it("contract 11: is not written through a link that stands in its place", async () => {
    const storage = createLocalStorage({ root });
    const commit = async (key: string) => {
      const writer = await storage.create(key, { derived: true });
      await writer.write(Buffer.from("abc"));
      await writer.commit({ ifToken: null, sha256: "s", lineage: LINEAGE });
    };
    await commit("silver/a.csv");
    const precious = join(home, "precious");
    fs.writeFileSync(precious, "precious");
    const folder = join(root, ".vantageflow/metadata/silver");
    const writer = await storage.create("silver/b.csv", { derived: true });
    await writer.write(Buffer.from("abc"));
    const [draft] = fs.readdirSync(join(root, ".vantageflow/tmp"));
    const { identityOf } = await import("../../src/storage/local/files.ts");
    const identity = identityOf(fs.lstatSync(join(root, ".vantageflow/tmp", draft), { bigint: true }));
    fs.symlinkSync(precious, join(folder, `b.csv@${identity}.json`));
    await writer.commit({ ifToken: null, sha256: "s", lineage: LINEAGE });
    expect([fs.readFileSync(precious, "utf8"), sideFiles().length]).toEqual(["precious", 2]);
    expect((await storage.head("silver/b.csv"))?.metadata).toMatchObject(LINEAGE);
  });

  it("that cannot be read is a fault of the store, which may pass", async () => {
    const storage = createLocalStorage({ root });
    const writer = await storage.create("silver/a.csv", { derived: true });
    await writer.commit({ ifToken: null, sha256: "s", lineage: LINEAGE });
    const head = await storage.head("silver/a.csv");
    const [name] = sideFiles();
    const path = join(root, ".vantageflow/metadata/silver", name);
    fs.rmSync(path);
    fs.mkdirSync(path);
    expect(() => head?.metadata).toThrow(expect.objectContaining({ code: "storage_failed" }));
  });
});
