import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createHandler } from "../../src/functions/handler.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { FUNCTION_IDS, type FunctionId, topology } from "../../src/topology.ts";
import { BAD, cli, folder, HEADER, ODD, ROW, tree } from "../cli/run-cli.ts";
import { bytesOf, createLake, keysOf, put, textOf } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { loadedAtStart, type Package, packageOf, type RunningFunction, startFunction } from "./function.ts";
import type { Outcome } from "./runtime-api.ts";
import { type Switch, startSwitch } from "./switch.ts";

const { bronzeToSilver: split, silverToGold: aggregate } = topology.functions;
const NAMES = Object.values(topology.functions).map(({ name }) => name);
/** Bytes of modules, of those for which 0.5 MB is not enough: the one writes Parquet, the other looks at all of a lake. */
const AT_START: Readonly<Record<string, number>> = {
  [topology.functions.tables.name]: 650_000,
  [topology.functions.detect.name]: 600_000,
  [topology.functions.api.name]: 600_000,
};
const TEST_EVENT = { Service: "Amazon S3", Event: "s3:TestEvent", Time: "2014-10-13T15:57:02.089Z", Bucket: "lake" };

/** The event that S3 sends for an object which is there. */
async function eventOf(storage: LakeStorage, bucket: string, key: string) {
  const head = await storage.head(key);
  if (head === null) throw new Error(`there is no ${key}`);
  return s3PutEvent(bucket, head, "t");
}

/** The outcomes of the batches in a function's answer. */
function outcomesOf(outcome: Outcome): string[] {
  if (outcome.kind === "error") throw new Error(outcome.errorMessage);
  return (outcome.body as { batches: { outcome: string }[] }).batches.map((batch) => batch.outcome);
}

/** What Powertools knows of the invocation, and what differs from run to run. */
const VOLATILE = /^(cold_start|function_.*|xray_trace_id|timestamp|ProcessingTime|RowsPerSecond)$/;

/** A line with metrics, as CloudWatch reads it (user guide, "Embedded metric format specification"). */
interface EmbeddedLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly string[][];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

function withoutTimes({ _aws, ...line }: Record<string, unknown>): Record<string, unknown> {
  const { Timestamp: _, ...metrics } = _aws as Record<string, unknown>;
  return { ...Object.fromEntries(Object.entries(line).filter(([name]) => !VOLATILE.test(name))), metrics };
}

/** The line that the emulator's handler writes of the same object. */
async function emulated(id: FunctionId, key: string): Promise<Record<string, unknown>> {
  const lines: Record<string, unknown>[] = [];
  const lake = createLake();
  await put(lake.storage, key, HEADER + ROW + ODD);
  const log = (line: Record<string, unknown>) => void lines.push(line);
  const handler = createHandler({ ...lake, now: Date.now, bucket: "lake", stage: "dev", log }, id);
  await handler(await eventOf(lake.storage, "lake", key));
  return lines[0];
}

function sourcesOf(files: Package, module: string): string[] {
  return JSON.parse(Buffer.from(files[`${module}.map`]).toString()).sources;
}

