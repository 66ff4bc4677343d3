import { describe, expect, it } from "vitest";
import { zonesVersion } from "../../src/contracts/fields/zones.ts";
import { run } from "../../src/engine/run.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { readSources } from "../../src/ledger/sources.ts";
import { createContractsFinder } from "../../src/monitor/contracts.ts";
import { endedOf } from "../../src/monitor/ended.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const ROWS = "time;pump;bar\n26.10.2025 01:15;P-3;5,77\n26.10.2025 01:30;P-3;\n";

const contract = (over: object = {}) =>
  JSON.stringify({
    ...{ version: 1, name: "plant", prefix: "bronze/plant/" },
    format: { type: "csv", delimiter: ";", decimalChar: "," },
    reading: {
      timestamp: { column: "time", format: "dd.MM.yyyy HH:mm", zone: "Europe/Berlin" },
      ...{ device_id: { column: "pump" }, value: { column: "bar" }, unit: { constant: "bar" } },
    },
    ...over,
  });

/** Two batches of the contract, one of none, all processed. */
async function made() {
  const context = createLake();
  const { storage } = context;
  await put(storage, "contracts/plant.json", contract());
  for (const name of ["a", "b"]) await put(storage, `bronze/plant/${name}.csv`, ROWS);
  await put(storage, "bronze/c.csv", "timestamp,device_id,value,unit,anomaly_score\n");
  await run(context, { concurrency: 1 });
  return context;
}

const look = (storage: LakeStorage, reach: "all" | "day" = "day") =>
  createMonitor({ storage, failures: null, now: () => 1000, reach }).refresh();

/** Has a receipt of a batch of the contract say something else. */
async function restate(storage: LakeStorage, name: string, change: (text: string) => string): Promise<void> {
  const [key] = await keysOf(storage, `receipts/vantageflow-process-iot/plant/${name}.csv/`);
  await put(storage, key, change((await textOf(storage, key))!));
}

const WELL = { made_otherwise: 0, older_time_zones: 0, waiting: 0, complete: true, next: null };

