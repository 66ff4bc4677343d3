import { describe, expect, it } from "vitest";
import type { LakeStorage, LakeVersions, ObjectReader, RetainedVersion } from "../../src/storage/port.ts";
import { put, textOf } from "../pipeline/lake.ts";
import { REFUSED_KEYS } from "./keys.ts";

const LINEAGE = { sourceKey: "bronze/b.csv", sourceToken: "t1", variant: "v" };

/** A lake that keeps versions. */
export interface VersionedLake {
  readonly storage: LakeStorage;
  readonly versions: LakeVersions;
}

export async function readAll(reader: ObjectReader): Promise<string> {
  let text = "";
  const chunk = Buffer.alloc(64 * 1024);
  for (;;) {
    const pulled = await reader.pull(chunk);
    if (pulled === 0) break;
    text += chunk.toString("utf8", 0, pulled);
  }
  await reader.close();
  return text;
}

export async function retainedOf(versions: LakeVersions, prefix = ""): Promise<RetainedVersion[]> {
  const found: RetainedVersion[] = [];
  for await (const version of versions.retained(prefix)) found.push(version);
  return found;
}

/** What every adapter that keeps versions must do. No test is ever left out for one of them. */
export function describeVersions(name: string, make: () => VersionedLake | Promise<VersionedLake>): void {
  describe(`${name} keeps what is overwritten or removed`, () => {
    it("has no versions where there never was an object", async () => {
      const { versions } = await make();
      expect([await versions.versions("silver/a"), await retainedOf(versions)]).toEqual([[], []]);
      await expect(versions.readVersion("silver/a", "none")).rejects.toMatchObject({ code: "not_found" });
      await expect(versions.purge("silver/a", "none")).resolves.toBeUndefined();
    });

    it("lists the current version and those before it, newest first, each readable byte for byte", async () => {
      const { storage, versions } = await make();
      const texts = ["one", "", "three", "four!"];
      for (const text of texts) await put(storage, "silver/a", text);
      const found = await versions.versions("silver/a");
      expect(found.map(({ current, deleted, size }) => [current, deleted, size])).toEqual([
        [true, false, 5],
        [false, false, 5],
        [false, false, 0],
        [false, false, 3],
      ]);
      const read = [];
      for (const { versionId } of found) read.push(await readAll(await versions.readVersion("silver/a", versionId)));
      expect(read).toEqual(texts.toReversed());
      const times = found.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(new Set(found.map(({ versionId }) => versionId)).size).toBe(4);
    });

    it("keeps the order of versions that follow each other as fast as can be", async () => {
      const { storage, versions } = await make();
      for (let i = 1; i <= 20; i++) {
        await put(storage, "silver/a", "x".repeat(i));
        if (i % 3 === 0) await storage.remove("silver/a");
      }
      const sizes = (await versions.versions("silver/a")).filter(({ deleted }) => !deleted).map(({ size }) => size);
      expect(sizes).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
    });

    it("keeps a removed object, under a delete marker that has nothing to read", async () => {
      const { storage, versions } = await make();
      await put(storage, "silver/a", "old");
      await storage.remove("silver/a");
      const [marker, removed, ...others] = await versions.versions("silver/a");
      expect(others).toEqual([]);
      expect(marker).toMatchObject({ size: 0, deleted: true, current: false });
      expect(removed).toMatchObject({ size: 3, deleted: false, current: false });
      expect(await readAll(await versions.readVersion("silver/a", removed.versionId))).toBe("old");
      await expect(versions.readVersion("silver/a", marker.versionId)).rejects.toMatchObject({ code: "not_found" });
      expect(await storage.head("silver/a")).toBeNull();
      await put(storage, "silver/a", "new");
      expect((await versions.versions("silver/a")).map(({ current, deleted }) => [current, deleted])).toEqual([
        [true, false],
        [false, true],
        [false, false],
      ]);
    });

    it("gives a version the metadata that it was written with", async () => {
      const { storage, versions } = await make();
      const writer = await storage.create("silver/a", { derived: true });
      await writer.write(Buffer.from("x"));
      await writer.commit({ sha256: "abc", lineage: LINEAGE });
      await put(storage, "silver/a", "by hand");
      await storage.remove("silver/a");
      const ids = (await versions.versions("silver/a")).filter(({ deleted }) => !deleted).map((one) => one.versionId);
      const metadata = [];
      for (const id of ids) {
        const reader = await versions.readVersion("silver/a", id);
        metadata.push(reader.head.metadata);
        await reader.close();
      }
      expect(metadata).toEqual([null, { ...LINEAGE, sha256: "abc" }]);
    });

    it("a lost compare-and-swap and an abort leave no version", async () => {
      const { storage, versions } = await make();
      await put(storage, "silver/a", "x");
      const loser = await storage.create("silver/a");
      await expect(loser.commit({ ifToken: null })).rejects.toMatchObject({ code: "conflict" });
      await (await storage.create("silver/a")).abort();
      await expect(storage.remove("silver/a", "other")).rejects.toMatchObject({ code: "conflict" });
      expect(await versions.versions("silver/a")).toHaveLength(1);
    });

    it("lists what is retained under a prefix, in key order, without current ones and delete markers", async () => {
      const { storage, versions } = await make();
      const keys = ["gold/z", "silver/a", "silver/a-b", "silver/a/b", "silver/ab"];
      for (const key of keys) {
        await put(storage, key, key);
        await storage.remove(key);
      }
      await put(storage, "silver/current", "x");
      const found = await retainedOf(versions);
      expect(found.map(({ key, size }) => [key, size])).toEqual(keys.map((key) => [key, key.length]));
      const listed = async (prefix: string) => (await retainedOf(versions, prefix)).map(({ key }) => key);
      expect(await listed("silver/a")).toEqual(keys.slice(1));
      expect(await listed("silver/a/")).toEqual(["silver/a/b"]);
      expect(await listed("bronze/")).toEqual([]);
      for (const { key, versionId, replaced } of found) {
        const [marker, version] = await versions.versions(key);
        expect([version.versionId, marker.time]).toEqual([versionId, replaced]);
      }
    });

    it("purges one version and nothing else", async () => {
      const { storage, versions } = await make();
      for (const text of ["1", "22", "333"]) await put(storage, "silver/a", text);
      const [current, second, first] = await versions.versions("silver/a");
      await versions.purge("silver/a", first.versionId);
      await versions.purge("silver/a", first.versionId);
      expect((await versions.versions("silver/a")).map(({ size }) => size)).toEqual([3, 2]);
      await expect(versions.readVersion("silver/a", first.versionId)).rejects.toMatchObject({ code: "not_found" });
      await versions.purge("silver/a", second.versionId);
      expect((await versions.versions("silver/a")).map(({ versionId }) => versionId)).toEqual([current.versionId]);
      expect(await textOf(storage, "silver/a")).toBe("333");
    });

    it("never purges the current version", async () => {
      const { storage, versions } = await make();
      await put(storage, "silver/a", "x");
      const [{ versionId }] = await versions.versions("silver/a");
      await versions.purge("silver/a", versionId);
      expect(await textOf(storage, "silver/a")).toBe("x");
    });

    it("refuses keys that could leave the lake, in every operation", async () => {
      const { versions } = await make();
      const refused = expect.objectContaining({ code: "key_invalid" });
      for (const key of REFUSED_KEYS) {
        await expect(versions.versions(key), key).rejects.toEqual(refused);
        await expect(versions.readVersion(key, "v"), key).rejects.toEqual(refused);
        await expect(versions.purge(key, "v"), key).rejects.toEqual(refused);
      }
    });
  });
}