describe("the packages", () => {
  it("come out the same, byte for byte, whenever and wherever they are built", () => {
    const zips = (folder: string) => NAMES.map((name) => fs.readFileSync(join(folder, `${name}.zip`)).toString("hex"));
    const again = folder();
    const env = { ...process.env, TZ: "Asia/Kathmandu" };
    execFileSync(process.execPath, ["scripts/build-lambda.mjs", again], { env });
    expect(zips(again)).toEqual(zips("dist/lambda"));
  });

  it.each(NAMES)("%s is index.mjs, modules and the source map of each", (name) => {
    const files = Object.keys(packageOf(name));
    const modules = files.filter((file) => file.endsWith(".mjs"));
    expect(modules).toContain("index.mjs");
    expect(files.toSorted()).toEqual(modules.flatMap((file) => [file, `${file}.map`]).toSorted());
  });

  it.each(NAMES)(
    "%s loads no more at its start than it has to, and nothing that reads contracts before there is one",
    (name) => {
      const files = packageOf(name);
      const started = loadedAtStart(files);
      const size = started.reduce((sum, file) => sum + files[file].length, 0);
      expect(size).toBeLessThan(AT_START[name] ?? 500_000);
      const sources = started.flatMap((file) => sourcesOf(files, file));
      expect(sources).toContain("../../src/storage/s3.ts");
      // The data API says of a batch who reads it.
      const isOfContracts =
        /\/src\/contracts\/(?!(?:lake|standing|holdings|fields\/zones|fields\/local-time)\.ts)|\/node_modules\/zod\//;
      expect(sources.filter((source) => isOfContracts.test(source))).toEqual([]);
    },
  );

  it.each(NAMES)("%s says where in src/ an error came from, and holds no path of the machine that built it", (name) => {
    const files = packageOf(name);
    const modules = Object.keys(files).filter((file) => file.endsWith(".mjs"));
    const sources = modules.flatMap((file) => sourcesOf(files, file));
    expect(sources).toContain("../../src/storage/s3.ts");
    expect(sources.filter((source) => !/^\.\.\/\.\.\/(src|node_modules)\//.test(source))).toEqual([]);
  });
});

for (const server of inject("s3Servers")) {
  describe(`the functions in ${inject("runtimeClient").name}, on ${server.name}`, () => {
    let client: S3Client;
    let way: Switch;
    let functions: Record<FunctionId, RunningFunction>;

    beforeAll(async () => {
      client = connect(server);
      way = await startSwitch(server);
      functions = {
        bronzeToSilver: await startFunction(split.name, way.server),
        silverToGold: await startFunction(aggregate.name, way.server),
      };
    });
    afterAll(() => {
      client.destroy();
      way.close();
    });

    const lakeOf = (bucket: string) => createS3Storage({ client, bucket });
    const linesAbout = (id: FunctionId, key: string) => functions[id].lines().filter((line) => line.key === key);

    it.each(FUNCTION_IDS)("%s: success, and one line in the log as the emulator writes it", async (id) => {
      const bucket = await makeBucket(client);
      const lake = lakeOf(bucket);
      const key = `${topology.functions[id].startedBy.prefix}year=2025/b.csv`;
      await put(lake, key, HEADER + ROW + ODD);
      const outcome = await functions[id].invoke(await eventOf(lake, bucket, key));
      expect(outcomesOf(outcome)).toEqual(["done"]);
      await expect.poll(() => linesAbout(id, key).length).toBe(1);
      const [line] = linesAbout(id, key);
      expect(line).toMatchObject({
        _aws: {
          CloudWatchMetrics: [{ Namespace: topology.functions[id].metricsNamespace, Dimensions: [["service"]] }],
        },
        level: "INFO",
        message: "batch done",
        service: topology.functions[id].name,
        stage: "dev",
        outcome: "done",
        RowsProcessed: 2,
        ProcessingErrors: 0,
        function_name: topology.functions[id].name,
        function_request_id: expect.any(String),
      });
      expect(JSON.stringify(line)).not.toContain("FAB-1");
      expect(withoutTimes(line)).toEqual(withoutTimes(await emulated(id, key)));
    });

    it.each(FUNCTION_IDS)("%s: a file that is none is dead-lettered once and acknowledged", async (id) => {
      const bucket = await makeBucket(client);
      const lake = lakeOf(bucket);
      const key = `${topology.functions[id].startedBy.prefix}junk.csv`;
      await put(lake, key, "junk\n");
      for (let delivery = 1; delivery <= 2; delivery++) {
        expect(outcomesOf(await functions[id].invoke(await eventOf(lake, bucket, key)))).toEqual(["refused"]);
      }
      const [letter, ...more] = await keysOf(lake, "dead-letter/");
      expect(more).toEqual([]);
      expect(JSON.parse((await textOf(lake, letter)) ?? "").responsePayload.errorType).toBe("columns_missing");
      await expect.poll(() => linesAbout(id, key)[0]).toMatchObject({ level: "ERROR", ProcessingErrors: 1 });
    });

    it.each(FUNCTION_IDS)(
      "%s: what may pass is an error to Lambda, and the event's next delivery succeeds",
      async (id) => {
        const bucket = await makeBucket(client);
        const lake = lakeOf(bucket);
        const key = `${topology.functions[id].startedBy.prefix}later.csv`;
        await put(lake, key, HEADER + ROW);
        const event = await eventOf(lake, bucket, key);
        way.cut = true;
        const failed = await functions[id].invoke(event);
        way.cut = false;
        const errorMessage = expect.stringContaining(`Cannot read "${key}" in bucket "${bucket}": `);
        expect(failed).toMatchObject({ kind: "error", errorType: "VantageflowError", errorMessage });
        expect(outcomesOf(await functions[id].invoke(event))).toEqual(["done"]);
      },
    );

    it.each(FUNCTION_IDS)("%s: S3's test event is acknowledged and ignored", async (id) => {
      expect(await functions[id].invoke(TEST_EVENT)).toEqual({ kind: "response", body: { batches: [], ignored: [] } });
    });

    it("a bucket that is not there is an error to Lambda: the event's object may be, once somebody has mended the name", async () => {
      const object = { key: "bronze/b.csv", size: 1, token: "t", modified: Date.now() };
      const outcome = await functions.bronzeToSilver.invoke(s3PutEvent("no-such-bucket-here", object, "t"));
      const errorMessage = expect.stringContaining('in bucket "no-such-bucket-here": there is no such bucket.');
      expect(outcome).toMatchObject({ kind: "error", errorType: "VantageflowError", errorMessage });
      await expect.poll(() => linesAbout("bronzeToSilver", "bronze/b.csv").length).toBeGreaterThan(0);
      expect(linesAbout("bronzeToSilver", "bronze/b.csv").at(-1)).toMatchObject({ level: "ERROR" });
    });

    it("one event may name several buckets, and what is broken in it keeps none of them from its turn", async () => {
      const buckets = [await makeBucket(client), await makeBucket(client)];
      for (const bucket of buckets) await put(lakeOf(bucket), "bronze/b.csv", HEADER + ROW);
      const records = await Promise.all(
        buckets.map(async (bucket) => (await eventOf(lakeOf(bucket), bucket, "bronze/b.csv")).Records[0]),
      );
      const Records = [records[0], { eventName: 7 }, records[1], records[0]];
      const outcome = await functions.bronzeToSilver.invoke({ Records });
      expect(outcomesOf(outcome)).toEqual(["done", "already_ingested", "done"]);
      for (const bucket of buckets) expect(await textOf(lakeOf(bucket), "silver/b.csv")).toBe(HEADER + ROW);
    });

    it("bronze to gold by events alone: byte for byte what the command line makes of a directory", async () => {
      const files: Record<string, string | Buffer> = {
        "plain.csv": HEADER + ROW + ODD + BAD,
        "year=2025/two words + ü 100%25&=?.csv": HEADER + ODD,
        "a.csv": HEADER + ROW,
        "a.csv-1.csv": HEADER + ROW + ROW,
        "日本/😀.csv": HEADER,
        "junk.csv": "no header\n",
      };
      for (const name of ["customer-example", "line-ends-and-quotes", "rejects-stray-quote", "nab-rds-cpu"]) {
        const bronze = resolve("fixtures", name, "bronze");
        for (const file of fs.readdirSync(bronze)) files[`${name}/${file}`] = fs.readFileSync(join(bronze, file));
      }
      const cwd = folder(
        Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`lake/bronze/${path}`, bytes])),
      );
      expect((await cli(["run", "lake"], { cwd })).code).toBe(1);

      const bucket = await makeBucket(client);
      const lake = lakeOf(bucket);
      for (const [path, bytes] of Object.entries(files)) await put(lake, `bronze/${path}`, bytes);
      for (const id of FUNCTION_IDS) {
        for (const key of await keysOf(lake, topology.functions[id].startedBy.prefix)) {
          const [outcome] = outcomesOf(await functions[id].invoke(await eventOf(lake, bucket, key)));
          expect([key, outcome]).toEqual([key, key === "bronze/junk.csv" ? "refused" : "done"]);
        }
      }
      const made: Record<string, string> = {};
      for (const layer of ["bronze", "silver", "anomalies", "gold"]) {
        for (const key of await keysOf(lake, `${layer}/`)) {
          made[key] = (await bytesOf(lake, key))?.toString("latin1") ?? "";
        }
      }
      expect(made).toEqual(tree(join(cwd, "lake")));
      expect(Object.keys(made).length).toBeGreaterThan(30);
    });

    it("the first invocation of a container counts as a cold start", async () => {
      const cold = functions.bronzeToSilver.lines().filter(({ ColdStart }) => ColdStart === 1);
      expect(cold).toMatchObject([{ service: split.name, function_name: split.name }]);
    });
  });
}

