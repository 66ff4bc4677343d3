import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";

/** Faults that a healthy disk never has: a mock of node:fs makes one operation fail once. */
const fault = vi.hoisted(() => ({ operation: "", errno: "" }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const failing = (operation: string) => {
    if (fault.operation !== operation) return null;
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
    fsync: later("fsync", real.fsync),
    fdatasync: later("fdatasync", real.fdatasync),
  };
});

const { createLocalStorage } = await import("../../src/storage/local.ts");
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
