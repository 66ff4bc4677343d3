import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expire } from "../../src/retention/expire.ts";
import { planExpire, takeInventory } from "../../src/retention/plan.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { commitInfoOf } from "../../src/tables/delta/actions.ts";
import { logFileOf } from "../../src/tables/delta/names.ts";
import { readCommit, readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays, droppedBefore, planTableExpiry, vacuumReadings } from "../../src/tables/readings/expire.ts";
import { keepRowsOf, listNotInTable } from "../../src/tables/readings/expired-silver.ts";
import { tidyReadings } from "../../src/tables/readings/keep.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext, TABLE } from "./table.ts";

const DAY = 86_400_000;
const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day = "2025-01-01") => `${HEADER}\n${day}T00:00:00Z,A,${value},C,0.1\n`;

/** A lake whose objects are as old as `clock` says, which starts at `START`. */
const START = Date.UTC(2025, 0, 1);
function aging() {
  const memory = createMemoryStorage();
  const clock = { now: START };
  const times = new Map<string, number>();
  const dated = <T extends { key: string; modified: number }>(one: T): T => ({
    ...one,
    modified: times.get(one.key) ?? one.modified,
  });
  const storage: LakeStorage = {
    ...memory,
    async *list(prefix, options) {
      for await (const one of memory.list(prefix, options)) yield dated(one);
    },
    async head(key) {
      const head = await memory.head(key);
      return head === null ? null : dated(head);
    },
    async read(key, range) {
      const reader = await memory.read(key, range);
      return { ...reader, head: dated(reader.head) };
    },
    async create(key, options) {
      const writer = await memory.create(key, options);
      return {
        ...writer,
        async commit(given) {
          const made = await writer.commit(given);
          times.set(key, clock.now);
          return dated(made);
        },
      };
    },
  };
  const context = { ...syncContext(storage), now: () => clock.now };
  return { storage, clock, context, vacuum: () => vacuumReadings(context, { now: clock.now, clock: clock.now }) };
}

/** The lake as whoever reads this version sees it. */
function asOf(storage: LakeStorage, version: number): LakeStorage {
  const log = `${TABLE}_delta_log/`;
  return {
    ...storage,
    async *list(prefix, options) {
      for await (const one of storage.list(prefix, options)) {
        const file = one.key.startsWith(log) ? logFileOf(one.key.slice(log.length)) : null;
        if (file === null || file.version <= version) yield one;
      }
    },
  };
}

