import { expect, it } from "vitest";
import { readDetections } from "../../src/tables/detections/read.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { topology } from "../../src/topology.ts";
import { put } from "../pipeline/lake.ts";
import { csvOf, detectionsOf } from "../tables/detections.ts";
import { rowsOfTable, syncContext } from "../tables/table.ts";
import { answerOf, startBucketLake } from "./bucket-lake.ts";
import { startFunction } from "./function.ts";

it("the function that the clock starts keeps the detections, by the setting of its environment", async () => {
  const { server, lake, storage } = await startBucketLake();
  const detect = await startFunction(topology.functions.detect.name, server, {
    VANTAGEFLOW_LAKE: lake,
    VANTAGEFLOW_DETECT_ONE_IN: "1h",
  });
  const invoke = () => answerOf(detect);
  expect(await invoke()).toBe(null);
  await put(storage, "silver/a.csv", csvOf({ device: "A", hour: 0, readings: 400, seed: 1 }));
  await syncReadings({ ...syncContext(storage), now: Date.now });
  expect(await invoke()).toEqual({ version: 0, readings: 1, isWhole: true });
  expect(await invoke()).toEqual({ version: 0, readings: 1, isWhole: true });
  const { rows } = (await readDetections(storage)) ?? { rows: [] };
  expect(rows).toEqual(detectionsOf(await rowsOfTable(storage)));
  expect(rows.length).toBeGreaterThan(0);
});
