import { describe, expect, it } from "vitest";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { commit } from "./conformance-writes.ts";
import { REFUSED_KEYS, WINDOWS_KEYS } from "./keys.ts";

const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "1.0.0/0.5" };

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

    it("refuses a function where options stand, as there was one until 1.1", async () => {
      const storage = make();
      await expect(storage.create("a", (() => LINEAGE) as never)).rejects.toThrow(TypeError);
      const listing = async () => {
        for await (const _ of storage.list("", (() => {}) as never));
      };
      await expect(listing()).rejects.toThrow(TypeError);
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