describe("the environment", () => {
  const [server] = inject("s3Servers");

  it("STAGE is what the lines say, and LOG_LEVEL leaves the lines that carry metrics", async () => {
    const client = connect(server);
    const bucket = await makeBucket(client);
    const lake = createS3Storage({ client, bucket });
    await put(lake, "bronze/b.csv", HEADER + ROW + ODD);
    const settings = { STAGE: "prod", LOG_LEVEL: "ERROR", ANOMALY_THRESHOLD: "0.95" };
    const running = await startFunction(split.name, server, settings);
    await running.invoke({ Records: [] });
    await running.invoke({ Records: "none" });
    await running.invoke(await eventOf(lake, bucket, "bronze/b.csv"));
    await expect.poll(() => running.lines().filter(({ message }) => message !== undefined).length).toBe(1);
    expect(running.lines().at(-1)).toMatchObject({ stage: "prod", message: "batch done", NormalRows: 2 });
    client.destroy();
  });

  it("a value that is none keeps the function from starting, with every problem at once", async () => {
    const settings = { ANOMALY_THRESHOLD: "2", STAGE: "a b", LOG_LEVEL: "loud", VANTAGEFLOW_MAX_ROW_BYTES: "1" };
    const { errorMessage } = await (await startFunction(split.name, server, settings)).initError;
    for (const name of Object.keys(settings)) expect(errorMessage).toContain(name);
    const sweep = await (await startFunction(topology.functions.sweep.name, server, { VANTAGEFLOW_LAKE: "./lake" }))
      .initError;
    expect(sweep.errorMessage).toBe(
      'Cannot use the environment: VANTAGEFLOW_LAKE is "./lake", not s3://bucket; VANTAGEFLOW_FAILURES is missing. Correct it in src/topology.json and apply.',
    );
  });
});

