import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type * as Library from "../src/index.ts";
import { listed } from "./contracts/readings.ts";
import { keysOf, put, textOf } from "./pipeline/lake.ts";

it("the built library runs a lake in memory to gold", async () => {
  const url = pathToFileURL("dist/index.js").href;
  const { createMemoryStorage, DEFAULT_SETTINGS, run }: typeof Library = await import(url);
  const storage = createMemoryStorage();
  const writer = await storage.create("bronze/b.csv");
  await writer.write(Buffer.from("timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n"));
  await writer.commit();
  const context = { storage, settings: DEFAULT_SETTINGS, code: "test", now: Date.now };
  const [result] = await run(context, { concurrency: 1 });
  expect(result).toMatchObject({ key: "bronze/b.csv", outcome: "done", rows: { in: 1, silver: 1 } });
});

describe("the stages of the built library, in a lake with contracts", () => {
  const FOLDER = "test/contracts/cases/toa5";
  const BATCH = "bronze/station/day.dat";

  async function createStation(contract: string) {
    const library: typeof Library = await import(pathToFileURL("dist/index.js").href);
    const storage = library.createMemoryStorage();
    await put(storage, contract, readFileSync(`${FOLDER}/contract.json`));
    await put(storage, BATCH, readFileSync(`${FOLDER}/source.dat`));
    return { library, context: { storage, settings: library.DEFAULT_SETTINGS, code: "test" } };
  }

  it("read a batch by the contract that claims it, as a run does", async () => {
    const { library, context } = await createStation("contracts/station.json");
    const split = await library.bronzeToSilver(context, BATCH);
    expect(split.contract).toMatchObject({ name: "station" });
    const silver = await textOf(context.storage, "silver/station/day.dat.csv");
    expect(listed(silver, await textOf(context.storage, "anomalies/station/day.dat.csv"))).toEqual(
      listed(readFileSync(`${FOLDER}/readings.csv`, "utf8")),
    );
    const { gold } = await library.bronzeToGold(context, BATCH);
    expect(await library.silverToGold(context, "silver/station/day.dat.csv")).toMatchObject({ rows: gold.rows });
    await library.run({ ...context, now: Date.now }, { concurrency: 1 });
    expect(await textOf(context.storage, "silver/station/day.dat.csv")).toBe(silver);
  });

  it("refuse a batch that nobody reads, instead of reading it by another contract", async () => {
    const { library, context } = await createStation("contracts/claims/station.json");
    for (const stage of [library.bronzeToSilver, library.bronzeToGold]) {
      await expect(stage(context, BATCH)).rejects.toMatchObject({ code: "contract_missing" });
    }
    expect(await keysOf(context.storage, "silver/")).toEqual([]);
  });

  it("take the terms that they are given", async () => {
    const { library, context } = await createStation("contracts/station.json");
    const openRows = () => {
      throw new library.VantageflowError("header_invalid", "opened as told");
    };
    const terms = { openRows, source: "told", contract: null, judge: null };
    await expect(library.bronzeToSilver({ ...context, terms }, BATCH)).rejects.toThrow("opened as told");
  });
});