describe("the vacuum", () => {
  it("takes nothing that a version of the last seven days needs, after whatever history", async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ name: fc.constantFrom("a", "b", "c"), day: fc.integer({ min: 1, max: 2 }) }),
      },
      { weight: 2, arbitrary: fc.constantFrom("compact" as const, "vacuum" as const) },
      { weight: 3, arbitrary: fc.record({ days: fc.integer({ min: 1, max: 5 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
        const { storage, clock, context, vacuum } = aging();
        const rows: { rows: string[]; until: number }[] = [{ rows: [], until: Number.POSITIVE_INFINITY }];
        let value = 0;
        for (const one of [...steps, "vacuum" as const]) {
          clock.now += 1000;
          if (one === "compact") await compactReadings(context);
          else if (one === "vacuum") {
            await vacuum();
            for (const [version, { rows: then, until }] of rows.entries()) {
              if (until > clock.now - 7 * DAY) expect(await rowsOfTable(asOf(storage, version))).toEqual(then);
            }
          } else if ("days" in one) clock.now += one.days * DAY;
          else {
            await put(storage, `silver/${one.name}.csv`, csv(++value, `2025-01-0${one.day}`));
            await syncReadings(context);
          }
          const version = (await readSnapshot(storage, TABLE))?.version ?? -1;
          for (const known of rows.slice(0, version)) known.until = Math.min(known.until, clock.now);
          const now = await rowsOfTable(storage);
          while (rows.length <= version) rows.push({ rows: now, until: Number.POSITIVE_INFINITY });
        }
        expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it("removes data that went a week ago, files of killed attempts as old, and the log behind a checkpoint as old", async () => {
    const { storage, clock, context, vacuum } = aging();
    for (let value = 0; value < 45; value++) {
      clock.now += 1000;
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    await put(storage, `${TABLE}date=2025-01-01/part-killed.snappy.parquet`, "half");
    await put(storage, `${TABLE}_theirs/x.parquet`, "theirs");
    clock.now += 6 * DAY;
    await put(storage, `${TABLE}date=2025-01-01/part-writing.snappy.parquet`, "half");
    expect(await vacuum()).toEqual([]);
    clock.now += 1 * DAY;
    const removed = await vacuum();
    expect(removed.filter(({ kind }) => kind === "data")).toHaveLength(45);
    const left = (await keysOf(storage, TABLE)).map((key) => key.slice(TABLE.length));
    const version = (n: number) => `_delta_log/${String(n).padStart(20, "0")}`;
    expect(left.filter((key) => key.startsWith("_delta_log"))).toEqual([
      `${version(39)}.checkpoint.parquet`,
      ...[39, 40, 41, 42, 43, 44, 45].map((n) => `${version(n)}.json`),
      "_delta_log/_last_checkpoint",
    ]);
    expect(left.filter((key) => !key.startsWith("_delta_log"))).toEqual([
      "_theirs/x.parquet",
      expect.stringMatching(/^date=.*\.parquet$/),
      "date=2025-01-01/part-writing.snappy.parquet",
    ]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
    expect((await syncReadings(context)).commits).toBe(0);
  });

  it("keeps the log behind a checkpoint that cannot be read", async () => {
    const { storage, clock, context, vacuum } = aging();
    for (let value = 0; value < 21; value++) {
      clock.now += 1000;
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    const [checkpoint] = (await keysOf(storage, TABLE)).filter((key) => key.includes("checkpoint.parquet"));
    await put(storage, checkpoint, "cut off");
    clock.now += 30 * DAY;
    expect((await vacuum()).filter(({ kind }) => kind === "log")).toEqual([]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("goes by the clock, whatever time somebody asks for", async () => {
    const { storage, clock, context } = aging();
    for (const value of [1, 2]) {
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    const times = { now: clock.now + 1000 * DAY, clock: clock.now };
    expect((await planTableExpiry(storage, times)).garbage).toEqual([]);
    expect(await vacuumReadings(context, times)).toEqual([]);
  });
});

describe("rows past the retention of the table", () => {
  it("go day by day in one commit, are not brought again, and are said to have gone", async () => {
    const { storage, clock, context } = aging();
    await put(storage, "silver/a.csv", csv(1, "2025-01-01") + csv(2, "2025-01-02").slice(HEADER.length + 1));
    await put(storage, "silver/b.csv", csv(3, "0000-01-02"));
    await syncReadings(context);
    clock.now = Date.UTC(2025, 0, 1) + 400 * DAY;
    expect(await dropOldDays(context, clock.now)).toEqual([]);
    clock.now += DAY;
    expect(await planTableExpiry(storage, { now: clock.now, clock: clock.now })).toMatchObject({
      drop: [{ path: expect.stringMatching(/^date=2025-01-01/), ageDays: 401 }],
    });
    expect(await dropOldDays(context, clock.now)).toHaveLength(1);
    const snapshot = (await readSnapshot(storage, TABLE))!;
    expect([snapshot.version, droppedBefore(snapshot)]).toEqual([2, "2025-01-02"]);
    expect(commitInfoOf(await readCommit(storage, TABLE, 2))).toMatchObject({ operation: "DELETE" });
    expect((await syncReadings(context)).commits).toBe(0);
    expect((await rowsOfTable(storage)).map((row) => JSON.parse(row).value).sort()).toEqual([2, 3]);
  });

  it("and garbage go once in twenty versions where the clock keeps the table", async () => {
    const { storage, clock, context } = aging();
    for (let value = 0; value < 20; value++) {
      await put(storage, "silver/a.csv", csv(value));
      const synced = { ...(await syncReadings(context)), compacted: null };
      clock.now += DAY;
      await tidyReadings(context, synced);
      const data = (await keysOf(storage, TABLE)).filter((key) => key.includes("/date="));
      expect(data).toHaveLength(value === 19 ? 7 : value + 1);
    }
  });
});

describe("expire and the table", () => {
  const NO_VERSIONS = {
    versions: async () => [],
    readVersion: async () => Promise.reject(new Error("no versions")),
    async *retained() {},
    keeps: async () => false,
    purge: async () => {},
  };

  async function expireAt(storage: LakeStorage, now: number, clock: number) {
    const plan = planExpire(await takeInventory(storage, NO_VERSIONS), now, await listNotInTable(storage));
    const silver = plan.remove.map(({ object }) => object).filter(({ key }) => key.startsWith("silver/"));
    await keepRowsOf(storage, silver, clock);
    await expire(storage, NO_VERSIONS, plan, { concurrency: 2 });
    return plan;
  }

  it("never remove silver and anomalies that the table has not taken in, where there is one", async () => {
    const { storage, clock, context } = aging();
    const text = csv(1).replace("0.1\n", "0.9\n") + csv(2).slice(HEADER.length + 1);
    await put(storage, "bronze/a.csv", text);
    await runAll(storage);
    expect(await listNotInTable(storage)).toEqual(new Set());
    await syncReadings(context);
    await put(storage, "bronze/b.csv", text);
    await runAll(storage);
    const later = clock.now + 100 * DAY;
    const { kept } = await expireAt(storage, later, later);
    expect(kept.filter(({ reason }) => reason === "not_in_table").map(({ key }) => key)).toEqual([
      "silver/b.csv",
      "anomalies/b.csv",
    ]);
    clock.now = later;
    await syncReadings(context);
    expect(await rowsOfTable(storage)).toHaveLength(4);
  });

  it("never make rows go of silver that went ahead of its time, as of a time that somebody asked for", async () => {
    const { storage, clock, context } = aging();
    await put(storage, "bronze/a.csv", csv(1));
    await runAll(storage);
    await syncReadings(context);
    await expireAt(storage, clock.now + 1000 * DAY, clock.now);
    expect(await keysOf(storage, "silver/")).toEqual([]);
    expect(await syncReadings(context)).toMatchObject({ gone: 0, commits: 0 });
    await put(storage, "bronze/a.csv", csv(2));
    await runAll(storage);
    expect(await syncReadings(context)).toMatchObject({ batches: 1, replaced: 1 });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });
});
