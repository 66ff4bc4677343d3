import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { commitInfoOf } from "../../src/tables/delta/actions.ts";
import { readCommit } from "../../src/tables/delta/snapshot.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { csv, HEADER, lakeOf, snapshotOf, sync } from "./few.ts";
import { rowsOfLayers, rowsOfTable, runAll, TABLE } from "./table.ts";

const DAY = 86_400_000;

describe("a sync", () => {
  it("brings many batches in one commit, and says in it which", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(2), "bronze/y=1/c.csv": csv(3, 8) });
    expect(await sync(storage)).toMatchObject({ version: 1, commits: 1, batches: 3, rows: 5, files: 1, replaced: 0 });
    const info = commitInfoOf(await readCommit(storage, TABLE, 1)) as { vantageflow: { synced: string[][] } };
    expect(info).toMatchObject({ operation: "WRITE", engineInfo: "vantageflow/test", isBlindAppend: true });
    expect(info.vantageflow.synced.map(([path]) => path)).toEqual(["a.csv", "b.csv", "y=1/c.csv"]);
    expect(await sync(storage)).toMatchObject({ version: 1, commits: 0, batches: 0 });
  });

  it("takes the older rows of a batch out in the commit that brings the newer", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(2) });
    await sync(storage);
    await put(storage, "bronze/a.csv", csv(3));
    await runAll(storage);
    expect(await sync(storage)).toMatchObject({ version: 2, commits: 1, batches: 1, rows: 1, replaced: 1, removed: 2 });
    const actions = await readCommit(storage, TABLE, 2);
    expect(actions.map((action) => Object.keys(action)[0])).toEqual(["commitInfo", "remove", "add"]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("touches no file that has no rows of what changes", async () => {
    const storage = await lakeOf({
      "bronze/a.csv": csv(1),
      "bronze/b.csv": csv(2).replace("2025-01-01", "2025-01-02"),
    });
    await sync(storage);
    const before = await snapshotOf(storage);
    await put(storage, "bronze/a.csv", csv(3));
    await runAll(storage);
    await sync(storage);
    const stays = [...before.files.keys()].filter((path) => path.includes("2025-01-02"));
    expect([...(await snapshotOf(storage)).files.keys()]).toEqual(expect.arrayContaining(stays));
  });

  it("sees that only the anomalies of a batch are others, where the same silver keeps its token", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9) });
    await sync(storage);
    const tokens = new Map<string, string>();
    const bucketLike: LakeStorage = {
      ...storage,
      async *list(prefix, options) {
        for await (const object of storage.list(prefix, options))
          yield { ...object, token: tokens.get(object.key) ?? object.token };
      },
    };
    tokens.set("silver/a.csv", (await storage.head("silver/a.csv"))!.token);
    await put(storage, "bronze/a.csv", csv(1, 8));
    await runAll(storage);
    expect(await sync(bucketLike)).toMatchObject({ batches: 1, replaced: 1 });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("writes nothing but receipts where all is made again and the same", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(2) });
    await sync(storage);
    await runAll(storage, 0.5, "");
    expect(await sync(storage)).toMatchObject({ version: 1, commits: 0, batches: 0, renewed: 2 });
    expect(await sync(storage)).toMatchObject({ version: 1, commits: 0, renewed: 0 });
  });

  it("keeps what expired, and takes out what was taken away", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1), "bronze/b.csv": csv(2) });
    await sync(storage);
    for (const layer of ["silver", "anomalies", "gold", "bronze"]) await storage.remove(`${layer}/a.csv`);
    expect(await sync(storage, { now: () => 61 * DAY })).toMatchObject({ commits: 0, gone: 0 });
    expect(await rowsOfTable(storage)).toHaveLength(2);
    expect(await sync(storage, { now: () => 59 * DAY })).toMatchObject({ commits: 1, gone: 1, removed: 1 });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
    expect(await keysOf(storage, "receipts/vantageflow-tables/a.csv/")).toEqual([]);
  });

  it("keeps the anomalies of a batch that expired before its silver", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9) });
    await sync(storage);
    const rows = await rowsOfTable(storage);
    await storage.remove("anomalies/a.csv");
    expect(await sync(storage)).toMatchObject({ commits: 0, batches: 0 });
    expect(await rowsOfTable(storage)).toEqual(rows);
  });

  it("has of silver whose anomalies expired before it was first seen what there is", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9) });
    await storage.remove("anomalies/a.csv");
    expect(await sync(storage)).toMatchObject({ batches: 1, rows: 1 });
  });

  it("refuses silver with an invalid row whole, says so once, and takes its older rows out", async () => {
    const storage = await lakeOf({ "silver/hand.csv": csv(1, 9) });
    expect(await sync(storage)).toMatchObject({ batches: 1, rows: 2 });
    await put(storage, "silver/hand.csv", `${csv(1)}x,A,1,C,0.1\n`);
    const { refused, ...rest } = await sync(storage);
    expect(refused).toEqual([{ path: "hand.csv", message: expect.stringContaining("line 3: timestamp is not") }]);
    expect(rest).toMatchObject({ batches: 0, gone: 1, removed: 2, commits: 1 });
    expect(await rowsOfTable(storage)).toEqual([]);
    expect(await sync(storage)).toMatchObject({ refused: [], commits: 0 });
    await put(storage, "silver/hand.csv", csv(4));
    expect(await sync(storage)).toMatchObject({ batches: 1, rows: 1 });
  });

  it("refuses silver whose last row is invalid however many rows were in files before, and takes the others in", async () => {
    const storage = createMemoryStorage();
    const row = "2025-01-01T00:00:00Z,A,1,C,0.1\n";
    await put(storage, "silver/a.csv", csv(1));
    await put(storage, "silver/large.csv", `${HEADER}\n${row.repeat(600_000)}x,A,1,C,0.1\n`);
    await put(storage, "silver/z.csv", csv(2));
    const refused = [{ path: "large.csv", message: expect.stringContaining("line 600002: timestamp is not") }];
    expect(await sync(storage)).toMatchObject({ batches: 2, rows: 2, commits: 1, refused });
    expect(await rowsOfTable(storage)).toHaveLength(2);
    expect(await keysOf(storage, "tables/readings/date=")).toHaveLength(1);
    expect(await sync(storage)).toMatchObject({ batches: 0, refused: [], commits: 0 });
  });

  it("leaves nothing of a refused batch in the rows of the next", async () => {
    const storage = createMemoryStorage();
    const row = "2025-01-01T00:00:00Z,A,1,C,0.1";
    await put(storage, "silver/a.csv", `${HEADER},site\n${row},north\n${row},north\nnone,A,1,C,0.1,north\n`);
    await put(storage, "silver/b.csv", `${HEADER}\n${row}\n`);
    expect(await sync(storage)).toMatchObject({ batches: 1, rows: 1, refused: [{ path: "a.csv" }] });
    expect((await rowsOfTable(storage)).map((text) => JSON.parse(text).more)).toEqual([[]]);
  });

  it("leaves a batch for the next time whose split is still writing", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9) });
    await put(storage, "anomalies/a.csv", csv(9));
    expect(await sync(storage)).toMatchObject({
      batches: 0,
      waiting: [{ path: "a.csv", message: expect.stringContaining("not of the same source") }],
    });
  });

  it("adds columns that sources carry, under names that no reader confuses", async () => {
    const more = (names: string) =>
      csv(1)
        .replace("score", `score,${names}`)
        .replace("0.1\n", `0.1${",x".repeat(names.split(",").length)}\n`);
    const storage = await lakeOf({ "bronze/a.csv": more("Value,site") });
    expect((await sync(storage)).columns).toEqual([
      { source: "Value", name: "Value_2" },
      { source: "site", name: "site" },
    ]);
    await put(storage, "bronze/b.csv", more("Site,date,a b=c"));
    await runAll(storage);
    expect((await sync(storage)).columns).toEqual([
      { source: "Site", name: "Site_2" },
      { source: "date", name: "date_2" },
      { source: "a b=c", name: "a_b_c" },
    ]);
    await put(storage, "bronze/c.csv", more("Value,a b=c"));
    await runAll(storage);
    expect((await sync(storage)).columns).toEqual([]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("writes a checkpoint every 20 commits", async () => {
    const storage = createMemoryStorage();
    for (let version = 1; version <= 41; version++) {
      await put(storage, `silver/${version}.csv`, csv(1));
      await sync(storage);
    }
    const checkpoints = (await keysOf(storage, TABLE)).filter((key) => key.includes("checkpoint.parquet"));
    expect(checkpoints.map((key) => Number(/(\d+)\.checkpoint/.exec(key)?.[1]))).toEqual([19, 39]);
    expect(await rowsOfTable(storage)).toHaveLength(41);
    const pointer = JSON.parse((await textOf(storage, `${TABLE}_delta_log/_last_checkpoint`)) ?? "");
    expect(pointer).toEqual({ version: 39, size: expect.any(Number) });
  });

  it("times its commits rising, whatever the clock says", async () => {
    const storage = createMemoryStorage();
    const times: unknown[] = [];
    for (const now of [1_000_000, 5, 6, 2_000_000.5]) {
      await put(storage, `silver/${now}.csv`, csv(1));
      const { version } = await sync(storage, { now: () => now });
      times.push(commitInfoOf(await readCommit(storage, TABLE, version)).timestamp);
    }
    expect(times).toEqual([1_000_001, 1_000_002, 1_000_003, 2_000_000]);
  });
});
