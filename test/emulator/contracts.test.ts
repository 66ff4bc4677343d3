import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { claimKey, contractKey } from "../../src/ledger/sources.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";
import { createFakeWatchable, follow } from "./follow.ts";

const FOLDER = "test/contracts/cases/toa5";
const CONTRACT = readFileSync(`${FOLDER}/contract.json`, "utf8");
const SOURCE = readFileSync(`${FOLDER}/source.dat`);
const BATCH = "bronze/station/day.dat";
const KEY = contractKey("station");

/** A lake with the batch of a logger that no contract reads yet, and a watch of it that only the test tells of events. */
async function followStation() {
  const { storage } = createLake();
  const { watchable, say } = createFakeWatchable();
  const followed = await follow(storage, { watchable });
  await put(storage, BATCH, SOURCE);
  say().onKey(BATCH);
  return { ...followed, storage, say };
}

describe("watch and contracts", () => {
  it("a batch that a contract reads is processed, by the contract that is there when it comes", async () => {
    const { storage, say, batch, batches } = await followStation();
    await put(storage, KEY, CONTRACT);
    await put(storage, "bronze/station/next.dat", SOURCE);
    say().onKey("bronze/station/next.dat");
    await batch("bronze/station/next.dat");
    expect(batches()[0]).toMatchObject({ outcome: "done", error: null });
  });

  it("a batch that nobody reads is told at once, and why, and taken up when a contract appears", async () => {
    const { storage, say, batch, ofType } = await followStation();
    const why = expect.stringMatching(/^no contract claims it, .*: vantageflow contract infer FILE$/);
    await expect.poll(() => ofType("ignored")).toEqual([{ type: "ignored", key: BATCH, reason: why }]);
    await put(storage, KEY, CONTRACT);
    say().onKey(KEY);
    await batch(BATCH);
    expect(await textOf(storage, "gold/station/day.dat.csv")).toContain("Station7.RH,");
    expect(ofType("retry")).toEqual([]);
  });

  it("sees a contract in a folder that was not there before, and one that was removed and is applied again", async () => {
    const { storage, say, batch, ofType } = await followStation();
    await put(storage, claimKey("station"), CONTRACT);
    say().onFolder("contracts/");
    const waits = { type: "ignored", key: BATCH, reason: expect.stringContaining("it waits for the contract") };
    await expect.poll(() => ofType("ignored")).toContainEqual(waits);
    await put(storage, KEY, CONTRACT);
    say().onFolder("contracts/");
    await batch(BATCH);
  });

  it("a contract that cannot be understood gives no batch up: it is work until the contract is mended", async () => {
    const { storage, say, batch, ofType } = await followStation();
    await put(storage, KEY, CONTRACT.replace('"version": 1', '"version": 7'));
    say().onKey(KEY);
    const waits = { type: "waiting", key: BATCH, reason: expect.stringMatching(/station\.json.*version is 7/) };
    await expect.poll(() => ofType("waiting")).toEqual([waits]);
    say().onKey(BATCH);
    say().onKey(KEY);
    await new Promise((next) => setTimeout(next, 200));
    expect([ofType("waiting"), ofType("retry")]).toEqual([[waits], []]);
    expect([await keysOf(storage, "dead-letter/"), await keysOf(storage, "receipts/")]).toEqual([[], []]);
    await put(storage, KEY, CONTRACT);
    say().onKey(KEY);
    await batch(BATCH);
  });

  it("goes on beside a file in contracts/ that is none: says so, takes nothing, and takes all once it is mended", async () => {
    const { storage, say, batch, ofType } = await followStation();
    await put(storage, KEY, "{");
    say().onKey(KEY);
    await expect.poll(() => ofType("trouble").length).toBe(1);
    await put(storage, "bronze/plain.csv", "timestamp,device_id,value,unit,anomaly_score\n");
    say().onKey("bronze/plain.csv");
    const waits = { type: "waiting", key: "bronze/plain.csv", reason: expect.stringContaining("it is no contract") };
    await expect.poll(() => ofType("waiting")).toContainEqual(waits);
    say().onKey(KEY);
    await new Promise((next) => setTimeout(next, 200));
    expect([ofType("trouble").length, ofType("retry")]).toEqual([1, []]);
    expect(await keysOf(storage, "dead-letter/")).toEqual([]);
    await storage.remove(KEY);
    say().onKey(KEY);
    await batch("bronze/plain.csv");
  });

  it("takes up what was being read by a broken contract while that was mended", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    await put(storage, KEY, CONTRACT.replace('"version": 1', '"version": 7'));
    let isMended = false;
    const slow = {
      ...storage,
      async read(...args: Parameters<typeof storage.read>) {
        const reader = await storage.read(...args);
        if (args[0] === KEY && !isMended) {
          isMended = true;
          await put(storage, KEY, CONTRACT);
          say().onKey(KEY);
          await new Promise((next) => setTimeout(next, 300));
        }
        return reader;
      },
    };
    const { batch } = await follow(slow, { watchable });
    await put(storage, BATCH, SOURCE);
    say().onKey(BATCH);
    await batch(BATCH);
  });

  it("a swarm of events on contracts is few listings", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    let listings = 0;
    const counted = {
      ...storage,
      list(prefix: string, options?: Parameters<typeof storage.list>[1]) {
        if (prefix === "contracts/") listings++;
        return storage.list(prefix, options);
      },
    };
    await follow(counted, { watchable });
    for (let n = 0; n < 500; n++) {
      say().onKey(`contracts/${n}.json`);
      if (n % 50 === 0) await new Promise((next) => setTimeout(next, 5));
    }
    await new Promise((next) => setTimeout(next, 300));
    expect(listings).toBeLessThan(6);
  });
});
