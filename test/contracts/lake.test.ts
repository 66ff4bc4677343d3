import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, put } from "../pipeline/lake.ts";

const TOA5 = "test/contracts/cases/toa5";
const CONTRACT = readFileSync(`${TOA5}/contract.json`, "utf8");
const BATCH = "bronze/station/day.dat";

/** A lake with a batch and its contract, where something happens after each read of the contract; and what was asked of it. */
async function createStation(after: (storage: LakeStorage) => Promise<void> = async () => {}) {
  const lake = createLake();
  const { storage } = lake;
  await put(storage, contractKey("station"), CONTRACT);
  await put(storage, BATCH, readFileSync(`${TOA5}/source.dat`));
  const asked: string[] = [];
  const observed: LakeStorage = {
    ...storage,
    async read(key) {
      const reader = await storage.read(key);
      if (key.startsWith("contracts/")) {
        asked.push(`read ${key}`);
        await after(storage);
      }
      return reader;
    },
    list(prefix, options) {
      if (prefix.startsWith("contracts/")) asked.push(`list ${prefix}`);
      return storage.list(prefix, options);
    },
  };
  return { context: { ...lake, storage: observed }, asked };
}

it("a contract is read once for each of its versions, however many batches ask", async () => {
  const { context, asked } = await createStation();
  for (const key of [BATCH, "bronze/station/next.dat"]) {
    if (key !== BATCH) await put(context.storage, key, readFileSync(`${TOA5}/source.dat`));
    const object = await context.storage.head(key);
    expect(await processObject(context, "bronzeToSilver", object!)).toMatchObject({ outcome: "done" });
  }
  expect(asked).toEqual(["list contracts/", "read contracts/station.json", "list contracts/"]);
  await put(context.storage, contractKey("station"), CONTRACT.replace("0.9", "0.8"));
  asked.length = 0;
  const object = await context.storage.head(BATCH);
  expect(await processObject(context, "bronzeToSilver", object!, true)).toMatchObject({ outcome: "done" });
  expect(asked).toEqual(["list contracts/", "read contracts/station.json"]);
});

it("a batch whose contract is taken away while it is read is read by that contract: it is not the batch that is gone", async () => {
  const { context } = await createStation((storage) => storage.remove(contractKey("station")));
  const object = await context.storage.head(BATCH);
  const result = await processObject(context, "bronzeToSilver", object!);
  expect(result).toMatchObject({ outcome: "done", error: null });
});

it("a plan asks for contracts once: of bronze, and not of what is made of it", async () => {
  const { context, asked } = await createStation();
  expect((await planRun(context.storage)).work).toHaveLength(1);
  expect(asked).toEqual(["list contracts/", "read contracts/station.json"]);
});