describe("the contracts of a lake", () => {
  it("have nothing to be told of while all is made by them as they are", async () => {
    const { storage } = await made();
    const { contracts, health, work } = await look(storage);
    expect(contracts).toEqual([{ name: "plant", state: "in_force", ...WELL }]);
    expect([health.reasons, work.waiting]).toEqual([[], 0]);
  });

  it("say how many batches another version has made, and none, and what makes them again", async () => {
    const { storage, ...context } = await made();
    await put(storage, "contracts/plant.json", contract({ threshold: [{ devices: "*", above: 0.9 }] }));
    await put(storage, "bronze/plant/new.csv", ROWS);
    await run({ storage, ...context }, { concurrency: 1 });
    const next = "vantageflow run --reprocess bronze/plant/ --lake ";
    const [plant] = (await look(storage)).contracts;
    expect(plant).toEqual({ name: "plant", state: "in_force", ...WELL, made_otherwise: 2, next: expect.any(String) });
    expect(plant.next?.startsWith(next)).toBe(true);
    await put(storage, "contracts/all.json", contract({ name: "all", prefix: "bronze/" }));
    const all = (await look(storage, "all")).contracts.map((one) => [one.name, one.made_otherwise]);
    expect(all).toEqual([
      ["all", 1],
      ["plant", 2],
    ]);
    await run({ storage, ...context }, { concurrency: 1, reprocess: "bronze/plant/" });
    expect((await look(storage)).contracts[1]).toEqual({ name: "plant", state: "in_force", ...WELL });
  });

  it("say how many batches an older time zone database has judged, and of none that has no zone", async () => {
    const { storage } = await made();
    const version = await zonesVersion();
    await restate(storage, "a", (text) => text.replace(`"tz":"${version}"`, '"tz":"2024a"'));
    await restate(storage, "b", (text) => text.replace(`"tz":"${version}"`, '"tz":"2999a"'));
    const [plant] = (await look(storage)).contracts;
    expect([plant.made_otherwise, plant.older_time_zones]).toEqual([0, 1]);
    expect(plant.next).toContain("vantageflow run --reprocess bronze/plant/");
  });

  it("that were removed are waited for by what has no receipt, and by nothing else", async () => {
    const { storage } = await made();
    await storage.remove("contracts/plant.json");
    await put(storage, "contracts/claims/plant.json", contract());
    const done = await look(storage);
    expect(done.contracts).toEqual([{ name: "plant", state: "removed", ...WELL }]);
    expect([done.health.reasons, done.ignored.count, (await planRun(storage)).ignored]).toEqual([[], 0, []]);
    await put(storage, "bronze/plant/d.csv", ROWS);
    const { contracts, health, ignored, work } = await look(storage);
    expect(contracts).toMatchObject([{ waiting: 1, next: expect.stringContaining("vantageflow contract apply FILE") }]);
    expect(health.reasons.map(({ code, message }) => [code, message])).toEqual([
      ["contract_removed", '1 batch waits for the contract "plant", which was removed'],
    ]);
    expect([work.waiting, ignored.keys.map(({ key }) => key)]).toEqual([0, ["bronze/plant/d.csv"]]);
  });

  it("of which two claim one key have its batches wait, which is told as that, and as nothing else", async () => {
    const { storage } = await made();
    await put(storage, "contracts/zzz.json", contract({ name: "zzz" }));
    await put(storage, "bronze/plant/d.csv", ROWS);
    const { contracts, health, work } = await look(storage);
    const next = expect.stringContaining("vantageflow contract remove NAME");
    expect(contracts).toEqual(["plant", "zzz"].map((name) => ({ name, state: "in_force", ...WELL, waiting: 1, next })));
    expect([health.reasons.map(({ code, message }) => [code, message]), work.waiting]).toEqual([
      [["contracts_conflict", '1 batch waits: the contracts "plant" and "zzz" both claim it']],
      0,
    ]);
  });

  it("and were changed by hand say what waits for what they claimed before", async () => {
    const { storage } = await made();
    await put(storage, "contracts/claims/plant.json", contract());
    await put(storage, "contracts/plant.json", contract({ prefix: "bronze/moved/" }));
    await put(storage, "bronze/plant/d.csv", ROWS);
    const { contracts, health } = await look(storage);
    expect(contracts).toMatchObject([{ name: "plant", state: "in_force", waiting: 1 }]);
    const message = '1 batch waits for what the contract "plant" claimed before it was changed';
    expect(health.reasons).toMatchObject([{ code: "contract_removed", message }]);
  });

  it("that cannot be read stop no look, and nothing is called work that no run would do", async () => {
    const { storage } = await made();
    await put(storage, "contracts/x.json", "{");
    await put(storage, "bronze/d.csv", ROWS);
    const { health, work, ignored, batches } = await look(storage);
    expect(health.reasons.map(({ code, message }) => [code, message])).toEqual([
      [
        "contract_invalid",
        'no batch of bronze is processed: Cannot read "contracts/x.json": it is no contract, so it cannot be told which batches are its',
      ],
    ]);
    expect([work.waiting, ignored.keys.map(({ key }) => key), batches.length]).toEqual([0, ["bronze/d.csv"], 3]);
    await expect(planRun(storage)).rejects.toMatchObject({ code: "contract_invalid" });
  });

  it("are told of with less than all there is where one look would read too much, the oldest receipts first", async () => {
    const { storage, ...context } = await made();
    await put(storage, "contracts/plant.json", contract({ description: "another" }));
    await put(storage, "bronze/plant/new.csv", ROWS);
    await run({ storage, ...context }, { concurrency: 1 });
    const listed = async (prefix: string) => {
      const objects: ObjectInfo[] = [];
      for await (const object of storage.list(prefix)) {
        objects.push({ ...object, modified: object.key.includes("new.csv") ? 2 : 1 });
      }
      return objects;
    };
    const listings = { bronze: await listed("bronze/"), sources: await readSources(storage), known: new Map() };
    const receipts = { bronzeToSilver: await listed("receipts/vantageflow-process-iot/"), silverToGold: [] };
    const read: string[] = [];
    const look = (most: number) =>
      createContractsFinder(async ({ key, modified }) => {
        read.push(key);
        return endedOf(key, (await textOf(storage, key))!, modified)!;
      }, most).find({ ...listings, receipts });
    expect((await look(3)).map(({ batches, complete }) => [batches, complete])).toEqual([[2, true]]);
    read.length = 0;
    expect((await look(1)).map(({ batches, complete }) => [batches, complete])).toEqual([[1, false]]);
    expect(read).toEqual([expect.stringContaining("plant/a.csv")]);
  });
});
