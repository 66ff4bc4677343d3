import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf } from "../pipeline/lake.ts";
import { startBucketLake } from "../s3/lake.ts";
import { agingStep, holdsThrough } from "./model.ts";
import { type Step, step, take } from "./steps.ts";
import { hashOf, rowsOfLayers, rowsOfTable, syncContext } from "./table.ts";

/** Whatever becomes of batches, the table has the rows of silver and anomalies, each once. */

async function holdsAfter(storage: LakeStorage, steps: readonly Step[]): Promise<void> {
  for (const one of steps) await take(storage, one);
  await syncReadings(syncContext(storage));
  const [table, layers] = [await rowsOfTable(storage), await rowsOfLayers(storage)];
  expect(table).toEqual(layers);
  expect([table.length, hashOf(table)]).toEqual([layers.length, hashOf(layers)]);
  const before = await keysOf(storage);
  const again = await syncReadings(syncContext(storage));
  expect([again.commits, again.batches, again.renewed]).toEqual([0, 0, 0]);
  expect(await keysOf(storage)).toEqual(before);
}

/** `TABLE_HISTORIES=1000` takes some minutes. */
const HISTORIES = Number(process.env.TABLE_HISTORIES ?? 60);

describe("the table after a history of uploads, overwrites, reprocessing, removals, expiry, merges and lost receipts", () => {
  it(`has each row once at any time, and versions of the last 7 days keep theirs, in ${HISTORIES} histories`, async () => {
    const history = fc.oneof(
      fc.array(agingStep, { minLength: 1, maxLength: 14 }),
      fc.array(agingStep, { minLength: 25, maxLength: 45 }),
    );
    await fc.assert(fc.asyncProperty(history, holdsThrough), { numRuns: HISTORIES });
  });

  it("has the rows of silver and anomalies in a bucket, where the same bytes have the same token", async () => {
    const history = fc.array(step, { minLength: 4, maxLength: 10 });
    for (const steps of fc.sample(history, 6)) {
      const { storage } = await startBucketLake();
      await holdsAfter(storage, steps);
    }
  });
});
