import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { createLake, put, textOf } from "../pipeline/lake.ts";
import { CASES } from "./contracts.ts";
import { listed } from "./readings.ts";

it.each(CASES)("$name: what its contract reads is what is in it, and its receipt names the contract", async (one) => {
  const folder = `test/contracts/cases/${one.name}`;
  const source = readdirSync(folder).find((file) => file.startsWith("source.")) ?? "";
  const { name, prefix, suffixes = [".csv"] } = JSON.parse(one.text);
  const context = createLake();
  const { storage } = context;
  await put(storage, contractKey(name), one.text);
  const key = `${prefix}source${suffixes[0]}`;
  await put(storage, key, readFileSync(`${folder}/${source}`));
  const object = await storage.head(key);
  const result = await processObject(context, "bronzeToSilver", object!);
  expect(result.error).toBeNull();
  const { silver, anomalies, rejects } = outputKeys(key);
  expect(await textOf(storage, rejects)).toBeNull();
  const found = listed(await textOf(storage, silver), await textOf(storage, anomalies));
  expect(found).toEqual(listed(readFileSync(`${folder}/readings.csv`, "utf8")));
  const [{ split }] = await readReceipts(storage, "vantageflow-process-iot", key);
  expect(split?.contract).toMatchObject({ name, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
