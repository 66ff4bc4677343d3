import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { keysOf, process, put, textOf } from "../pipeline/lake.ts";
import { stores } from "../storage/stores.ts";
import { createClockedLake, GOLD_HEADER, HEADER, HOUR, MINUTE, NOON, reading, SECOND, TALLY } from "./lake.ts";

describe("the totals", () => {
  it("count objects and not receipts: a batch that both functions worked on is one", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", `${HEADER + reading("D", 1) + reading("D", 2, { score: 0.9 })}x,y\n`);
    await lake.ingest("bronze/b.csv", "nothing");
    await lake.ingest("silver/alone.csv", HEADER + reading("E", 1));
    const { last_24h, today, health, batches } = await lake.monitor.refresh();
    expect(last_24h).toEqual({
      batches: 3,
      done: 2,
      refused: 1,
      failed: 0,
      rows: { in: 4, silver: 2, anomalies: 1, rejects: 1, blank: 0 },
      anomaly_percentage: 33.3,
      reject_percentage: 25,
      duration_ms: { average: 0, p50: 0, p95: 0 },
    });
    expect(today).toEqual(last_24h);
    expect(health.percentage).toBe(66.6);
    expect(batches.map(({ key, outcome, devices }) => [key, outcome, devices]).toSorted()).toEqual([
      ["bronze/a.csv", "done", 1],
      ["bronze/b.csv", "refused", 0],
      ["silver/alone.csv", "done", 1],
    ]);
  });

  it("add what each function took by itself, and what one pass took once", async () => {
    const [apart, fused] = [createClockedLake(), createClockedLake()];
    await apart.invoke("bronze/a.csv", HEADER + reading("D", 1), 10);
    const [one] = (await apart.monitor.refresh()).batches;
    const each = await Promise.all(
      (await apart.monitor.batch("bronze/a.csv"))?.functions.map(({ receipt }) => receipt) ?? [],
    );
    const took = each.map((receipt) => (receipt as { duration_ms: number }).duration_ms);
    expect(took.every((ms) => ms > 0)).toBe(true);
    expect(one.duration_ms).toBe(took[0] + took[1]);

    await fused.receipt("bronzeToSilver", "a.csv", { duration_ms: 20 });
    await fused.receipt("silverToGold", "a.csv", { duration_ms: 19 });
    const [batch] = (await fused.monitor.refresh()).batches;
    expect(batch).toMatchObject({ key: "bronze/a.csv", duration_ms: 20 });
  });

  it("call a batch failed whose gold could not be made, and name the function", async () => {
    const lake = createClockedLake();
    await lake.receipt("bronzeToSilver", "a.csv");
    lake.now += MINUTE;
    const error = { code: "internal", message: "boom", line: null, column: null } as const;
    await lake.receipt("silverToGold", "a.csv", { outcome: "failed", attempts: 3, error });
    const { batches, last_24h } = await lake.monitor.refresh();
    expect(batches).toMatchObject([
      { key: "bronze/a.csv", function: "silverToGold", outcome: "failed", attempts: 3, error, rows: { in: 10 } },
    ]);
    expect(last_24h).toMatchObject({ batches: 1, done: 0, failed: 1 });
    // What the receipt of older silver said is of no interest once the batch was split again.
    lake.now += MINUTE;
    await lake.receipt("bronzeToSilver", "a.csv");
    expect((await lake.monitor.refresh()).last_24h).toMatchObject({ batches: 1, done: 1, failed: 0 });
  });

  it("know gold for the batch's own by the silver it was made of, not by which receipt is older", async () => {
    const lake = createClockedLake();
    const [silver, other] = ["a".repeat(64), "b".repeat(64)];
    const aggregate = { ...TALLY, devices: 7, sibling: null };
    const outputs = [{ key: "silver/a.csv", size: 1, sha256: silver }];
    const source = (sha256: string) => ({ key: "silver/a.csv", token: "t", size: 1, sha256 });
    await lake.receipt("silverToGold", "a.csv", { source: source(silver), aggregate });
    lake.now += MINUTE;
    await lake.receipt("bronzeToSilver", "a.csv", { outputs });
    expect((await lake.monitor.refresh()).layers.gold.rows_24h).toBe(7);
    lake.now += MINUTE;
    await lake.receipt("silverToGold", "a.csv", { source: source(other), aggregate });
    expect((await lake.monitor.refresh()).layers.gold.rows_24h).toBe(0);
  });

  it("leave out silver that nothing can rebuild: it is reported, and neither a batch nor an error", async () => {
    const lake = createClockedLake();
    const error = { code: "not_rebuildable", message: "its anomalies have expired", line: null, column: null } as const;
    await lake.receipt("silverToGold", "old.csv", { outcome: "not_rebuildable", error });
    lake.now += 2 * MINUTE;
    const { last_24h, health, alarms } = await lake.monitor.refresh();
    expect([last_24h.batches, health]).toEqual([0, { verdict: "healthy", percentage: 100, reasons: [] }]);
    const rate = alarms.find(
      ({ name, function: fn }) => name === "HighErrorRate" && fn === "vantageflow-silver-to-gold",
    );
    expect(rate).toMatchObject({ state: "OK", value: 0 });
  });

  it("never show 100 % when something was refused", async () => {
    const lake = createClockedLake();
    for (let i = 0; i < 2000; i++) await lake.receipt("bronzeToSilver", `${i}.csv`);
    await lake.receipt("bronzeToSilver", "bad.csv", { outcome: "refused" });
    expect((await lake.monitor.refresh()).health.percentage).toBe(99.9);
  });

  it("begin the day at midnight UTC, and the last 24 hours 24 hours ago", async () => {
    const lake = createClockedLake();
    for (const [path, ago] of [
      ["now", 0],
      ["morning", 11.9 * HOUR],
      ["yesterday", 12.1 * HOUR],
      ["before", 24 * HOUR],
    ] as const) {
      lake.now = NOON - ago;
      await lake.receipt("bronzeToSilver", `${path}.csv`, { duration_ms: 0 });
    }
    lake.now = NOON;
    const { today, last_24h, series } = await lake.monitor.refresh();
    expect([today.batches, last_24h.batches]).toEqual([2, 3]);
    expect(series).toHaveLength(24);
    expect(series.filter(({ rows }) => rows !== null).map(({ time, batches }) => [time, batches])).toEqual([
      ["2026-03-09T23:00:00.000Z", 1],
      ["2026-03-10T00:00:00.000Z", 1],
      ["2026-03-10T12:00:00.000Z", 1],
    ]);
    expect(series[0]).toEqual({ time: "2026-03-09T13:00:00.000Z", rows: null, batches: 0, errors: 0 });
  });

  it("give durations by nearest rank, of what was done", async () => {
    const lake = createClockedLake();
    for (let ms = 1; ms <= 20; ms++) await lake.receipt("bronzeToSilver", `${ms}.csv`, { duration_ms: ms });
    await lake.receipt("bronzeToSilver", "bad.csv", { outcome: "refused", duration_ms: 9999 });
    expect((await lake.monitor.refresh()).last_24h.duration_ms).toEqual({ average: 10.5, p50: 10, p95: 19 });
  });
});

