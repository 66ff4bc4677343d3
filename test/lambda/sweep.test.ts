import { afterAll, expect, it } from "vitest";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { topology } from "../../src/topology.ts";
import { HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { type S3Server, startS3Server } from "../s3/server.ts";
import { startFunction } from "./function.ts";
import { startLambdaEndpoint } from "./lambda-endpoint.ts";
import type { Outcome } from "./runtime-api.ts";

const { bronzeToSilver: split, silverToGold: aggregate } = topology.functions;
const HOUR = 3_600_000;

const close: (() => unknown)[] = [];
afterAll(async () => {
  for (const one of close.toReversed()) await one();
});

/** As if the bucket's objects had been there for an hour: only a server of our own can say so. */
function age(server: S3Server, bucket: string): void {
  const objects = server.buckets.get(bucket);
  for (const key of objects?.keys("") ?? []) {
    for (const version of objects?.versions(key) ?? []) {
      Object.assign(version, { modified: new Date(version.modified.getTime() - HOUR) });
    }
  }
}

it("what no event told of goes to gold by the sweep alone, and what was given up on is left", async () => {
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const s3 = await startS3Server(credentials);
  const server = { name: "S3 test server", endpoint: s3.endpoint, ...credentials };
  const client = connect(server);
  const [bucket, failures] = [await makeBucket(client), await makeBucket(client)];
  const lake = createS3Storage({ client, bucket });
  const [first, second] = [await startFunction(split.name, server), await startFunction(aggregate.name, server)];
  const running: Promise<Outcome>[] = [];
  const endpoint = await startLambdaEndpoint((name, event) => {
    const target = { [split.name]: first, [aggregate.name]: second }[name];
    if (target !== undefined) running.push(target.invoke(event));
    return target !== undefined;
  });
  close.push(
    () => s3.close(),
    () => client.destroy(),
    () => endpoint.close(),
  );
  const sweep = await startFunction(topology.functions.sweep.name, server, {
    VANTAGEFLOW_LAKE: `s3://${bucket}`,
    VANTAGEFLOW_FAILURES: `s3://${failures}`,
    AWS_ENDPOINT_URL_LAMBDA: endpoint.url,
  });
  const swept = async () => {
    const { kind, ...answer } = await sweep.invoke({});
    await Promise.all(running);
    age(s3, bucket);
    return { kind, ...("body" in answer ? (answer.body as object) : answer) };
  };

  expect(await swept()).toEqual({ kind: "response", oldestSeconds: 0, waiting: 0, givenUp: 0, started: 0 });
  for (const key of ["bronze/lost ü+.csv", "bronze/poison.csv"]) await put(lake, key, HEADER + ROW + ODD);
  expect(await swept()).toMatchObject({ waiting: 2, started: 0 });

  const poison = await lake.head("bronze/poison.csv");
  if (poison === null) throw new Error("it was just put there");
  const record = { version: "1.0", requestPayload: s3PutEvent(bucket, poison, "t"), responsePayload: {} };
  const now = new Date().toISOString();
  const folder = `aws/lambda/async/${split.name}/${now.slice(0, 10).replaceAll("-", "/")}`;
  const name = `${now.slice(0, 19).replaceAll(":", ".")}-5bd2c0d7-8b83-4d2f-9d7c-000000000000`;
  await put(createS3Storage({ client, bucket: failures }), `${folder}/${name}`, JSON.stringify(record));

  expect(await swept()).toMatchObject({ kind: "response", waiting: 2, givenUp: 1, started: 1 });
  expect(await keysOf(lake, "silver/")).toEqual(["silver/lost ü+.csv"]);
  expect(await swept()).toMatchObject({ kind: "response", waiting: 2, givenUp: 1, started: 1 });
  expect(await textOf(lake, "gold/lost ü+.csv")).toContain("FAB-1,2,32.25,20.5,44.0,1,50.0");
  const last = await swept();
  expect(last).toMatchObject({ kind: "response", waiting: 1, givenUp: 1, started: 0 });

  const told = sweep.lines().filter(({ message }) => message === "swept");
  expect(told).toHaveLength(5);
  expect(told[0]).toMatchObject({ OldestWorkSeconds: 0, service: "vantageflow-sweep", cold_start: true });
  expect(told[4].OldestWorkSeconds).toBeGreaterThanOrEqual(3600);
  expect(told[4].cold_start).toBe(false);
});
