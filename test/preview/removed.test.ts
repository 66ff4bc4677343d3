import { expect, it } from "vitest";
import { readableContract } from "../../src/contracts/readable.ts";
import { run } from "../../src/engine/run.ts";
import { claimKey, contractKey } from "../../src/ledger/sources.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { previewLake } from "../../src/preview/preview.ts";
import { summarizePreview } from "../../src/preview/summary.ts";
import { createLake, put } from "../pipeline/lake.ts";

const CONTRACT = JSON.stringify({ version: 1, name: "a", prefix: "bronze/a/", format: { type: "csv" } });
const ROWS = "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n";

it("what was made before its contract was removed does not appear anew in a plan that brings it back", async () => {
  const context = createLake();
  const { storage } = context;
  await put(storage, contractKey("a"), CONTRACT);
  await put(storage, "bronze/a/made.csv", ROWS);
  await run(context, { concurrency: 1 });
  await put(storage, claimKey("a"), CONTRACT);
  await storage.remove(contractKey("a"));
  await put(storage, "bronze/a/waits.csv", ROWS.replace(",A,", ",B,"));
  const proposed = [await readableContract(CONTRACT, "a.json")];
  const rules = { before: DEFAULT_SETTINGS, after: DEFAULT_SETTINGS, proposed };
  const preview = await previewLake({ storage, ...rules, limit: 5, concurrency: 1 });
  const { again, appear, moves } = await summarizePreview(storage, preview, 5);
  expect([again, appear]).toEqual([["bronze/a/waits.csv"], ["B"]]);
  expect(moves.map(({ from, to, readings }) => [from.name, to.name, readings])).toEqual([["none", "silver", 1]]);
});
