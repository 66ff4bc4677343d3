import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { folder } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { hasDeltaRs, readByDeltaRs } from "./delta-rs.ts";
import { step, take } from "./steps.ts";
import { rowsOfLayers, syncContext, TABLE } from "./table.ts";

/** Tables of this read by other people's readers. */

const now = () => 1_764_000_000_000;

describe.skipIf(!hasDeltaRs)("delta-rs and polars", () => {
  it("read of a table the rows of the CSV layers, after whatever history", async () => {
    // Others each time; who fails says which, so that it can be run again.
    const seed = Date.now() % 2 ** 31;
    const histories = fc.sample(fc.array(step, { minLength: 3, maxLength: 12 }), { numRuns: 12, seed });
    const lakes: { root: string; rows: string[]; version: number }[] = [];
    for (const steps of histories) {
      const root = folder();
      const storage = createLocalStorage({ root });
      await put(
        storage,
        "silver/first.csv",
        "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0\n",
      );
      for (const one of steps) await take(storage, one, now);
      await syncReadings({ ...syncContext(storage), now });
      const { version } = (await readSnapshot(storage, TABLE))!;
      lakes.push({ root, version, rows: await rowsOfLayers(storage) });
      await storage.close();
    }
    for (const [i, read] of readByDeltaRs(lakes.map(({ root }) => `${root}/${TABLE}`)).entries()) {
      const { version, rows } = lakes[i];
      expect(read, `history ${i} of seed ${seed}`).toEqual({ version, count: rows.length, arrow: rows, polars: rows });
    }
  });

  it("read a table that has checkpoints, and one whose commits before them are gone", async () => {
    const root = folder();
    const storage = createLocalStorage({ root });
    for (let version = 1; version <= 22; version++) {
      await put(
        storage,
        `silver/${version % 5}.csv`,
        `timestamp,device_id,value,unit,anomaly_score\n2025-01-0${1 + (version % 3)}T00:00:00Z,A,${version},C,0\n`,
      );
      await syncReadings({ ...syncContext(storage), now });
    }
    const rows = await rowsOfLayers(storage);
    expect(readByDeltaRs([`${root}/${TABLE}`])).toEqual([{ version: 22, count: 5, arrow: rows, polars: rows }]);
    for (let version = 0; version < 19; version++) {
      await storage.remove(`${TABLE}_delta_log/${String(version).padStart(20, "0")}.json`);
    }
    expect(readByDeltaRs([`${root}/${TABLE}`])).toEqual([{ version: 22, count: 5, arrow: rows, polars: rows }]);
    await storage.close();
  });
});
