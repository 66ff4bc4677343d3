import { expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { eventRecord, SHARD_ID, sequenceOf } from "../streams/kinesis/event.ts";
import { startBucketLake } from "./bucket-lake.ts";
import { startFunction } from "./function.ts";

const FOLDER = `bronze/stream/line-1/${SHARD_ID}`;
const { name } = topology.functions.stream;
const reading = (device: string) => JSON.stringify({ device_id: device, value: 1 });

it("the function that a stream starts brings its records into bronze, each once, and says what could not be read", async () => {
  const { server, lake, storage } = await startBucketLake();
  const stream = await startFunction(name, server, { VANTAGEFLOW_LAKE: lake });
  const Records = [
    eventRecord(0, reading("A")),
    eventRecord(1, "x"),
    eventRecord(2, `[${reading("B")},${reading("C")}]`),
  ];
  const success = { kind: "response", body: { batchItemFailures: [] } };
  expect(await stream.invoke({ Records: Records.slice(0, 2) })).toEqual(success);
  // As after a time-out: again, and with what came behind.
  expect(await stream.invoke({ Records })).toEqual(success);
  expect(await keysOf(storage, "bronze/")).toEqual([`${FOLDER}/${sequenceOf(1)}.csv`, `${FOLDER}/0.csv`].toSorted());
  expect(await textOf(storage, `${FOLDER}/0.csv`)).toContain(`Z,A,1,,0,${sequenceOf(0)}\n,,,,,${sequenceOf(1)}\n`);
  const told = stream.lines().filter(({ message }) => message === "delivered");
  expect(told).toMatchObject([
    { source: "line-1", shard: SHARD_ID, RecordsReceived: 2, ReadingsWritten: 2, ReadingsUnreadable: 1 },
    { RecordsReceived: 3, ReadingsWritten: 2, ReadingsUnreadable: 1, service: name },
  ]);
  expect(await stream.invoke({ Records: [] })).toMatchObject({
    kind: "error",
    errorMessage: expect.stringContaining("no event"),
  });
});

it("waits for a lake that is down, reports from which record on it was for too long, and is an error where nothing was taken", async () => {
  const { s3, server, lake, storage } = await startBucketLake();
  const patient = await startFunction(name, server, { VANTAGEFLOW_LAKE: lake }, 120_000);
  const stream = await startFunction(name, server, { VANTAGEFLOW_LAKE: lake }, 3000);
  const large = `[${Array(50_000).fill('{"device_id":"A","value":1}').join(",")}]`;
  const Records = [eventRecord(0, large), eventRecord(1, reading("B"))];
  let refusals = 4;
  s3.interfere = (method, key) => (method === "PUT" && key.endsWith("/0.csv") && refusals-- > 0 ? "503" : "none");
  expect(await patient.invoke({ Records: Records.slice(1) })).toMatchObject({ body: { batchItemFailures: [] } });
  expect(patient.lines().some(({ message }) => String(message).startsWith("attempt 1 failed: "))).toBe(true);
  await storage.remove(`${FOLDER}/0.csv`);
  await storage.remove(`state/streams/line-1/${SHARD_ID}.json`);
  s3.interfere = (method, key) => (method === "PUT" && key.endsWith(`/${sequenceOf(0)}.csv`) ? "503" : "none");
  expect(await stream.invoke({ Records })).toEqual({
    kind: "response",
    body: { batchItemFailures: [{ itemIdentifier: sequenceOf(1) }] },
  });
  expect(await stream.invoke({ Records: Records.slice(1) })).toMatchObject({ kind: "error" });
  s3.interfere = () => "none";
  expect(await stream.invoke({ Records: Records.slice(1) })).toMatchObject({ body: { batchItemFailures: [] } });
  expect(await textOf(storage, `${FOLDER}/${sequenceOf(0)}.csv`)).toContain(",B,1,");
}, 120_000);
