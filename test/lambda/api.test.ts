import { randomUUID } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { GATEWAY } from "../../src/api/front.ts";
import { openApi } from "../../src/api/openapi.ts";
import { run } from "../../src/engine/run.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { topology } from "../../src/topology.ts";
import { describedBy } from "../api/description.ts";
import { BAD, HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { createLake, put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { type RunningFunction, startFunction } from "./function.ts";
import { httpEvent } from "./http-event.ts";
import { type Switch, startSwitch } from "./switch.ts";

const KEY = "bronze/y=2025/b ü.csv";
const { paths, problemsOf } = describedBy(JSON.parse(JSON.stringify(openApi("0.0.0", GATEWAY))));

for (const server of inject("s3Servers")) {
  describe(`the data API in ${inject("runtimeClient").name}, on ${server.name}`, () => {
    let client: S3Client;
    let way: Switch;
    let api: RunningFunction;

    beforeAll(async () => {
      client = connect(server);
      way = await startSwitch(server);
      const [bucket, failures] = [await makeBucket(client), await makeBucket(client)];
      const lake = createS3Storage({ client, bucket });
      await put(lake, KEY, HEADER + ROW + ODD + BAD);
      await run(createLake({}, lake), { concurrency: 2 });
      const context = { storage: lake, code: "test", now: Date.now, newId: randomUUID };
      await syncReadings({ ...context, settings: DEFAULT_SETTINGS });
      await syncDetections(context);
      api = await startFunction(topology.functions.api.name, way.server, {
        VANTAGEFLOW_LAKE: `s3://${bucket}`,
        VANTAGEFLOW_FAILURES: `s3://${failures}`,
      });
    });
    afterAll(() => {
      client.destroy();
      way.close();
    });

    async function ask(path: string, query = "") {
      const outcome = await api.invoke(httpEvent(`/api/v1${path}`, query));
      if (outcome.kind === "error") throw new Error(outcome.errorMessage);
      const { statusCode, headers, body } = outcome.body as { statusCode: number; headers: object; body: string };
      return { statusCode, headers, document: JSON.parse(body) };
    }

    it("answers every path that its description has, as that says", async () => {
      expect(paths.map(({ path }) => path)).not.toContain("/events");
      const segments: Record<string, string> = { id: "FAB-1", key: KEY };
      for (const { path } of paths) {
        const { statusCode, headers, document } = await ask(path.replace(/\{(\w+)\}/, (_, name) => segments[name]));
        expect([path, statusCode]).toEqual([path, 200]);
        expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
        expect(problemsOf(path, 200, document)).toEqual([]);
      }
    });

    it("tells of the lake what is in it", async () => {
      const { document } = await ask("/batches", "contains=b%20%C3%BC&outcome=done");
      expect(document.batches).toMatchObject([{ key: KEY, rows: { in: 3, silver: 1, anomalies: 1, rejects: 1 } }]);
      expect((await ask("/devices/FAB-1")).document.readings).toMatchObject({ complete: true });
    });

    it("reads the table, page by page", async () => {
      const first = (await ask("/readings", "device=FAB-1&limit=1")).document;
      expect(first.readings).toMatchObject([{ device_id: "FAB-1", nanos: 0, batch: "y=2025/b ü.csv" }]);
      const second = (await ask("/readings", `device=FAB-1&limit=1&cursor=${first.cursor}`)).document;
      expect(second).toMatchObject({ readings: [{ device_id: "FAB-1" }], cursor: null, table_version: 1 });
      expect((await ask("/tables/readings")).document).toMatchObject({ table: "readings", rows: 2, table_version: 1 });
    });

    it("refuses as the dashboard's server does", async () => {
      expect((await ask("/devices", "limit=x")).document.error.message).toMatch(/Use a whole number from 1 to 1000/);
      expect((await ask("/devices/nobody")).statusCode).toBe(404);
      expect((await ask("/nothing")).statusCode).toBe(404);
    });

    it("is an error for what is no request, and lives on", async () => {
      const outcome = await api.invoke({ version: "1.0", path: "/api/v1/health" });
      expect(outcome).toMatchObject({
        kind: "error",
        errorMessage: expect.stringContaining("no event of an HTTP API"),
      });
      expect((await ask("/health")).statusCode).toBe(200);
    });

    it("says what is wrong when the lake cannot be read, in the answer and in the log", async () => {
      way.cut = true;
      const { statusCode, document } = await ask(`/batches/${KEY}`);
      way.cut = false;
      expect([statusCode, document.error.code]).toEqual([503, "storage_failed"]);
      await expect.poll(() => api.lines().filter(({ level }) => level === "ERROR").length).toBeGreaterThan(0);
      const told = api.lines().filter(({ service, level }) => service === "vantageflow-api" && level === "ERROR");
      expect(told).toMatchObject([{ message: document.error.message, stage: "dev" }]);
    });
  });
}

it("the data API does not start without the buckets that it is about", async () => {
  const [server] = inject("s3Servers");
  const { initError } = await startFunction(topology.functions.api.name, server);
  expect((await initError).errorMessage).toMatch(/VANTAGEFLOW_LAKE is missing; VANTAGEFLOW_FAILURES is missing/);
});
