import { afterAll, expect, it } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { readDetections } from "../../src/tables/detections/read.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { topology } from "../../src/topology.ts";
import { put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { csvOf, detectionsOf } from "../tables/detections.ts";
import { rowsOfTable, syncContext } from "../tables/table.ts";
import { startFunction } from "./function.ts";

const close: (() => unknown)[] = [];
afterAll(async () => {
  for (const one of close.toReversed()) await one();
});

it("the function that the clock starts keeps the detections, by the setting of its environment", async () => {
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const s3 = await startS3Server(credentials);
  const server = { name: "S3 test server", endpoint: s3.endpoint, ...credentials };
  const client = connect(server);
  close.push(
    () => s3.close(),
    () => client.destroy(),
  );
  const bucket = await makeBucket(client);
  const storage = createS3Storage({ client, bucket });
  const detect = await startFunction(topology.functions.detect.name, server, {
    VANTAGEFLOW_LAKE: `s3://${bucket}`,
    VANTAGEFLOW_DETECT_ONE_IN: "1h",
  });
  const invoke = async () => {
    const answer = await detect.invoke({});
    return "body" in answer ? answer.body : answer;
  };
  expect(await invoke()).toBe(null);
  await put(storage, "silver/a.csv", csvOf({ device: "A", hour: 0, readings: 400, seed: 1 }));
  await syncReadings({ ...syncContext(storage), now: Date.now });
  expect(await invoke()).toEqual({ version: 0, readings: 1, isWhole: true });
  expect(await invoke()).toEqual({ version: 0, readings: 1, isWhole: true });
  const { rows } = (await readDetections(storage)) ?? { rows: [] };
  expect(rows).toEqual(detectionsOf(await rowsOfTable(storage)));
  expect(rows.length).toBeGreaterThan(0);
});
