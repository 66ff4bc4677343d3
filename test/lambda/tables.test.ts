import { afterAll, expect, it } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { topology } from "../../src/topology.ts";
import { HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { rowsOfLayers, rowsOfTable } from "../tables/table.ts";
import { startFunction } from "./function.ts";

const close: (() => unknown)[] = [];
afterAll(async () => {
  for (const one of close.toReversed()) await one();
});

it("the function that the clock starts keeps the table, and each run finds what the one before left", async () => {
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
  await put(storage, "silver/a.csv", HEADER + ROW + ODD);
  const tables = await startFunction(topology.functions.tables.name, server, { VANTAGEFLOW_LAKE: `s3://${bucket}` });
  const invoke = async () => {
    const answer = await tables.invoke({});
    return "body" in answer ? answer.body : answer;
  };
  expect(await invoke()).toEqual({ version: 1, batches: 1, rows: 2 });
  expect(await invoke()).toEqual({ version: 1, batches: 0, rows: 0 });
  await put(storage, "silver/a.csv", HEADER + ROW);
  expect(await invoke()).toEqual({ version: 2, batches: 1, rows: 1 });
  expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
});
