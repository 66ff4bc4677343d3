import { afterAll, describe, expect, inject, it } from "vitest";
import type { LakeVersions, RetainedVersion } from "../../src/storage/port.ts";
import { createS3Versions } from "../../src/storage/s3/versions.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { REFUSED_KEYS } from "./keys.ts";

for (const server of inject("s3Servers")) {
  const client = connect(server);
  const [bucket, plain] = [await makeBucket(client, true), await makeBucket(client)];
  afterAll(() => client.destroy());
  let lakes = 0;
  const makeLake = () => {
    const place = { client, bucket, prefix: `lake-${++lakes}/` };
    return { storage: createS3Storage(place), lake: createS3Versions(place) };
  };

  describe(`${server.name}: versions of a bucket`, () => {
    it("there are none of what never was", async () => {
      const { storage, lake } = makeLake();
      await storage.remove("a");
      expect([await lake.versions("a"), await retained(lake)]).toEqual([[], []]);
    });

    it("every version of a key reads back, newest first, and a removal is one of them", async () => {
      const { storage, lake } = makeLake();
      for (const text of ["1", "22", "333"]) await put(storage, "bronze/b.csv", text);
      await storage.remove("bronze/b.csv");
      await storage.remove("bronze/b.csv");
      await put(storage, "bronze/b.csv.x", "a sibling");
      const found = await lake.versions("bronze/b.csv");
      expect(found.map(({ size, current, deleted }) => [size, current, deleted])).toEqual([
        [0, false, true],
        [3, false, false],
        [2, false, false],
        [1, false, false],
      ]);
      const texts: (string | undefined)[] = [];
      for (const { versionId } of found.slice(1)) texts.push(await textOfVersion(lake, "bronze/b.csv", versionId));
      expect(texts).toEqual(["333", "22", "1"]);
      for (const { time } of found) expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
      for (const id of [found[0].versionId, "nonsense", "0".repeat(32)]) {
        await expect(lake.readVersion("bronze/b.csv", id), id).rejects.toMatchObject({ code: "not_found" });
      }
    });

    it("what is no longer current is listed in key order, with the time it was replaced, and purged for good", async () => {
      const { storage, lake } = makeLake();
      for (const key of ["silver/é", "silver/a", "gold/x"]) {
        await put(storage, key, "old");
        await put(storage, key, "new");
      }
      await storage.remove("silver/a");
      const found = await retained(lake, "silver/");
      expect(found.map(({ key, size }) => [key, size])).toEqual([
        ["silver/a", 3],
        ["silver/a", 3],
        ["silver/é", 3],
      ]);
      const versions = await lake.versions("silver/a");
      expect(found.slice(0, 2).map(({ replaced }) => replaced)).toEqual([versions[0].time, versions[1].time]);
      for (const { key, versionId } of found) {
        await lake.purge(key, versionId);
        await lake.purge(key, versionId);
      }
      expect(await retained(lake, "silver/")).toEqual([]);
      expect((await retained(lake)).map(({ key }) => key)).toEqual(["gold/x"]);
    });

    it("what is current is not purged", async () => {
      const { storage, lake } = makeLake();
      await put(storage, "a", "x");
      const [{ versionId }] = await lake.versions("a");
      await expect(lake.purge("a", versionId)).rejects.toMatchObject({ code: "conflict" });
      expect((await lake.versions("a")).length).toBe(1);
    });

    it("more versions than fit on a page are listed, each once", async () => {
      const { storage, lake } = makeLake();
      await put(storage, "a", "first");
      for (let i = 0; i < 1010; i += 101) {
        await Promise.all(Array.from({ length: 101 }, (_, j) => put(storage, `b/${(i + j) % 505}`, String(i))));
      }
      await put(storage, "c +ü", "1");
      await put(storage, "c +ü", "2");
      const ids = (await retained(lake)).map(({ key, versionId }) => `${key} ${versionId}`);
      expect([ids.length, new Set(ids).size]).toEqual([506, 506]);
      expect(ids.at(-1)).toMatch(/^c \+ü /);
    });

    it("keys that could leave the lake are refused", async () => {
      const { lake } = makeLake();
      for (const key of REFUSED_KEYS) {
        const refused = expect.objectContaining({ code: "key_invalid" });
        await expect(lake.versions(key), key).rejects.toEqual(refused);
        await expect(lake.readVersion(key, "x"), key).rejects.toEqual(refused);
        await expect(lake.purge(key, "x"), key).rejects.toEqual(refused);
      }
    });

    it("a bucket without versioning says so, and how to turn it on", async () => {
      const lake = createS3Versions({ client, bucket: plain });
      const off = {
        code: "versioning_off",
        message: expect.stringContaining(`put-bucket-versioning --bucket ${plain}`),
      };
      await expect(lake.versions("a")).rejects.toMatchObject(off);
      await expect(retained(lake)).rejects.toMatchObject(off);
    });
  });
}

async function retained(lake: LakeVersions, prefix = ""): Promise<RetainedVersion[]> {
  const found: RetainedVersion[] = [];
  for await (const version of lake.retained(prefix)) found.push(version);
  return found;
}

async function textOfVersion(lake: LakeVersions, key: string, versionId: string): Promise<string> {
  const reader = await lake.readVersion(key, versionId);
  const bytes = Buffer.alloc(100);
  const text = bytes.toString("utf8", 0, await reader.pull(bytes));
  await reader.close();
  return text;
}
