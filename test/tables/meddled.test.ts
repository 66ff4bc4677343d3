import { describe, expect, it } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { commit } from "../../src/tables/delta/commit.ts";
import { readCommit } from "../../src/tables/delta/snapshot.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { csv, lakeOf, snapshotOf, sync } from "./few.ts";
import { rowsOfLayers, rowsOfTable, runAll, TABLE } from "./table.ts";

const DAY = 86_400_000;

describe("a table that is not as this left it", () => {
  it("was put back to an older version: what came since is brought again, and nothing twice", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9) });
    await sync(storage);
    await put(storage, "bronze/a.csv", csv(2));
    await put(storage, "bronze/b.csv", csv(3));
    await runAll(storage);
    const old = await snapshotOf(storage);
    await sync(storage);
    await storage.remove(`${TABLE}_delta_log/${"2".padStart(20, "0")}.json`);
    expect((await snapshotOf(storage)).version).toBe(old.version);
    await sync(storage);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("is gone: it is made anew", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(3) });
    await sync(storage);
    for (const key of await keysOf(storage, TABLE)) await storage.remove(key);
    expect(await sync(storage)).toMatchObject({ version: 1, batches: 2 });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("has lost all that is known of it: receipts and how far they were", async () => {
    for (const lost of [["receipts/"], ["state/"], ["receipts/vantageflow-tables/", "state/"]]) {
      const storage = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(3) });
      await sync(storage);
      for (const prefix of lost) for (const key of await keysOf(storage, prefix)) await storage.remove(key);
      await sync(storage);
      expect([lost, await rowsOfTable(storage)]).toEqual([lost, await rowsOfLayers(storage)]);
    }
  });

  it("has lost receipts of batches beside one that is refused, or one after the other", async () => {
    const forget = async (storage: LakeStorage, path: string) => {
      for (const key of await keysOf(storage, `receipts/vantageflow-tables/${path}/`)) await storage.remove(key);
    };
    const refused = await lakeOf({ "bronze/a.csv": csv(1, 9), "silver/hand.csv": `${csv(1)}x,A,1,C,0.1\n` });
    await sync(refused);
    await forget(refused, "a.csv");
    await sync(refused);
    expect(await rowsOfTable(refused)).toHaveLength(2);

    const expired = await lakeOf({ "bronze/a.csv": csv(1, 9), "bronze/b.csv": csv(3) });
    await sync(expired);
    for (const layer of ["silver", "anomalies"]) await expired.remove(`${layer}/a.csv`);
    const later = { now: () => 61 * DAY };
    for (const path of ["a.csv", "b.csv"]) {
      await forget(expired, path);
      await sync(expired, later);
      expect([path, (await rowsOfTable(expired)).length]).toEqual([path, 3]);
    }
  });

  it("has a commit of another program: it is honoured", async () => {
    const storage = await lakeOf({
      "bronze/a.csv": csv(1),
      "bronze/b.csv": csv(2).replace("2025-01-01", "2025-01-02"),
    });
    await sync(storage);
    const [[, add]] = [...(await snapshotOf(storage)).files].filter(([path]) => path.includes("2025-01-02"));
    const remove = { path: add.path, deletionTimestamp: 1, dataChange: true };
    await commit(storage, TABLE, 2, [{ commitInfo: { operation: "DELETE" } }, { remove }]);
    await put(storage, "bronze/c.csv", csv(5));
    await runAll(storage);
    expect(await sync(storage)).toMatchObject({ version: 3, batches: 1 });
    const batches = (await rowsOfTable(storage)).map((row) => JSON.parse(row).batch);
    expect(batches).toEqual(["a.csv", "c.csv"]);
  });

  it("gets a commit of another program just before its own: theirs stays, and is understood or stops it", async () => {
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors"] };
    for (const [theirs, ends] of [
      [{ txn: { appId: "theirs", version: 1 } }, "version 3"],
      [{ protocol }, "table_unsupported"],
    ] as const) {
      const storage = await lakeOf({ "bronze/a.csv": csv(1) });
      await sync(storage);
      await put(storage, "bronze/b.csv", csv(2));
      await runAll(storage);
      const rows = await rowsOfTable(storage);
      const key = `${TABLE}_delta_log/${"2".padStart(20, "0")}.json`;
      const overtaken: LakeStorage = {
        ...storage,
        async create(name, options) {
          if (name === key) await commit(storage, TABLE, 2, [theirs]);
          return storage.create(name, options);
        },
      };
      const ended = await sync(overtaken).then(
        ({ version }) => `version ${version}`,
        ({ code }) => code,
      );
      expect([ended, await readCommit(storage, TABLE, 2)]).toEqual([ends, [theirs]]);
      const data = (await keysOf(storage, `${TABLE}date=`)).length;
      if (ends === "version 3") expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
      // What the sync had written for its own commit is gone again.
      else expect([rows.length, data]).toEqual([1, 1]);
    }
  });

  it("is of other columns, partitions or a newer protocol: the sync stops with a word and changes nothing", async () => {
    const storage = await lakeOf({ "bronze/a.csv": csv(1) });
    await sync(storage);
    const { metadata } = await snapshotOf(storage);
    const changes = [
      [{ metaData: { ...metadata, partitionColumns: [] } }, /it is partitioned by ""/],
      [
        { metaData: { ...metadata, schemaString: metadata.schemaString.replace('"double"', '"float"') } },
        /its column "value" is "\\"float\\""/,
      ],
      [{ metaData: { ...metadata, schemaString: "{}" } }, /its schema is none/],
      [{ protocol: { minReaderVersion: 2, minWriterVersion: 5 } }, /reader version 2 and writer version 5/],
    ] as const;
    await put(storage, "bronze/b.csv", csv(2));
    await runAll(storage);
    for (const [action, message] of changes) {
      await commit(storage, TABLE, 2, [action]);
      const before = await keysOf(storage);
      await expect(sync(storage)).rejects.toMatchObject({
        code: "table_unsupported",
        message: expect.stringMatching(message),
      });
      expect(await keysOf(storage)).toEqual(before);
      await storage.remove(`${TABLE}_delta_log/${"2".padStart(20, "0")}.json`);
    }
    expect(await sync(storage)).toMatchObject({ version: 2, batches: 1 });
  });
});
