import { expect } from "vitest";
import { type ReadableContract, readableContract } from "../../src/contracts/readable.ts";
import { run } from "../../src/engine/run.ts";
import { GOLD, outputKeys } from "../../src/ledger/layers.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { DEFAULT_SETTINGS, type PipelineSettings } from "../../src/pipeline/settings.ts";
import { FATES, fateOf } from "../../src/preview/fates.ts";
import { type LakePreview, previewLake } from "../../src/preview/preview.ts";
import { summarizePreview } from "../../src/preview/summary.ts";
import { readGold } from "../../src/report/gold.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

/** Texts by key. */
export type Files = Readonly<Record<string, string>>;

/** Readings by state on one side of a plan. */
function statesOf({ batches }: LakePreview, side: "before" | "after"): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { matching, [side]: outcome } of batches) {
    if (outcome === null || outcome.refused !== null) continue;
    matching.pairs.forEach((readings, pair) => {
      const { name, reason = "" } = fateOf(side === "before" ? Math.floor(pair / FATES) : pair % FATES);
      const key = `${name} ${reason}`.trim();
      if (readings > 0 && name !== "none" && name !== "absent") counts[key] = (counts[key] ?? 0) + readings;
    });
  }
  return counts;
}

/** The same of what lies in a lake. */
async function laidOut(storage: LakeStorage, keys: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (name: string, count: number) => {
    if (count > 0) counts[name] = (counts[name] ?? 0) + count;
  };
  for (const key of keys) {
    const { silver, anomalies, rejects } = outputKeys(key);
    const rows = async (one: string) => ((await textOf(storage, one)) ?? "\n").trimEnd().split("\n").slice(1);
    add("silver", (await rows(silver)).length);
    add("anomalies", (await rows(anomalies)).length);
    for (const row of await rows(rejects)) add(`rejects ${row.split(",")[3]}`, 1);
  }
  return counts;
}

/** A lake with these files in bronze, by key, as a run makes it. */
async function reprocessed(files: Files, settings: PipelineSettings, one: ReadableContract | null) {
  const context = createLake(settings);
  if (one !== null) await put(context.storage, contractKey(one.contract.name), one.text);
  for (const [key, text] of Object.entries(files)) await put(context.storage, key, text);
  await run(context, { concurrency: 2, reprocess: "" });
  return context.storage;
}

/** What a plan says of contract `b` beside `a`, null for none, is what applying it and reprocessing then does. */
export async function expectAgreement(
  files: Files,
  [a, b]: readonly [object | null, object | null],
  [low, high]: readonly [number, number],
): Promise<void> {
  const readable = async (one: object | null) =>
    one === null ? null : readableContract(JSON.stringify(one), "test.json");
  const [inForce, proposed] = [await readable(a), (await readable(b)) ?? (await readable(a))];
  const keys = Object.keys(files);
  const [before, after] = [low, high].map((anomalyThreshold) => ({ ...DEFAULT_SETTINGS, anomalyThreshold }));
  const storage = await reprocessed(files, before, inForce);
  const seen = await keysOf(storage);
  const preview = await previewLake({
    ...{ storage, before, after, limit: 5, concurrency: 2 },
    proposed: proposed === null ? [] : [proposed],
  });
  expect(await keysOf(storage)).toEqual(seen);
  const read = preview.batches.map(({ object }) => object.key);
  expect(statesOf(preview, "before")).toEqual(await laidOut(storage, read));
  const then = await reprocessed(files, after, proposed);
  expect(statesOf(preview, "after")).toEqual(await laidOut(then, read));
  // What the plan did not read is the same on both sides.
  for (const key of keys.filter((one) => !read.includes(one)).flatMap((one) => Object.values(outputKeys(one)))) {
    expect(await textOf(then, key)).toBe(await textOf(storage, key));
  }
  const { devices, again } = await summarizePreview(storage, preview, 5);
  const whole = await Promise.all([readGold(storage, {}), readGold(then, {})]);
  for (const { device_id, before: x, after: y } of devices) {
    const [p, q] = whole.map((report) => report.devices.find((one) => one.device_id === device_id));
    expect([x?.readings, x?.average, x?.anomalies]).toEqual([p?.total_readings, p?.avg_value, p?.anomaly_count]);
    expect([y?.readings, y?.minimum, y?.maximum]).toEqual([q?.total_readings, q?.min_value, q?.max_value]);
  }
  for (const key of read) {
    const { silver, anomalies, rejects } = outputKeys(key);
    const texts = await Promise.all(
      [silver, anomalies, rejects].map(async (one) => [await textOf(storage, one), await textOf(then, one)]),
    );
    const isOther = texts.some(([x, y]) => x !== y);
    if (isOther) expect([key, again.includes(key)]).toEqual([key, true]);
  }
  expect((await keysOf(then, GOLD)).length).toBeLessThanOrEqual(keys.length);
}
