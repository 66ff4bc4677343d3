import { expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { commitKey } from "../../src/tables/delta/names.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { rewindReadings } from "../../src/tables/readings/rewind.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { bytesOf, keysOf, put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext, TABLE } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";

/** A lake whose table has a version for each of so many batches, and what its newest versions' files are. */
async function lakeOf(batches: number) {
  const storage = createMemoryStorage();
  const context = syncContext(storage);
  const files: string[][] = [];
  for (let i = 0; i < batches; i++) {
    const before = new Set(await keysOf(storage, TABLE));
    await put(storage, `bronze/b${i}.csv`, `${HEADER}2025-01-0${1 + (i % 9)}T00:00:00Z,D,${i},C,0.1\n`);
    await runAll(storage);
    await syncReadings(context);
    files.push((await keysOf(storage, TABLE)).filter((key) => !before.has(key) && key.endsWith(".parquet")));
  }
  return { storage, context, files };
}

async function copyWithout(from: LakeStorage, lost: readonly string[]): Promise<LakeStorage> {
  const to = createMemoryStorage();
  for (const key of await keysOf(from))
    if (!lost.includes(key)) await put(to, key, (await bytesOf(from, key)) as Buffer);
  return to;
}

it("a table of which not all has arrived goes back to its newest whole version, and what came since comes again, once", async () => {
  const { storage, files } = await lakeOf(6);
  const newest = (await readSnapshot(storage, TABLE))?.version ?? 0;
  const losses: Record<string, { lost: readonly string[]; to: number }> = {
    "a data file": { lost: files[4], to: newest - 2 },
    "a commit in the middle": { lost: [commitKey(TABLE, newest - 1)], to: newest - 2 },
    "the newest commits, whose receipts have come": {
      lost: [commitKey(TABLE, newest), commitKey(TABLE, newest - 1)],
      to: newest - 2,
    },
    "receipts, and how far they were": {
      lost: (await keysOf(storage)).filter((key) => /^(receipts\/vantageflow-tables|state)\//.test(key)),
      to: newest,
    },
    nothing: { lost: [], to: newest },
  };
  for (const [name, { lost, to }] of Object.entries(losses)) {
    const replica = await copyWithout(storage, lost);
    const context = syncContext(replica);
    expect(await rewindReadings(context), name).toMatchObject({ to });
    await syncReadings(context);
    expect(await rowsOfTable(replica), name).toEqual(await rowsOfLayers(replica));
  }
});

it("of twenty versions and more it takes the checkpoint for those before it", async () => {
  const { storage, files } = await lakeOf(24);
  const newest = (await readSnapshot(storage, TABLE))?.version ?? 0;
  const replica = await copyWithout(storage, [files[23][0], commitKey(TABLE, 3)]);
  expect(await rewindReadings(syncContext(replica))).toEqual({ from: newest, to: newest - 1 });
  await syncReadings(syncContext(replica));
  expect(await rowsOfTable(replica)).toEqual(await rowsOfLayers(replica));
});

it("where no version is whole it says so and changes nothing; where there is no table it does nothing", async () => {
  const { storage } = await lakeOf(2);
  const replica = await copyWithout(storage, [commitKey(TABLE, 0)]);
  const before = await keysOf(replica);
  await expect(rewindReadings(syncContext(replica))).rejects.toThrow(
    /no version of it is whole.*tables sync --rebuild/,
  );
  expect(await keysOf(replica)).toEqual(before);
  expect(await rewindReadings(syncContext(createMemoryStorage()))).toBeNull();
});
