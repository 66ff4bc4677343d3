import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptKey } from "../../src/ledger/names.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import { readGold } from "../../src/report/gold.ts";
import { readGoldRows } from "../../src/report/rows.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { planSync } from "../../src/tables/readings/plan.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { topology } from "../../src/topology.ts";
import { put } from "../pipeline/lake.ts";
import { step, take } from "../tables/steps.ts";
import { syncContext } from "../tables/table.ts";
import { createClockedLake, GOLD_HEADER, HOUR, NOON } from "./lake.ts";

const path = fc
  .array(fc.constantFrom("a", "a.csv", "a.csv-1", "a.csv!", "a.csv/b", "0", "é", "._", "back\\slash"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(""));

const object = fc.record({
  id: fc.constantFrom("bronzeToSilver" as const, "silverToGold" as const),
  path,
  suffix: fc.constantFrom(".csv", ".csv", ".CSV", ".json", ".csv~"),
  receipt: fc.constantFrom("none", "this", "older", "both"),
});

const contract = fc.record({
  at: fc.constantFrom("contracts/", "contracts/claims/"),
  prefix: fc.constantFrom("bronze/", "bronze/", "bronze/", "bronze/a.csv/"),
  suffixes: fc.constantFrom([".csv"], [".json"], [".csv", ".json"], [".csv", ".CSV"]),
});

const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const row = fc.record({
  device: fc.constantFrom("D", "E", "é", "\u{1f600}", '"q,"', '" "', "__proto__"),
  total: fc.integer({ min: 1, max: 1_000_000 }),
  average: number,
  min: number,
  max: number,
  anomalies: fc.nat(1000),
});
const gold = fc
  .uniqueArray(row, { maxLength: 6, selector: ({ device }) => device })
  .map(
    (rows) =>
      GOLD_HEADER +
      rows.map((r) => `${r.device},${r.total},${r.average},${r.min},${r.max},${r.anomalies},0.0\n`).join(""),
  );
const change = fc.record({ path: fc.constantFrom("a.csv", "b.csv", "c.csv", "d/e.csv"), gold: fc.option(gold) });

describe("the monitor", () => {
  it("finds the work that a run would plan and what nobody reads, whatever the names and the contracts", async () => {
    const seen = { work: 0, unread: 0, waiting: 0 };
    const contracts = fc.oneof(fc.constant([]), fc.array(contract, { minLength: 1, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(object, { maxLength: 8 }), contracts, async (objects, contracts) => {
        const storage = createMemoryStorage();
        for (const [i, { at, ...claim }] of contracts.entries()) {
          await put(storage, `${at}${i}.json`, JSON.stringify({ version: 1, name: String(i), ...claim }));
        }
        for (const { id, path, suffix, receipt } of objects) {
          const { name, startedBy } = topology.functions[id];
          const key = `${startedBy.prefix}${path}${suffix}`;
          try {
            await put(storage, key, path);
            const token = (await storage.head(key))?.token ?? "";
            if (receipt === "this" || receipt === "both") await put(storage, receiptKey(name, key, token), "");
            if (receipt === "older" || receipt === "both") await put(storage, receiptKey(name, key, "older"), "");
          } catch {
            // A name that the store does not take.
          }
        }
        const plan = await planRun(storage);
        const overview = await createMonitor({ storage, failures: null, now: () => 1e6 }).refresh();
        const { work, ignored } = overview;
        expect(work.waiting).toBe(plan.work.length);
        const waiting = overview.contracts.reduce((sum, one) => sum + one.waiting, 0);
        const unread = plan.ignored.filter(({ reason }) => !reason.startsWith("only names"));
        const removed = unread.filter(({ reason }) => reason.includes("which was removed")).length;
        // Told of each contract that claims it.
        const claims = unread.flatMap(
          ({ reason }) => /^it waits: the contracts (.*) claim it/.exec(reason)?.[1].match(/"\w+"/g) ?? [],
        );
        expect(waiting).toBe(removed + claims.length);
        seen.work += plan.work.length;
        seen.unread += unread.length;
        seen.waiting += waiting;
        const strangers = ignored.keys.filter(({ key }) => !key.startsWith("receipts/"));
        expect(strangers).toEqual(plan.ignored);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.work, seen.unread - seen.waiting, seen.waiting)).toBeGreaterThan(10);
  });

  it("merges gold exactly as the report does, whatever came, changed or went in between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 10 }), async (changes) => {
        const storage = createMemoryStorage();
        const monitor = createMonitor({ storage, failures: null, now: () => 1e6 });
        for (const { path, gold } of changes) {
          if (gold === null) await storage.remove(`gold/${path}`);
          else await put(storage, `gold/${path}`, gold);
          await monitor.refresh();
          expect(monitor.devices({}).devices).toEqual((await readGold(storage, {})).devices);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("gives the same overview of a lake with history when it reads the last day and the newest batches alone", async () => {
    const receipt = fc.record({
      id: fc.constantFrom("bronzeToSilver" as const, "silverToGold" as const),
      path: fc.integer({ min: 0, max: 70 }).map((n) => `${n}.csv`),
      ago: fc.double({ min: 0, max: 96 * HOUR, noNaN: true }),
      outcome: fc.constantFrom("done" as const, "refused" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(receipt, { minLength: 60, maxLength: 140 }), async (receipts) => {
        const lake = createClockedLake();
        for (const { id, path, ago, outcome } of receipts.toSorted((a, b) => b.ago - a.ago)) {
          lake.now = Math.floor(NOON - ago);
          await lake.receipt(id, path, { outcome, duration_ms: 0 });
        }
        lake.now = NOON;
        const recent = createMonitor({ storage: lake.storage, failures: null, now: () => NOON, reach: "day" });
        const overview = await recent.refresh();
        expect(overview).toEqual(await lake.monitor.refresh());
      }),
      { numRuns: 30 },
    );
  });

  it("reads of a lake with history only what an overview needs", async () => {
    const lake = createClockedLake();
    for (let i = 0; i < 200; i++) {
      lake.now = NOON - (200 - i) * HOUR;
      await lake.receipt("bronzeToSilver", `${i}.csv`);
    }
    lake.now = NOON;
    const recent = createMonitor({ storage: lake.storage, failures: null, now: () => NOON, reach: "day" });
    expect((await recent.refresh()).batches).toHaveLength(50);
    expect(lake.reads.size).toBe(50);
  });

  it("forgets devices that are in no gold any more, and still tells which batches have one", async () => {
    const storage = createMemoryStorage();
    const monitor = createMonitor({ storage, failures: null, now: () => 1e6 });
    const goldOf = (ids: string[]) => GOLD_HEADER + ids.map((id) => `${id},1,1.0,1.0,1.0,0,0.0\n`).join("");
    for (let day = 0; day < 4; day++) {
      await put(storage, "gold/a.csv", goldOf(Array.from({ length: 1500 }, (_, i) => `old-${day}-${i}`)));
      await put(storage, "gold/b.csv", goldOf([`stays`, `new-${day}`]));
      await monitor.refresh();
    }
    expect(monitor.devices({}).total).toBe(1502);
    expect((await monitor.device("stays"))?.batches.map(({ key }) => key)).toEqual(["gold/b.csv"]);
    expect(await monitor.device("old-0-1")).toBeNull();
    expect(await monitor.device("old-3-1499")).toMatchObject({ device: { device_id: "old-3-1499" } });
  });
});

describe("gold that is read at once", () => {
  it("has the rows, or the fault, that a CSV reader finds in it", async () => {
    const text = fc
      .array(
        fc.constantFrom(
          "D,1,1.0,1.0,1.0,0,0.0\n",
          "E,2,-0.5,1e3,2.0,0,0.0\n",
          "\n",
          "D,1\n",
          '"q,",1,1.0,1.0,1.0,0,0.0\n',
          "D,1,1.0,1.0,1.0,0,0.0\r\n",
          "D,1,1.0,1.0,1.0,0,0.0",
          ",1,1.0,1.0,1.0,0,0.0\n",
        ),
        { maxLength: 5 },
      )
      .map((lines) => lines.join(""));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("", GOLD_HEADER, `\ufeff${GOLD_HEADER}`), text, async (header, body) => {
        const storage = createMemoryStorage();
        await put(storage, "gold/a.csv", header + body);
        const read = async (size: number) => {
          const rows: object[] = [];
          try {
            await readGoldRows(storage, { key: "gold/a.csv", size }, (row) => rows.push(row));
            return { rows };
          } catch (error) {
            return { error: (error as Error).message };
          }
        };
        expect(await read(1)).toEqual(await read(Number.POSITIVE_INFINITY));
      }),
      { numRuns: 300 },
    );
  });

  it("finds the batches that a sync would bring into the table or take from it, whatever came before", async () => {
    let [waiting, leaving] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        const storage = createMemoryStorage();
        const monitor = createMonitor({ storage, failures: null, now: () => 1000 });
        const csv = `timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n`;
        for (const path of ["a.csv", "b.csv", "y=1/c.csv"] as const) await take(storage, { does: "upload", path, csv });
        await syncReadings(syncContext(storage));
        for (const one of steps) {
          await take(storage, one);
          const { batches, gone } = await planSync(storage, 1000, () => {});
          const { table } = await monitor.refresh();
          expect(table?.lag).toMatchObject({ batches: batches.length + gone.length, complete: true });
          waiting += batches.length;
          leaving += gone.length;
        }
      }),
      { numRuns: 40 },
    );
    expect(Math.min(waiting, leaving)).toBeGreaterThan(3);
  });
});
