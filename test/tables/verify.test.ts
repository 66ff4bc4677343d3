import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays } from "../../src/tables/readings/expire.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { verifyReadings } from "../../src/tables/readings/verify.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { syncContext, TABLE } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day = 1) =>
  `${HEADER}\n2025-01-0${day}T00:00:00Z,A,${value},C,0.1\n2025-01-0${day}T00:00:01Z,B,${value},C,0.1\n`;

async function tableOf(): Promise<{ storage: LakeStorage; keys: string[] }> {
  const storage = createMemoryStorage();
  for (const day of [1, 2]) {
    await put(storage, `silver/${day}.csv`, csv(day, day));
    await syncReadings(syncContext(storage));
  }
  const keys = [...(await readSnapshot(storage, TABLE))!.files.keys()].sort().map((path) => `${TABLE}${path}`);
  return { storage, keys };
}
const verify = (storage: LakeStorage) => verifyReadings(storage);

describe("verifying the table", () => {
  it("finds a table intact that a sync, a merge and the expiry of days have left", async () => {
    const { storage } = await tableOf();
    expect(await verify(storage)).toEqual({ version: 2, files: 2, rows: 4, findings: [], complete: true });
    await put(storage, "silver/more.csv", csv(3, 1));
    await syncReadings(syncContext(storage));
    await compactReadings(syncContext(storage));
    expect(await verify(storage)).toMatchObject({ rows: 6, findings: [] });
    await dropOldDays(syncContext(storage), Date.UTC(2025, 0, 2) + 400 * 86_400_000);
    expect(await verify(storage)).toMatchObject({ rows: 2, findings: [] });
  });

  it("of a lake without one is nothing", async () => {
    expect(await verify(createMemoryStorage())).toBeNull();
  });

  it("tells of one that was put back, or taken away, by what its receipts know, until a sync has mended it", async () => {
    const { storage } = await tableOf();
    const newest = `${TABLE}_delta_log/${"2".padStart(20, "0")}.json`;
    await storage.remove(newest);
    const [finding, ...others] = (await verify(storage))!.findings;
    expect([finding, others]).toEqual([
      {
        key: TABLE,
        state: "changed",
        why: expect.stringMatching(/^it has version 1, and receipts know of a later one/),
      },
      [],
    ]);
    await syncReadings(syncContext(storage));
    expect(await verify(storage)).toMatchObject({ rows: 4, findings: [] });
    for (const key of await keysOf(storage, TABLE)) await storage.remove(key);
    expect(await verify(storage)).toMatchObject({ version: null, findings: [{ key: TABLE, state: "missing" }] });
    await syncReadings(syncContext(storage));
    expect(await verify(storage)).toMatchObject({ rows: 4, findings: [] });
  });

  it("names a file that is missing, cut off or damaged inside, and loses nothing", async () => {
    const { storage, keys } = await tableOf();
    const whole = Buffer.from((await bytesOf(storage, keys[0]))!);
    const broken = Buffer.from(whole).fill(0xff, 4, 60);
    const before = await keysOf(storage);
    for (const [bytes, why] of [
      [whole.subarray(0, 100), /^it has 100 bytes, and the log says \d+$/],
      [broken, /it is no whole Parquet file/],
    ] as const) {
      await put(storage, keys[0], bytes);
      const { findings } = (await verify(storage))!;
      expect(findings).toEqual([{ key: keys[0], state: "changed", why: expect.stringMatching(why) }]);
      expect(await keysOf(storage)).toEqual(before);
    }
    await storage.remove(keys[0]);
    expect((await verify(storage))?.findings).toEqual([
      { key: keys[0], state: "missing", why: "the log of the table names it" },
    ]);
  });

  it("names a batch of which there are other rows than its receipt says, and a log that cannot be read", async () => {
    const { storage } = await tableOf();
    const [receipt] = await keysOf(storage, "receipts/vantageflow-tables/1.csv/");
    await put(storage, receipt, (await textOf(storage, receipt))!.replace('"rows":2', '"rows":3'));
    expect((await verify(storage))?.findings).toEqual([
      { key: TABLE, state: "changed", why: "it has 2 rows of silver/1.csv, and its receipt says 3" },
    ]);
    const log = `${TABLE}_delta_log/${"1".padStart(20, "0")}.json`;
    await storage.remove(log);
    expect(await verify(storage)).toMatchObject({ version: null, findings: [{ key: log, state: "changed" }] });
  });
});
