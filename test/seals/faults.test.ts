import { describe, expect, it } from "vitest";
import { sealLedger } from "../../src/seals/seal.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { folder } from "../cli/run-cli.ts";
import { crashing } from "../faults/crashing.ts";
import { createLake } from "../pipeline/lake.ts";
import { HEADER, keysUnder, row, sealedLake, threeBatches } from "./lakes.ts";

const onDisk = () => {
  const storage = createLocalStorage({ root: folder() });
  return sealedLake({ ...createLake(), storage });
};

describe("kill -9 while a seal is made", () => {
  it("before and after each operation leaves the chain whole, and the next seal leaves nothing behind", async () => {
    let killed = 0;
    for (const isDone of [false, true]) {
      for (let [at, hasEnded] = [0, false]; !hasEnded; at++) {
        const lake = sealedLake();
        await lake.lands("a.csv", HEADER + row(1));
        await lake.seal();
        await lake.lands("b.csv", HEADER + row(2));
        const { storage, hasCrashed } = crashing(lake.storage, at, isDone);
        await lake.seal({ storage }).catch(() => {});
        hasEnded = !hasCrashed();
        killed += Number(!hasEnded);
        const { problems, counts } = await lake.verify();
        expect([at, isDone, problems, counts.removed, counts.rewritten]).toEqual([at, isDone, [], 0, 0]);
        expect((await lake.seal()).link).not.toBeNull();
        expect(await keysUnder(lake.storage, "seals/manifests/")).toHaveLength(2);
      }
    }
    expect(killed).toBeGreaterThan(20);
  });
});

describe("two who seal at once", () => {
  for (const [kind, make] of Object.entries({ "in memory": sealedLake, "in a directory": onDisk })) {
    it(`${kind} have a seal each, one behind the other, and both manifests that count`, async () => {
      const lake = make();
      await threeBatches(lake);
      const sealed = await Promise.all([1, 2, 3].map(() => lake.seal()));
      const digests = sealed.map(({ link }) => link?.digest ?? "");
      expect(new Set(digests).size).toBe(3);
      expect(await lake.verify({ kept: digests })).toMatchObject({ problems: [], chain: { length: 3 } });
      expect(await keysUnder(lake.storage, "seals/manifests/")).toHaveLength(2);
    });
  }

  it("of which one loses each time, hears of it", async () => {
    const lake = sealedLake();
    const rival = {
      ...lake.storage,
      create: async (key: string) => {
        if (/^seals\/0/.test(key)) await lake.seal();
        return lake.storage.create(key);
      },
    };
    const options = { now: 1, code: "x", privateKey: null, accept: false, concurrency: 1 };
    await expect(sealLedger({ ...options, storage: rival })).rejects.toMatchObject({ code: "conflict" });
    expect((await lake.verify()).problems).toEqual([]);
  });
});