it("an event of 250 records: every line of metrics has its dimensions, each metric one value, and they add up", async () => {
  // Of what is printed, the server is no part: the fastest will do.
  const server = inject("s3Servers").at(-1)!;
  const client = connect(server);
  onTestFinished(() => client.destroy());
  const running = await startFunction(split.name, server);
  const bucket = await makeBucket(client);
  const lake = createS3Storage({ client, bucket });
  const names = Array.from({ length: 250 }, (_, i) => `bronze/${i}.csv`);
  await Promise.all(names.map((name, i) => put(lake, name, i % 50 === 0 ? "junk\n" : HEADER + ROW + ODD)));
  const Records = [];
  for (const name of names) Records.push((await eventOf(lake, bucket, name)).Records[0]);
  expect(outcomesOf(await running.invoke({ Records }))).toHaveLength(250);
  const lines = () => running.lines().filter((line) => "_aws" in line) as EmbeddedLine[];
  await expect.poll(() => lines().length).toBe(251);
  const totals: Record<string, number> = {};
  for (const line of lines()) {
    const { Dimensions, Metrics, Namespace } = line._aws.CloudWatchMetrics[0];
    expect([Namespace, Dimensions.length, line.service]).toEqual([split.metricsNamespace, 1, split.name]);
    for (const dimension of Dimensions[0]) expect(line[dimension]).toEqual(expect.stringMatching(/./));
    for (const { Name } of Metrics) {
      expect(line[Name]).toEqual(expect.any(Number));
      totals[Name] = (totals[Name] ?? 0) + Number(line[Name]);
    }
  }
  expect(totals).toMatchObject({
    ColdStart: 1,
    RowsProcessed: 490,
    NormalRows: 245,
    AnomalyRows: 245,
    ProcessingErrors: 5,
  });
});
