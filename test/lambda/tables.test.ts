import { expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable } from "../tables/table.ts";
import { answerOf, startBucketLake } from "./bucket-lake.ts";
import { startFunction } from "./function.ts";

it("the function that the clock starts keeps the table, and each run finds what the one before left", async () => {
  const { server, lake, storage } = await startBucketLake();
  await put(storage, "silver/a.csv", HEADER + ROW + ODD);
  const tables = await startFunction(topology.functions.tables.name, server, { VANTAGEFLOW_LAKE: lake });
  const invoke = () => answerOf(tables);
  expect(await invoke()).toEqual({ version: 1, batches: 1, rows: 2 });
  expect(await invoke()).toEqual({ version: 1, batches: 0, rows: 0 });
  await put(storage, "silver/a.csv", HEADER + ROW);
  expect(await invoke()).toEqual({ version: 2, batches: 1, rows: 1 });
  expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
});
