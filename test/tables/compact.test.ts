import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../src/storage/keys.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { commitInfoOf } from "../../src/tables/delta/actions.ts";
import { commit } from "../../src/tables/delta/commit.ts";
import { readCommit, readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { encodeRowGroup } from "../../src/tables/parquet/encode.ts";
import { openParquet } from "../../src/tables/parquet/read.ts";
import { createParquetWriter } from "../../src/tables/parquet/write.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { keepReadings } from "../../src/tables/readings/keep.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable, syncContext, TABLE } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const snapshotOf = async (storage: LakeStorage) => (await readSnapshot(storage, TABLE))!;

/** A table with a commit, and so a file, for each of these batches. */
async function tableOf(...batches: string[]): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [i, lines] of batches.entries()) {
    const isWhole = lines.startsWith("timestamp");
    await put(storage, `silver/${String(i).padStart(3, "0")}.csv`, isWhole ? lines : `${HEADER}\n${lines}`);
    await syncReadings(syncContext(storage));
  }
  return storage;
}

/** Device and time of the rows of each file, as they stand there. */
async function orderIn(storage: LakeStorage): Promise<[device: string, time: bigint][][]> {
  const files: [string, bigint][][] = [];
  for (const [path, { size }] of (await snapshotOf(storage)).files) {
    const file = await openParquet(storage, `${TABLE}${path}`, size);
    const rows: [string, bigint][] = [];
    for (const group of file.groups) {
      const devices = (await file.read("device_id", group)) as ArrayLike<string>;
      const times = (await file.read("timestamp", group)) as ArrayLike<bigint>;
      for (let i = 0; i < devices.length; i++) rows.push([devices[i], times[i]]);
    }
    files.push(rows);
  }
  return files;
}

function lines(start: number, count: number, device: (i: number) => string, day = "2025-01-01"): string {
  const time = (i: number) => new Date(Date.parse(`${day}T00:00:00Z`) + ((start + i) % 86_400) * 1000).toISOString();
  return Array.from({ length: count }, (_, i) => `${time(i)},${device(i)},${i},C,0.1\n`).join("");
}