describe("a look at a lake", () => {
  it("survives what no receipt is, and says so; figures of hostile ones reach no total", async () => {
    const lake = createClockedLake();
    const { storage } = lake;
    await lake.receipt("bronzeToSilver", "good.csv");
    const bad: Record<string, object> = {
      "no-time.csv": { started: "never" },
      "negative.csv": { split: { ...TALLY, rows: { ...TALLY.rows, in: -5 } } },
      "huge.csv": { split: { ...TALLY, rows: { ...TALLY.rows, in: 1e308 } } },
      "part.csv": { split: { ...TALLY, devices: 0.5 } },
      "other.csv": { source: { key: "bronze/good.csv", token: "none", size: 1, sha256: null } },
    };
    for (const [path, fields] of Object.entries(bad)) {
      await put(storage, `receipts/vantageflow-process-iot/${path}/none.json`, "");
      const text = JSON.stringify({ ...(await good(storage)), source: sourceOf(path), ...fields });
      await put(storage, `receipts/vantageflow-process-iot/${path}/none.json`, text);
    }
    await put(storage, "receipts/vantageflow-process-iot/none.csv/none.json", "{");
    await put(storage, "receipts/vantageflow-process-iot/large.csv/none.json", " ".repeat(1024 * 1024 + 1));
    await lake.receipt("bronzeToSilver", "back.csv", { duration_ms: -50 });
    const long = "x".repeat(200_000);
    const error = { code: long as "internal", message: long, line: null, column: long };
    await lake.receipt("bronzeToSilver", "good.csv", { error });
    const { last_24h, ignored, health, batches } = await lake.monitor.refresh();
    expect(last_24h.batches).toBe(2);
    expect(last_24h.rows.in).toBe(20);
    expect(batches.find(({ key }) => key === "bronze/back.csv")?.duration_ms).toBe(0);
    expect(JSON.stringify(batches).length).toBeLessThan(10_000);
    const names = ["huge", "large", "negative", "no-time", "none", "other", "part"];
    expect(ignored.keys.map(({ key }) => key).toSorted()).toEqual(
      names.map((name) => `receipts/vantageflow-process-iot/${name}.csv/none.json`),
    );
    expect(health.reasons.map(({ code }) => code)).toEqual(["objects_ignored"]);
  });

  it("takes the store's time for a receipt of the future, and never a time after now", async () => {
    const lake = createClockedLake();
    lake.now = NOON - 2 * HOUR;
    await lake.receipt("bronzeToSilver", "ahead.csv", { started: "2999-01-01T00:00:00.000Z" });
    lake.now = NOON + HOUR;
    await lake.receipt("bronzeToSilver", "late.csv", { duration_ms: 1e300 });
    lake.now = NOON;
    const { batches } = await lake.monitor.refresh();
    expect(batches.map(({ key, ended }) => [key, ended])).toEqual([
      ["bronze/late.csv", "2026-03-10T12:00:00.000Z"],
      ["bronze/ahead.csv", "2026-03-10T10:00:00.000Z"],
    ]);
  });

  it("reads each receipt and each gold once, and again only what was written anew", async () => {
    const lake = createClockedLake();
    for (const name of ["a", "b", "c"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading("D", 1));
    await lake.ingest("bronze/bad.csv", "nothing");
    await put(lake.storage, "gold/odd.csv", "no gold");
    lake.reads.clear();
    await lake.monitor.refresh();
    const ofLedger = () => [...lake.reads].filter(([key]) => /^(receipts|gold)\/.*(a|b|c|odd)\.csv/.test(key));
    expect(ofLedger().map(([, times]) => times)).toEqual(Array(10).fill(1));
    const first = new Map(lake.reads);
    lake.now += MINUTE;
    await lake.monitor.refresh();
    await lake.monitor.refresh();
    expect(lake.reads).toEqual(first);

    await lake.storage.remove("gold/b.csv");
    await lake.ingest("bronze/a.csv", HEADER + reading("D", 1) + reading("D", 3));
    lake.reads.clear();
    const { devices } = await lake.monitor.refresh();
    expect([...lake.reads.keys()].every((key) => key.includes("a.csv"))).toBe(true);
    expect(lake.reads.size).toBe(3);
    expect(devices.top).toMatchObject([{ device_id: "D", batches: 2, total_readings: 3 }]);
  });

  it("never writes: a lake that refuses every write is looked at all the same", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", `${HEADER + reading("D", 1)}bad\n`);
    await lake.ingest("bronze/bad.csv", "nothing");
    const refuse = () => Promise.reject(new Error("written to"));
    const storage: LakeStorage = { ...lake.storage, create: refuse, remove: refuse };
    const monitor = createMonitor({ storage, failures: storage, now: () => NOON });
    expect((await monitor.refresh()).last_24h.batches).toBe(2);
    expect(await monitor.device("D")).toMatchObject({ device: { total_readings: 1 } });
    expect(await monitor.batch("gold/bad.csv")).toMatchObject({ dead_letters: [{ code: "columns_missing" }] });
  });

  it("is shared by all who ask while it goes on", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", HEADER + reading("D", 1));
    lake.lists.length = 0;
    const [one, two] = await Promise.all([lake.monitor.refresh(), lake.monitor.refresh()]);
    expect(one).toBe(two);
    const lists = lake.lists.length;
    expect(new Set(lake.lists).size).toBe(lists);
    expect(await lake.monitor.refresh()).not.toBe(one);
    expect(lake.lists.length).toBe(2 * lists);
  });

  it("goes on where objects go away between the listing and the reading", async () => {
    const lake = createClockedLake();
    for (const name of ["a", "b"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading(name, 1));
    await lake.ingest("bronze/bad.csv", "nothing");
    const gone = new Set<string>();
    const storage: LakeStorage = {
      ...lake.storage,
      async read(key) {
        if (/a\.csv|bad\.csv|dead-letter/.test(key) && !gone.has(key)) await lake.storage.remove(key);
        gone.add(key);
        return lake.storage.read(key);
      },
    };
    const monitor = createMonitor({ storage, failures: null, now: () => NOON });
    const { devices, last_24h } = await monitor.refresh();
    expect(devices.top.map(({ device_id }) => device_id)).toEqual(["b"]);
    expect(last_24h.batches).toBe(1);
    expect((await monitor.refresh()).dead_letters.open).toBe(0);
  });

  it("takes no batch for overdue that was replaced and processed between two listings", async () => {
    const lake = createClockedLake();
    lake.now = NOON - 48 * HOUR;
    for (const name of ["a", "b"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading("D", 1));
    lake.now = NOON - MINUTE;
    await put(lake.storage, "bronze/waits.csv", HEADER);
    lake.now = NOON;
    let isReplaced = false;
    const storage: LakeStorage = {
      ...lake.storage,
      async *list(prefix) {
        if (prefix === "receipts/" && !isReplaced) {
          isReplaced = true;
          for (const name of ["a", "b"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading("D", 2));
        }
        yield* lake.storage.list(prefix);
      },
    };
    const { work, health } = await createMonitor({ storage, failures: null, now: () => NOON }).refresh();
    expect(isReplaced).toBe(true);
    expect([work, health.verdict]).toEqual([{ waiting: 1, oldest_seconds: 60 }, "healthy"]);
  });

  it("tells overdue work whose receipt names its size from other work: its times changed, most likely not its bytes", async () => {
    const lake = createClockedLake();
    lake.now = NOON - HOUR;
    const rows = HEADER + reading("D", 1);
    for (const name of ["same", "longer", "fresh"]) await lake.ingest(`bronze/${name}.csv`, rows);
    // Of an overview of the day alone, too, which reads no receipt that is older.
    lake.now = NOON + 48 * HOUR;
    await put(lake.storage, "bronze/same.csv", rows);
    lake.now += SECOND;
    await put(lake.storage, "bronze/longer.csv", rows + reading("D", 2));
    await put(lake.storage, "bronze/new.csv", rows);
    lake.now += HOUR;
    await put(lake.storage, "bronze/fresh.csv", rows);
    for (const reach of ["all", "day"] as const) {
      const monitor = createMonitor({ storage: lake.storage, failures: null, now: () => lake.now, reach });
      const { work, health, layers, alarms } = await monitor.refresh();
      expect(work).toEqual({ waiting: 3, oldest_seconds: 3600 });
      expect(layers.bronze.lag_seconds).toBe(3600);
      expect(health.reasons.map(({ code }) => code)).toEqual(["work_overdue", "receipts_outdated"]);
      expect(health.reasons[1].message).toMatch(/^1 batch carries other times/);
      expect(alarms.find(({ name }) => name === "WorkOverdue")?.value).toBe(3600);
      const before = [...lake.reads];
      await monitor.refresh();
      expect([...lake.reads]).toEqual(before);
    }
  });

  it("fails where the store fails, and looks again the next time", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", HEADER + reading("D", 1));
    let isDown = true;
    const storage: LakeStorage = {
      ...lake.storage,
      read: (key) => (isDown ? Promise.reject(new Error("down")) : lake.storage.read(key)),
    };
    const monitor = createMonitor({ storage, failures: null, now: () => NOON });
    await expect(monitor.refresh()).rejects.toThrow("down");
    isDown = false;
    expect((await monitor.refresh()).last_24h.batches).toBe(1);
  });

  it("tells of the one object that the store cannot read, and of all others; the next look reads it again", async () => {
    const lake = createClockedLake();
    for (const name of ["a", "b", "c"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading(name, 1));
    let isBroken = true;
    const storage: LakeStorage = {
      ...lake.storage,
      read: (key) =>
        isBroken && /^(gold|receipts\/vantageflow-process-iot)\/b\.csv/.test(key)
          ? Promise.reject(new VantageflowError("storage_failed", `EIO of ${key}`, { key }))
          : lake.storage.read(key),
    };
    const monitor = createMonitor({ storage, failures: null, now: () => NOON });
    const { ignored, health } = await monitor.refresh();
    expect(ignored.keys.map(({ reason }) => reason)).toEqual([
      "EIO of gold/b.csv",
      expect.stringContaining("EIO of receipts/vantageflow-process-iot/b.csv/"),
    ]);
    expect(health.reasons.map(({ code }) => code)).toContain("objects_ignored");
    expect(monitor.devices({}).devices.map(({ device_id }) => device_id)).toEqual(["a", "c"]);
    isBroken = false;
    expect((await monitor.refresh()).ignored.count).toBe(0);
    expect(monitor.devices({}).devices.map(({ device_id }) => device_id)).toEqual(["a", "b", "c"]);
  });

  it("tells the layers: files, rows of the day, last write, and what waits", async () => {
    const lake = createClockedLake();
    lake.now = NOON - 48 * HOUR;
    await lake.ingest("bronze/old.csv", HEADER + reading("D", 1));
    lake.now = NOON - HOUR;
    await lake.ingest("bronze/a.csv", `${HEADER + reading("D", 1) + reading("E", 1, { score: 0.8 })}bad\n`);
    lake.now = NOON - 20 * MINUTE;
    await put(lake.storage, "bronze/waits.csv", "later");
    lake.now = NOON - 10 * SECOND;
    await put(lake.storage, "silver/waits.csv", "its bronze is work");
    await put(lake.storage, "silver/alone.csv", "work");
    await put(lake.storage, "bronze/notes.json", "{}");
    lake.now = NOON;
    const { layers, work, ignored, health } = await lake.monitor.refresh();
    expect(layers.bronze).toMatchObject({ files: 4, files_24h: 3, rows_24h: 3, lag_seconds: 1200 });
    expect(layers.bronze.last_write).toBe("2026-03-10T11:59:50.000Z");
    expect(layers.silver).toMatchObject({ files: 4, files_24h: 3, rows_24h: 1, lag_seconds: 10 });
    expect(layers.anomalies).toMatchObject({ files: 3, rows_24h: 1, lag_seconds: null });
    expect(layers.gold).toMatchObject({ files: 2, files_24h: 1, rows_24h: 2, lag_seconds: null });
    expect(work).toEqual({ waiting: 2, oldest_seconds: 1200 });
    expect(ignored.keys).toEqual([{ key: "bronze/notes.json", reason: expect.stringContaining(".csv") }]);
    expect(health.verdict).toBe("unhealthy");
    expect(health.reasons.map(({ code }) => code)).toEqual([
      "work_overdue",
      "devices_critical",
      "rows_rejected",
      "objects_ignored",
    ]);
  });

  it("says of an empty lake that there is nothing, and that is no trouble", async () => {
    const overview = await createClockedLake().monitor.refresh();
    expect(overview).toMatchObject({
      version: 1,
      time: "2026-03-10T12:00:00.000Z",
      health: { verdict: "healthy", percentage: 100, reasons: [] },
      work: { waiting: 0, oldest_seconds: null },
      devices: { total: 0, critical: 0, critical_devices: [], top: [], points: [] },
      batches: [],
    });
    expect(overview.last_24h).toMatchObject({ anomaly_percentage: null, reject_percentage: null, duration_ms: null });
    expect(overview.layers.gold).toMatchObject({ files: 0, last_write: null });
    expect(JSON.parse(JSON.stringify(overview))).toEqual(overview);
  });

  it("takes gold that is none for ignored, and merges the rest", async () => {
    const lake = createClockedLake();
    await put(lake.storage, "gold/a.csv", `${GOLD_HEADER}D,2,1.5,1.0,2.0,1,50.0\n`);
    await put(lake.storage, "gold/b.csv", "device_id\n");
    await put(lake.storage, "gold/c.csv", `${GOLD_HEADER}D,0,1.5,1.0,2.0,1,50.0\n`);
    await put(lake.storage, "gold/d.csv", `${GOLD_HEADER}"D,0`);
    await put(lake.storage, "gold/readme.txt", "no CSV");
    const { devices, ignored } = await lake.monitor.refresh();
    expect(devices).toMatchObject({ total: 1, critical: 1, top: [{ device_id: "D", batches: 1, total_readings: 2 }] });
    expect(ignored.keys.map(({ key }) => key)).toEqual(["gold/b.csv", "gold/c.csv", "gold/d.csv"]);
  });
});

describe("the dead letters", () => {
  it("are open until their file is done, and read again only when something becomes of it", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/bad.csv", "nothing");
    await lake.ingest("bronze/good.csv", HEADER + reading("D", 1));
    const { dead_letters, health } = await lake.monitor.refresh();
    expect(dead_letters).toMatchObject({ open: 1, letters: [{ key: "bronze/bad.csv", code: "columns_missing" }] });
    expect(health).toMatchObject({ verdict: "unhealthy", reasons: [{ code: "dead_letters_open" }] });
    const letters = () => [...lake.reads].filter(([key]) => key.startsWith("dead-letter/")).map(([, times]) => times);
    expect(letters()).toEqual([1]);
    await lake.ingest("bronze/other.csv", HEADER + reading("D", 1));
    await lake.monitor.refresh();
    expect(letters()).toEqual([1]);
    await lake.ingest("bronze/bad.csv", HEADER + reading("D", 1));
    expect((await lake.monitor.refresh()).dead_letters).toEqual({ open: 0, letters: [] });
    expect(letters()).toEqual([2]);
    await lake.monitor.refresh();
    expect(letters()).toEqual([2]);
  });

  it("are small, whatever another program has written into them: each is sent to every reader at every look", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/bad.csv", "nothing");
    const [key] = await keysOf(lake.storage, "dead-letter/");
    const letter = JSON.parse((await textOf(lake.storage, key)) ?? "");
    const long = "x".repeat(200_000);
    letter.requestContext.requestId = long;
    letter.requestContext.functionArn = long;
    letter.responsePayload = { errorType: long, errorMessage: long };
    await put(lake.storage, `${key}-2`, JSON.stringify(letter));
    const { dead_letters } = await lake.monitor.refresh();
    expect(dead_letters.open).toBe(2);
    expect(JSON.stringify(dead_letters).length).toBeLessThan(10_000);
  });

  it("of Lambda's own bucket count too", async () => {
    const bucket = createClockedLake();
    const lake = createClockedLake(bucket.storage);
    await put(lake.storage, "bronze/a.csv", "waits");
    const record = {
      version: "1.0",
      timestamp: "2026-03-10T11:00:00.000Z",
      requestContext: {
        requestId: "r",
        functionArn: "arn:aws:lambda:us-east-1:1:function:vantageflow-process-iot:$LATEST",
        condition: "RetriesExhausted",
      },
      requestPayload: {
        Records: [{ eventName: "ObjectCreated:Put", s3: { bucket: { name: "b" }, object: { key: "bronze/a.csv" } } }],
      },
    };
    const key = "aws/lambda/async/vantageflow-process-iot/2026/03/10/2026-03-10T11.00.00-r";
    await put(bucket.storage, key, JSON.stringify(record));
    await put(lake.storage, "dead-letter/notes.txt", "no letter");
    const { dead_letters, ignored } = await lake.monitor.refresh();
    expect([dead_letters.open, ignored.keys.map(({ key }) => key)]).toEqual([
      expect.any(Number),
      ["dead-letter/notes.txt"],
    ]);
    expect(bucket.reads.get(key)).toBe(1);
  });
});

