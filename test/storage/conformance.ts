import { describe, expect, it } from "vitest";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { REFUSED_KEYS, WINDOWS_KEYS } from "./keys.ts";

const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "1.0.0/0.5" };

async function commit(storage: LakeStorage, key: string, text: string, ifToken?: string | null): Promise<ObjectInfo> {
  const writer = await storage.create(key);
  await writer.write(Buffer.from(text));
  return writer.commit(ifToken === undefined ? {} : { ifToken });
}

/** What every adapter must do. No test is ever left out for one of them. */
export function describeStorage(name: string, make: () => LakeStorage): void {
  describe(`${name} keeps the storage port's promises`, () => {
    it("has nothing where nothing was written", async () => {
      const storage = make();
      expect(await storage.head("a")).toBeNull();
      expect(await keysOf(storage)).toEqual([]);
      await expect(storage.read("a")).rejects.toMatchObject({ code: "not_found" });
      await expect(storage.remove("a")).resolves.toBeUndefined();
    });

    it("shows the same of an object in head, list, read and commit", async () => {
      const storage = make();
      const written = await commit(storage, "x/a", "hello");
      expect(written).toMatchObject({ key: "x/a", size: 5 });
      expect(written.token).toMatch(/^[A-Za-z0-9_-]+$/);
      // A bucket tells the exact time in the next head only.
      const head = await storage.head("x/a");
      expect(head).toEqual({ ...written, modified: expect.any(Number), metadata: null });
      expect(Math.abs((head?.modified ?? 0) - written.modified)).toBeLessThan(60_000);
      const listed: ObjectInfo[] = [];
      for await (const info of storage.list("")) listed.push(info);
      expect(listed.map((info) => ({ ...info, metadata: null }))).toEqual([head]);
      const reader = await storage.read("x/a");
      expect(reader.head).toEqual(head);
      await reader.close();
      await reader.close();
      expect(await textOf(storage, "x/a")).toBe("hello");
    });

    it("holds names that Windows could not", async () => {
      const storage = make();
      for (const key of WINDOWS_KEYS) await put(storage, key, key);
      expect((await keysOf(storage)).toSorted()).toEqual(WINDOWS_KEYS.toSorted());
      for (const key of WINDOWS_KEYS) {
        expect([(await storage.head(key))?.key, await textOf(storage, key)]).toEqual([key, key]);
        await storage.remove(key);
      }
      expect(await keysOf(storage)).toEqual([]);
    });

    it("gives every content a token of its own, of any size", async () => {
      const storage = make();
      const contents = ["", "a", "b", "ab", "a".repeat(100)];
      const tokens = new Set<string>();
      for (const content of contents) tokens.add((await commit(storage, "a", content)).token);
      expect(tokens.size).toBe(contents.length);
    });

    it("replaces what is there when no token is asked for", async () => {
      const storage = make();
      await commit(storage, "a", "longer than before");
      await commit(storage, "a", "new");
      expect(await textOf(storage, "a")).toBe("new");
    });

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

    it("reads a large object back in pulls of any size", async () => {
      const storage = make();
      const bytes = Buffer.alloc(3_000_001, "0123456789abcdef-");
      const writer = await storage.create("big");
      for (let at = 0; at < bytes.length; at += 70_001) await writer.write(bytes.subarray(at, at + 70_001));
      expect((await writer.commit()).size).toBe(bytes.length);
      expect((await bytesOf(storage, "big"))?.equals(bytes)).toBe(true);
      const reader = await storage.read("big");
      const small = Buffer.alloc(7);
      let read = "";
      for (let i = 0; i < 3; i++) read += small.toString("latin1", 0, await reader.pull(small));
      await reader.close();
      expect(read).toBe(bytes.toString("latin1", 0, read.length));
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

    it("keeps metadata with the object it was written for", async () => {
      const storage = make();
      const writer = await storage.create("a", { derived: true });
      await writer.write(Buffer.from("x"));
      await writer.commit({ sha256: "abc", lineage: LINEAGE });
      expect((await storage.head("a"))?.metadata).toEqual({ ...LINEAGE, sha256: "abc" });
      const odd = { sourceKey: `bronze/${"日本 =?x\u{1f600}/".repeat(20)}b.csv`, sourceToken: "t_-2", variant: "v" };
      await (await storage.create("ü", { derived: true })).commit({ sha256: "def", lineage: odd });
      expect((await storage.head("ü"))?.metadata).toEqual({ ...odd, sha256: "def" });
      await commit(storage, "a", "x");
      expect((await storage.head("a"))?.metadata).toBeNull();
    });

    it("takes a lineage of a writer that was to have one, and of no other", async () => {
      const storage = make();
      const plain = await storage.create("a");
      await expect(plain.commit({ lineage: LINEAGE })).rejects.toThrow("told otherwise");
      await plain.abort();
      const derived = await storage.create("a", { derived: true });
      await expect(derived.commit()).rejects.toThrow("told otherwise");
      await derived.abort();
      expect(await storage.head("a")).toBeNull();
    });

    it("reads the version that it opened, whatever is written meanwhile", async () => {
      const storage = make();
      await commit(storage, "a", "old");
      const reader = await storage.read("a");
      await commit(storage, "a", "new");
      const bytes = Buffer.alloc(10);
      expect(bytes.toString("utf8", 0, await reader.pull(bytes))).toBe("old");
      await reader.close();
    });

    it("removes an object and its metadata", async () => {
      const storage = make();
      const writer = await storage.create("a", { derived: true });
      await writer.commit({ sha256: "abc", lineage: LINEAGE });
      await storage.remove("a");
      expect([await storage.head("a"), await keysOf(storage)]).toEqual([null, []]);
      await storage.remove("a");
    });

    it("removes exactly the version that was asked for", async () => {
      const storage = make();
      await commit(storage, "a", "old");
      const old = (await storage.head("a"))?.token;
      await commit(storage, "a", "newer");
      await expect(storage.remove("a", old)).rejects.toMatchObject({ code: "conflict" });
      await storage.remove("a", (await storage.head("a"))?.token);
      expect(await storage.head("a")).toBeNull();
      await storage.remove("a", old);
    });

    it("has objects only, no folders: what others' keys begin with is nothing", async () => {
      const storage = make();
      await put(storage, "a/b/c", "x");
      expect([await storage.head("a"), await storage.head("a/b")]).toEqual([null, null]);
      await expect(storage.read("a/b")).rejects.toMatchObject({ code: "not_found" });
      await storage.remove("a/b");
      expect(await keysOf(storage)).toEqual(["a/b/c"]);
    });

    it("refuses keys that could leave the lake, in every operation", async () => {
      const storage = make();
      for (const key of REFUSED_KEYS) {
        const refused = expect.objectContaining({ code: "key_invalid" });
        await expect(storage.head(key), key).rejects.toEqual(refused);
        await expect(storage.read(key), key).rejects.toEqual(refused);
        await expect(storage.create(key), key).rejects.toEqual(refused);
        await expect(storage.remove(key), key).rejects.toEqual(refused);
      }
    });
  });
}