describe("merging the small files of a table", () => {
  it("makes one sorted file of a day's, in one commit that changes no data", async () => {
    const storage = await tableOf(
      lines(5, 9, (i) => "b\u{1f600}a\uffee"[i % 5] ?? "c"),
      lines(0, 9, (i) => "acb"[i % 3]),
      lines(3, 4, () => "b", "2025-01-02"),
    );
    const before = await rowsOfTable(storage);
    const result = await compactReadings(syncContext(storage));
    expect(result).toMatchObject({ version: 4, commits: 1, removed: 2, files: 1, rows: 18 });
    expect(await rowsOfTable(storage)).toEqual(before);
    const actions = await readCommit(storage, TABLE, 4);
    expect(commitInfoOf(actions)).toMatchObject({ operation: "OPTIMIZE", isBlindAppend: false });
    const changed = actions.flatMap(({ add, remove }) => add?.dataChange ?? remove?.dataChange ?? []);
    expect(changed).toEqual([false, false, false]);
    for (const rows of await orderIn(storage)) {
      const sorted = rows.toSorted((a, b) => compareKeys(a[0], b[0]) || Number(a[1] - b[1]));
      expect(rows).toEqual(sorted);
    }
    expect(await compactReadings(syncContext(storage))).toMatchObject({ version: 4, commits: 0 });
    expect((await syncReadings(syncContext(storage))).commits).toBe(0);
  });

  it("writes the statistics that the rows have, and nulls where a file has no such column", async () => {
    const storage = await tableOf(
      `${HEADER},note\n2025-01-01T00:00:00.0005Z,é,-1.5,C,0.1,x\n2025-01-01T00:00:02Z,a,3,,0.2,\n`,
      `2025-01-01T00:00:01Z,z,2,K,0.9\n`,
    );
    await compactReadings(syncContext(storage));
    const [[, { stats }]] = [...(await snapshotOf(storage)).files];
    const batch = ["000.csv", "001.csv"];
    expect(JSON.parse(stats ?? "")).toEqual({
      numRecords: 3,
      minValues: {
        ...{ timestamp: "2025-01-01T00:00:00.000Z", nanos: 0, device_id: "a", value: -1.5, unit: "" },
        ...{ anomaly_score: 0.1, batch: batch[0], note: "" },
      },
      maxValues: {
        ...{ timestamp: "2025-01-01T00:00:02.000Z", nanos: 500_000, device_id: "é", value: 3, unit: "K" },
        ...{ anomaly_score: 0.9, batch: batch[1], note: "x" },
      },
      nullCount: {
        ...{ timestamp: 0, nanos: 0, device_id: 0, value: 0, unit: 0, anomaly_score: 0, anomaly: 0, batch: 0, note: 1 },
      },
    });
  });

  it("merges in several steps what does not fit into memory at once", async () => {
    const many = Array.from({ length: 9 }, (_, n) => lines(n * 7, 20, (i) => "abc"[(i + n) % 3]));
    const storage = await tableOf(...many);
    const before = await rowsOfTable(storage);
    const result = await compactReadings(syncContext(storage), { memoryBytes: 1 });
    // 9 files become 5, 3, 2 and 1.
    expect(result).toMatchObject({ commits: 4, removed: 8 + 4 + 2 + 2, files: 4 + 2 + 1 + 1 });
    expect((await snapshotOf(storage)).files.size).toBe(1);
    expect(await rowsOfTable(storage)).toEqual(before);
  });

  it("keeps many row groups in order, of devices that mix, and cuts files at their size", async () => {
    const storage = await tableOf(
      lines(0, 130_000, (i) => `d${i % 7}`),
      lines(40_000, 130_000, (i) => `d${i % 5}`),
    );
    const sizes = [...(await snapshotOf(storage)).files.values()].map(({ size }) => size);
    const target = Math.max(...sizes);
    await compactReadings(syncContext(storage), { smallBytes: target + 1, targetBytes: target });
    const { files } = await snapshotOf(storage);
    expect(files.size).toBe(2);
    const all = (await orderIn(storage)).toSorted((a, b) => compareKeys(a[0][0], b[0][0]));
    const rows = all.flat();
    const wrong = rows.findIndex(([device, time], i) => {
      const [other, earlier] = rows[i - 1] ?? ["", 0n];
      return compareKeys(other, device) > 0 || (other === device && earlier > time);
    });
    expect([rows.length, wrong]).toEqual([260_000, -1]);
  }, 60_000);

  it("has the rows of any batches, whatever the steps", async () => {
    const part = fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 8 }), fc.constantFrom("a", "b", "\u{10000}", "\uffff"));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), fc.nat(3000), async (parts, memoryBytes) => {
        const storage = await tableOf(
          ...parts.map(([start, count, device]) => lines(start, count, (i) => (i % 2 ? device : "b"))),
        );
        await compactReadings(syncContext(storage), { memoryBytes });
        expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
      }),
      { numRuns: 40 },
    );
  });

  it("is what keeping the table does once a day has more than sixteen small files", async () => {
    const storage = await tableOf(...Array.from({ length: 16 }, (_, n) => lines(n, 2, () => "a")));
    expect((await keepReadings(syncContext(storage))).compacted).toBeNull();
    await put(storage, "silver/more.csv", `${HEADER}\n${lines(99, 1, () => "a")}`);
    expect(await keepReadings(syncContext(storage))).toMatchObject({
      version: 18,
      commits: 1,
      compacted: { removed: 17, files: 1 },
    });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("leaves a file as it is that another program wrote and no file of this table could hold", async () => {
    const storage = await tableOf(
      lines(0, 1, () => "a"),
      lines(1, 1, () => "a"),
    );
    const out = await storage.create(`${TABLE}date=2025-01-01/theirs.parquet`);
    const columns = [{ name: "device_id", type: "string" }] as const;
    const theirs = createParquetWriter(out, columns);
    await theirs.add(encodeRowGroup(columns, [{ texts: ["a"], numbers: Int32Array.of(0) }]));
    await theirs.finish();
    const { size } = await out.commit();
    const path = "date=2025-01-01/theirs.parquet";
    const add = { path, partitionValues: { date: "2025-01-01" }, size, modificationTime: 1, dataChange: true };
    await commit(storage, TABLE, 3, [{ commitInfo: { operation: "WRITE" } }, { add }]);
    const left: string[] = [];
    const result = await compactReadings(syncContext(storage), { onLeft: (message) => left.push(message) });
    expect(result).toMatchObject({ removed: 2, files: 1, version: 4 });
    expect(left).toEqual([`"${path}" stays as it is: it has no column "timestamp"`]);
  });

  it("of no table is nothing", async () => {
    expect(await compactReadings(syncContext(createMemoryStorage()))).toMatchObject({ version: null, commits: 0 });
  });
});
