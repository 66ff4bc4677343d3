import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import type { Watchable } from "../../src/storage/kind.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";
import { createFakeWatchable, follow } from "./follow.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,3,C,0.9\n`;
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1\n";
const GOLD = "A,2,2.0,1.0,3.0,1,50.0";

describe("watch", () => {
  it("contract 4: catches up at the start on bronze and silver without a receipt", async () => {
    const { storage } = createLake();
    await put(storage, "bronze/b.csv", GOOD);
    await put(storage, "silver/hand.csv", GOOD);
    const { batch, batches } = await follow(storage);
    await batch("bronze/b.csv");
    await batch("silver/hand.csv");
    expect(await textOf(storage, "gold/b.csv")).toContain(GOLD);
    expect(await keysOf(storage, "receipts/")).toHaveLength(3);
    expect(batches()).toHaveLength(2);
  });

  it("tells of a batch once, when its gold is there, with what both functions did", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    const { batch, batches } = await follow(storage, { watchable });
    await put(storage, "bronze/b.csv", GOOD);
    for (let i = 0; i < 5; i++) say().onKey("bronze/b.csv");
    await batch("bronze/b.csv");
    say().onKey("bronze/b.csv");
    await new Promise((next) => setTimeout(next, 50));
    expect(batches()).toEqual([
      {
        key: "bronze/b.csv",
        outcome: "done",
        rows: { in: 2, silver: 1, anomalies: 1, rejects: 0, blank: 0 },
        devices: 1,
        outputs: ["silver/b.csv", "anomalies/b.csv", "gold/b.csv"],
        durationMs: expect.any(Number),
        error: null,
      },
    ]);
  });

  it("contract 4: finds at the next sweep what no event told of", async () => {
    const { storage } = createLake();
    const { watchable } = createFakeWatchable();
    const { batch } = await follow(storage, { watchable, intervalMs: 20 });
    await put(storage, "bronze/lost.csv", GOOD);
    await batch("bronze/lost.csv");
  });

  it("finds what was put into a new folder before the folder was watched", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    const { batch } = await follow(storage, { watchable });
    await put(storage, "bronze/new/1.csv", GOOD);
    say().onFolder("bronze/new/");
    await batch("bronze/new/1.csv");
    await put(storage, "bronze/new/2.csv", GOOD);
    await batch("bronze/new/2.csv");
  });

  it("never processes an upload that is still being written", async () => {
    const { storage } = createLake();
    const { watchable, unfinished, say } = createFakeWatchable();
    unfinished.add("bronze/slow.csv");
    const { batch, batches, ofType } = await follow(storage, { watchable });
    await put(storage, "bronze/slow.csv", HEADER);
    say().onKey("bronze/slow.csv");
    await expect.poll(() => ofType("waiting").length).toBe(1);
    expect(await keysOf(storage, "silver/")).toEqual([]);
    await put(storage, "bronze/slow.csv", GOOD);
    unfinished.clear();
    await batch("bronze/slow.csv");
    expect(batches()[0].rows.in).toBe(2);
  });

  it("never processes a part of what is uploaded anew while its batch waits for its turn", async () => {
    const { storage } = createLake();
    const { watchable, unfinished, say } = createFakeWatchable();
    let letGo: () => void = () => {};
    const held = new Promise<void>((done) => {
      letGo = done;
    });
    const busy: LakeStorage = {
      ...storage,
      async read(key) {
        if (key === "bronze/a.csv") await held;
        return storage.read(key);
      },
    };
    const passed = new Set<string>();
    const seen: Watchable = {
      ...watchable,
      unfinished(objects, ...times) {
        const open = watchable.unfinished(objects, ...times);
        for (const { key } of objects) if (!open.has(key)) passed.add(key);
        return open;
      },
    };
    const { batch, batches, ofType } = await follow(busy, { watchable: seen, concurrency: 1 });
    for (const key of ["bronze/a.csv", "bronze/b.csv"]) {
      await put(storage, key, GOOD);
      say().onKey(key);
    }
    await expect.poll(() => passed.size).toBe(2);
    unfinished.add("bronze/b.csv");
    await put(storage, "bronze/b.csv", HEADER + ROW);
    letGo();
    await expect.poll(() => ofType("waiting").length + batches().length).toBe(2);
    expect(await keysOf(storage, "silver/")).toEqual(["silver/a.csv"]);
    await put(storage, "bronze/b.csv", HEADER + ROW + ROW + ROW);
    unfinished.clear();
    await batch("bronze/b.csv");
    expect(batches().map(({ key, rows }) => [key, rows.in])).toEqual([
      ["bronze/a.csv", 2],
      ["bronze/b.csv", 3],
    ]);
  });

  it("forgets a temporary name that is gone, and says why what stays is not processed", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    const { ofType } = await follow(storage, { watchable });
    say().onKey("bronze/.b.csv.x1Y2z3");
    await put(storage, "bronze/b.xlsx", "{}");
    say().onKey("bronze/b.xlsx");
    say().onKey("bronze/b.xlsx");
    const reason = expect.stringMatching(/^only names ending in "\.csv" or .* are processed$/);
    await expect.poll(() => ofType("ignored")).toEqual([{ type: "ignored", key: "bronze/b.xlsx", reason }]);
  });

  it("falls back to listing, with a notice, when the system has no more watches", async () => {
    const { storage } = createLake();
    const { watchable, say } = createFakeWatchable();
    const { batch, ofType } = await follow(storage, { watchable, intervalMs: 20 });
    say().onTrouble(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    say().onTrouble(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    await put(storage, "bronze/b.csv", GOOD);
    await batch("bronze/b.csv");
    expect(ofType("watching")).toEqual([
      { type: "watching", how: "events", reason: null },
      { type: "watching", how: "polling", reason: expect.stringContaining("fs.inotify.max_user_watches") },
    ]);
  });

  it("contract 7: tries a transient fault three times, a data fault once", async () => {
    const { storage } = createLake();
    const broken: LakeStorage = {
      ...storage,
      async read(key) {
        if (key === "bronze/b.csv") throw new VantageflowError("storage_failed", "the disk is broken", { key });
        return storage.read(key);
      },
    };
    await put(storage, "bronze/b.csv", GOOD);
    await put(storage, "bronze/junk.csv", "junk\n");
    const { batch, batches, ofType } = await follow(broken);
    await batch("bronze/b.csv");
    await batch("bronze/junk.csv");
    expect(ofType("retry").map((event) => event.type === "retry" && event.attempt)).toEqual([1, 2]);
    const outcomes = batches().map(({ key, outcome }) => `${key} ${outcome}`);
    expect(outcomes.sort()).toEqual(["bronze/b.csv failed", "bronze/junk.csv refused"]);
    expect(await keysOf(storage, "dead-letter/")).toHaveLength(2);
  });

  it("goes on when the lake cannot be listed for a while", async () => {
    const { storage } = createLake();
    let broken = true;
    const flaky: LakeStorage = {
      ...storage,
      async *list(prefix, options) {
        if (broken) throw new VantageflowError("storage_failed", "the network drive is away");
        yield* storage.list(prefix, options);
      },
    };
    await put(storage, "bronze/b.csv", GOOD);
    const { batch, ofType } = await follow(flaky, { intervalMs: 10 });
    await expect.poll(() => ofType("trouble").length).toBeGreaterThan(0);
    broken = false;
    await batch("bronze/b.csv");
  });

  it("contract 15: stops after what is in flight, and leaves the rest as work", async () => {
    const { storage } = createLake();
    for (let n = 0; n < 20; n++) await put(storage, `bronze/${n}.csv`, GOOD);
    const { batches, watching } = await follow(storage, { concurrency: 1 });
    await watching.stop();
    const [receipts, split] = [await keysOf(storage, "receipts/vantageflow-process-iot/"), batches().length];
    expect(split).toBeLessThan(20);
    expect(receipts).toHaveLength(split);
    await follow(storage);
    await expect.poll(async () => (await keysOf(storage, "gold/")).length).toBe(20);
  });
});
