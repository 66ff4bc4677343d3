import { describe, expect, it } from "vitest";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { bytesOf, keysOf, textOf } from "../pipeline/lake.ts";

const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "1.0.0/0.5" };

/** Writes a text as an object. */
export async function commit(
  storage: LakeStorage,
  key: string,
  text: string,
  ifToken?: string | null,
): Promise<ObjectInfo> {
  const writer = await storage.create(key);
  await writer.write(Buffer.from(text));
  return writer.commit(ifToken === undefined ? {} : { ifToken });
}

/** What every adapter must make of writing: all of an object or nothing, and only over what the writer has seen. */
export function describeWrites(name: string, make: () => LakeStorage): void {
  describe(`${name} writes all or nothing`, () => {
    it("compares and swaps: the right token wins, a wrong one conflicts and changes nothing", async () => {
      const storage = make();
      const { token } = await commit(storage, "a", "1", null);
      await expect(commit(storage, "a", "2", null)).rejects.toMatchObject({ code: "conflict" });
      await commit(storage, "a", "3", token);
      await expect(commit(storage, "a", "4", token)).rejects.toMatchObject({ code: "conflict" });
      await expect(commit(storage, "b", "5", token)).rejects.toMatchObject({ code: "conflict" });
      expect(await textOf(storage, "a")).toBe("3");
      expect(await keysOf(storage)).toEqual(["a"]);
    });

    it("lets one of many writers win", async () => {
      const storage = make();
      const races = Array.from({ length: 16 }, (_, i) => commit(storage, "a", String(i), null));
      const results = await Promise.allSettled(races);
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const winner = results.findIndex(({ status }) => status === "fulfilled");
      expect(await textOf(storage, "a")).toBe(String(winner));
    });

    it("loses no increment among writers that compare and swap", async () => {
      const storage = make();
      await commit(storage, "n", "0");
      const increment = async () => {
        for (;;) {
          const reader = await storage.read("n");
          const { token } = reader.head;
          await reader.close();
          const next = String(Number(await textOf(storage, "n")) + 1);
          try {
            return await commit(storage, "n", next, token);
          } catch (error) {
            expect(error).toMatchObject({ code: "conflict" });
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, increment));
      expect(await textOf(storage, "n")).toBe("8");
    });

    it("shows nothing before commit, and nothing at all after abort", async () => {
      const storage = make();
      const writer = await storage.create("a");
      await writer.write(Buffer.from("x"));
      expect([await storage.head("a"), await keysOf(storage)]).toEqual([null, []]);
      await writer.abort();
      await writer.abort();
      expect([await storage.head("a"), await keysOf(storage)]).toEqual([null, []]);
    });

    it("commits once; abort after it is harmless", async () => {
      const storage = make();
      const writer = await storage.create("a");
      await writer.commit();
      await expect(writer.commit()).rejects.toThrow();
      await writer.abort();
      expect(await textOf(storage, "a")).toBe("");
    });

    it("takes and gives no bytes after the end: a handle used late must not reach another file", async () => {
      const storage = make();
      for (const end of ["commit", "abort"] as const) {
        const writer = await storage.create("a");
        await writer.write(Buffer.from("x"));
        await writer[end]();
        await expect((async () => writer.write(Buffer.from("late")))()).rejects.toThrow("ended");
      }
      const reader = await storage.read("a");
      await reader.close();
      await expect((async () => reader.pull(Buffer.alloc(10)))()).rejects.toThrow("closed");
      expect(await textOf(storage, "a")).toBe("x");
    });

    it("lets a commit under way finish: a second one is refused, an abort waits for it", async () => {
      const storage = make();
      const writer = await storage.create("a");
      await writer.write(Buffer.from("x"));
      const committing = writer.commit();
      await expect(writer.commit()).rejects.toThrow("ended");
      await writer.abort();
      expect(await textOf(storage, "a")).toBe("x");
      expect((await committing).size).toBe(1);
    });

    it("takes a chunk's bytes before write returns", async () => {
      const storage = make();
      const writer = await storage.create("a");
      const chunk = Buffer.from("1");
      await writer.write(chunk);
      chunk.write("2");
      await writer.write(chunk);
      await writer.commit();
      expect(await textOf(storage, "a")).toBe("12");
    });

    it("compares and swaps objects of any size, and reads them back", async () => {
      const storage = make();
      const bytes = Buffer.alloc(20 * 1024 * 1024 + 1, "0123456789abcdef-");
      const write = async (ifToken: string | null, sha256: string) => {
        const writer = await storage.create("big", { derived: true });
        for (let at = 0; at < bytes.length; at += 1_000_003) await writer.write(bytes.subarray(at, at + 1_000_003));
        return writer.commit({ ifToken, sha256, lineage: { ...LINEAGE, sourceToken: sha256 } });
      };
      const first = await write(null, "a".repeat(64));
      expect(first.size).toBe(bytes.length);
      await expect(write(null, "b".repeat(64))).rejects.toMatchObject({ code: "conflict" });
      await expect(write("0".repeat(32), "c".repeat(64))).rejects.toMatchObject({ code: "conflict" });
      const { token, metadata } = (await storage.head("big")) ?? {};
      expect([token, metadata?.sha256]).toEqual([first.token, "a".repeat(64)]);
      expect((await bytesOf(storage, "big"))?.equals(bytes)).toBe(true);
      bytes.write("another");
      await write(first.token, "d".repeat(64));
      expect((await storage.head("big"))?.metadata?.sha256).toBe("d".repeat(64));
      expect((await bytesOf(storage, "big"))?.equals(bytes)).toBe(true);
      const aborted = await storage.create("other");
      await aborted.write(bytes);
      await aborted.abort();
      expect(await keysOf(storage)).toEqual(["big"]);
    });
  });
}
