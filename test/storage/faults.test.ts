import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";

/** Faults that a healthy disk never has: a mock of node:fs makes one operation fail once. */
const fault = vi.hoisted(() => ({ operation: "", errno: "", skip: 0 }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const failing = (operation: string) => {
    if (fault.operation !== operation || fault.skip-- > 0) return null;
    fault.skip = 0;
    fault.operation = "";
    return Object.assign(new Error(fault.errno), { code: fault.errno });
  };
  const sync = (operation: string, call: (...args: never[]) => unknown) =>
    ((...args: never[]) => {
      const error = failing(operation);
      if (error !== null) throw error;
      return call(...args);
    }) as never;
  const later = (operation: string, call: typeof real.fsync) =>
    ((fd: number, done: (error: Error | null) => void) => {
      const error = failing(operation);
      if (error === null) call(fd, done);
      else setImmediate(done, error);
    }) as never;
  return {
    ...real,
    writeSync: sync("write", real.writeSync as never),
    renameSync: sync("rename", real.renameSync as never),
    fsyncSync: sync("fsync of directory", real.fsyncSync as never),
    openSync: sync("open", real.openSync as never),
    linkSync: sync("link", real.linkSync as never),
    copyFileSync: sync("copy", real.copyFileSync as never),
    fsync: later("fsync", real.fsync),
    fdatasync: later("fdatasync", real.fdatasync),
  };
});

const { createLocalStorage } = await import("../../src/storage/local.ts");
const { openVersions } = await import("../../src/storage/open.ts");
const { put, textOf } = await import("../pipeline/lake.ts");

const home = mkdtempSync(join(tmpdir(), "vantageflow-faults-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let root = "";
let lakes = 0;

describe("an errno in the middle of a write", () => {
  beforeEach(async () => {
    root = join(home, `lake-${++lakes}`);
    await put(createLocalStorage({ root }), "silver/b.csv", "old");
  });

  const ERRNOS = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EXDEV", "EROFS", "ENOTDIR"];
  for (const operation of ["open", "write", "fsync", "rename", "fsync of directory"]) {
    it(`${operation}: leaves the old object or the new one, a clear error, and no litter (${ERRNOS.length} cases)`, async () => {
      for (const errno of ERRNOS) {
        const storage = createLocalStorage({ root });
        const before = await textOf(storage, "silver/b.csv");
        Object.assign(fault, { operation, errno });
        const error = await put(storage, "silver/b.csv", `new ${errno}`).catch((caught) => caught);
        expect(fault.operation, "the fault was injected").toBe("");
        expect(error.code).toBe("storage_failed");
        expect(error.message).toMatch(new RegExp(`^Cannot write "silver/b.csv" in .*\\(${errno}\\)\\. .+\\.$`));
        expect([before, `new ${errno}`]).toContain(await textOf(storage, "silver/b.csv"));
        expect(readdirSync(join(root, ".vantageflow/tmp"))).toEqual([]);
      }
    });
  }

  it("a failed open or stat while reading is a clear error too", async () => {
    Object.assign(fault, { operation: "open", errno: "EMFILE" });
    const error = await createLocalStorage({ root })
      .read("silver/b.csv")
      .catch((caught) => caught);
    expect(error).toMatchObject({ code: "storage_failed", message: expect.stringMatching(/^Cannot read .*ulimit/) });
  });

  it("a failed write in the background fails the commit: what the disk lost is never published", async () => {
    const storage = createLocalStorage({ root });
    Object.assign(fault, { operation: "fdatasync", errno: "EIO" });
    const error = await put(storage, "silver/b.csv", Buffer.alloc(17 * 1024 * 1024)).catch((caught) => caught);
    expect(error).toMatchObject({ code: "storage_failed" });
    expect(await textOf(storage, "silver/b.csv")).toBe("old");
  });
});

describe("an errno while the old version is being kept", () => {
  const KEY = "silver/b.csv";
  const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t", variant: "v" };
  let storage: ReturnType<typeof createLocalStorage>;
  beforeEach(async () => {
    root = join(home, `lake-${++lakes}`);
    storage = createLocalStorage({ root });
    const writer = await storage.create(KEY, { derived: true });
    await writer.write(Buffer.from("old"));
    await writer.commit({ sha256: "digest", lineage: LINEAGE });
  });

  /** The lock is a link as well, and is taken first. */
  async function failing(operation: string, errno: string, work: () => Promise<unknown>): Promise<unknown> {
    Object.assign(fault, { operation, errno, skip: operation === "link" ? 1 : 0 });
    return work().catch((caught) => caught);
  }

  const listed = async () => {
    const found = await openVersions(root).versions(KEY);
    return found.map(({ current, deleted, size }) => [current, deleted, size]);
  };
  const litter = () => readdirSync(join(root, ".vantageflow/tmp"));

  for (const errno of ["EPERM", "EXDEV", "EMLINK", "ENOTSUP"]) {
    it(`${errno} for a link: the old version is copied, with its metadata`, async () => {
      await failing("link", errno, () => put(storage, KEY, "newer"));
      expect(fault.operation, "the fault was injected").toBe("");
      expect(await listed()).toEqual([
        [true, false, 5],
        [false, false, 3],
      ]);
      const [, old] = await openVersions(root).versions(KEY);
      const reader = await openVersions(root).readVersion(KEY, old.versionId);
      expect(reader.head.metadata).toEqual({ ...LINEAGE, sha256: "digest" });
      await reader.close();
      expect(litter()).toEqual([]);
    });
  }

  it("a copy that fails, too, or a full disk keeps the old object where it is", async () => {
    const error = await failing("link", "ENOSPC", () => put(storage, KEY, "newer"));
    expect(error).toMatchObject({ code: "storage_failed" });
    expect([await textOf(storage, KEY), await listed(), litter()]).toEqual(["old", [[true, false, 3]], []]);
  });

  it("a rename that fails after the link leaves no version", async () => {
    const error = await failing("rename", "EIO", () => put(storage, KEY, "newer"));
    expect(error).toMatchObject({ code: "storage_failed" });
    expect([await textOf(storage, KEY), await listed(), litter()]).toEqual(["old", [[true, false, 3]], []]);
    expect((await storage.head(KEY))?.metadata).toMatchObject(LINEAGE);
  });

  it("a removal moves the object: across file systems by a copy, and not at all where that fails", async () => {
    Object.assign(fault, { operation: "rename", errno: "EACCES" });
    await expect(storage.remove(KEY)).rejects.toMatchObject({ code: "storage_failed" });
    expect([await textOf(storage, KEY), await listed()]).toEqual(["old", [[true, false, 3]]]);
    Object.assign(fault, { operation: "rename", errno: "EXDEV" });
    await storage.remove(KEY);
    expect([await listed(), litter()]).toEqual([
      [
        [false, true, 0],
        [false, false, 3],
      ],
      [],
    ]);
  });
});
