import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { outputKeys } from "../../src/ledger/layers.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { claimKey, contractKey } from "../../src/ledger/sources.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { topology } from "../../src/topology.ts";
import { HEADER, ROW } from "../cli/run-cli.ts";
import { listed } from "../contracts/readings.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { type RunningFunction, startFunction } from "./function.ts";

/** Batches by the contracts of a lake, in the package that is deployed. What S3 server there is, is no part of it: the fastest will do. */

const [server] = inject("s3Servers").slice(-1);
const FOLDER = "test/contracts/cases/toa5";
const CONTRACT = readFileSync(`${FOLDER}/contract.json`, "utf8");
const SOURCE = readFileSync(`${FOLDER}/source.dat`);
const BATCH = "bronze/station/day.dat";
const { silver: SILVER, anomalies: ANOMALIES, gold: GOLD } = outputKeys(BATCH);

describe(`the functions in ${inject("runtimeClient").name}, by a contract of the lake`, () => {
  const client = connect(server);
  let split: RunningFunction;
  let aggregate: RunningFunction;
  let bucket: string;
  let lake: LakeStorage;

  beforeAll(async () => {
    split = await startFunction(topology.functions.bronzeToSilver.name, server);
    aggregate = await startFunction(topology.functions.silverToGold.name, server);
  });
  beforeEach(async () => {
    bucket = await makeBucket(client);
    lake = createS3Storage({ client, bucket });
    await put(lake, BATCH, SOURCE);
  });
  afterAll(() => client.destroy());

  async function deliver(fn: RunningFunction, key: string) {
    const head = await lake.head(key);
    if (head === null) throw new Error(`there is no ${key}`);
    return fn.invoke(s3PutEvent(bucket, head, "t"));
  }

  const done = (key: string) => ({ kind: "response", body: { batches: [{ key, outcome: "done" }], ignored: [] } });

  /** Key and version of every object. */
  async function versions(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key, token } of lake.list("")) found.push(`${key} ${token}`);
    return found;
  }

  it("a logger's file is silver, anomalies and gold, as on a laptop, and its receipt says by which contract", async () => {
    await put(lake, contractKey("station"), CONTRACT);
    expect(await deliver(split, BATCH)).toMatchObject(done(BATCH));
    expect(await deliver(aggregate, SILVER)).toMatchObject(done(SILVER));
    const found = listed(await textOf(lake, SILVER), await textOf(lake, ANOMALIES));
    expect(found).toEqual(listed(readFileSync(`${FOLDER}/readings.csv`, "utf8")));
    const [receipt] = await keysOf(lake, `receipts/${topology.functions.bronzeToSilver.name}/station/`);
    expect(JSON.parse((await textOf(lake, receipt)) ?? "").split.contract).toMatchObject({ name: "station" });
    expect(await textOf(lake, GOLD)).toContain("Station7.RH,");
  });

  it("a batch whose contract was removed is ignored, and says what it waits for; with the contract there again it is done", async () => {
    await put(lake, claimKey("station"), CONTRACT);
    const before = await versions();
    const why = 'it waits for the contract "station", which was removed.';
    const ignored = [{ key: BATCH, reason: expect.stringContaining(why) }];
    expect(await deliver(split, BATCH)).toEqual({ kind: "response", body: { batches: [], ignored } });
    expect(await versions()).toEqual(before);
    const line = { level: "WARN", key: BATCH, message: expect.stringContaining(`ignored: ${why}`) };
    await expect.poll(() => split.lines()).toContainEqual(expect.objectContaining(line));
    await put(lake, contractKey("station"), CONTRACT);
    expect(await deliver(split, BATCH)).toMatchObject(done(BATCH));
  });

  it.each([
    ["says what no contract says", CONTRACT.replace('"version": 1', '"version": 7'), BATCH, "version"],
    ["is none, so that every batch may be its", "{", "bronze/plain.csv", "it is no contract"],
  ])("a contract that %s is an error to Lambda, and what is there stays", async (_, wrong, key, why) => {
    await put(lake, contractKey("station"), CONTRACT);
    await put(lake, "bronze/plain.csv", HEADER + ROW);
    expect(await deliver(split, key)).toMatchObject(done(key));
    await put(lake, contractKey("station"), wrong);
    // A newer version, so that there is something to do.
    await put(lake, key, key === BATCH ? Buffer.concat([SOURCE, SOURCE.subarray(-80)]) : HEADER + ROW + ROW);
    const before = await versions();
    const failed = await deliver(split, key);
    expect(failed).toMatchObject({ kind: "error", errorType: "VantageflowError" });
    expect("errorMessage" in failed && failed.errorMessage).toContain("contracts/station.json");
    expect("errorMessage" in failed && failed.errorMessage).toContain(why);
    expect(await versions()).toEqual(before);
    await put(lake, contractKey("station"), CONTRACT);
    expect(await deliver(split, key)).toMatchObject({ kind: "response", body: { batches: [{ key }] } });
    expect(await versions()).not.toEqual(before);
  });
});