for (const { name, make } of await stores()) {
  it(`sees the same lake in every store (${name})`, async () => {
    const storage = make();
    const files = {
      "bronze/a.csv": `${HEADER + reading("D", 1) + reading("E", 5, { score: 0.9 })}bad\n`,
      "bronze/day=1/bad.csv": "nothing",
    };
    for (const [key, content] of Object.entries(files)) await process(content, { key, storage });
    await put(storage, "bronze/waits.csv", "later");
    const monitor = createMonitor({ storage, failures: null, now: Date.now });
    for (let look = 0; look < 2; look++) {
      const overview = await monitor.refresh();
      expect(overview).toMatchObject({
        health: { verdict: "unhealthy" },
        work: { waiting: 1 },
        dead_letters: { open: 1, letters: [{ key: "bronze/day=1/bad.csv" }] },
        devices: { total: 2, critical: 1, critical_devices: [{ device_id: "E", anomaly_percentage: 100 }] },
        layers: { bronze: { files: 3 }, silver: { files: 1 }, anomalies: { files: 2 }, gold: { files: 1 } },
      });
      // The clock of these receipts stands at 1970.
      expect(overview.batches.map(({ key, outcome }) => [key, outcome])).toEqual([
        ["bronze/a.csv", "done"],
        ["bronze/day=1/bad.csv", "refused"],
      ]);
    }
    expect(await monitor.device("E")).toMatchObject({
      readings: { complete: true, points: [{ value: 5, anomaly: true }] },
    });
    expect((await monitor.batch("anomalies/a.rejects.csv"))?.objects.map(({ object }) => object !== null)).toEqual(
      Array(5).fill(true),
    );
    await storage.close();
  });
}

/** A receipt that is one. */
async function good(storage: LakeStorage): Promise<object> {
  return JSON.parse((await textOf(storage, "receipts/vantageflow-process-iot/good.csv/none.json")) ?? "");
}

function sourceOf(path: string): object {
  return { key: `bronze/${path}`, token: "none", size: 1, sha256: null };
}
