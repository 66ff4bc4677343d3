import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../src/api/app.ts";
import { GATEWAY } from "../../src/api/front.ts";
import { createUpdates } from "../../src/api/updates.ts";
import { createHandler } from "../../src/functions/handler.ts";
import { type SweepResult, sweep } from "../../src/functions/sweep.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { deliverEvent } from "../../src/streams/kinesis/deliver-event.ts";
import { vacuumDetections } from "../../src/tables/detections/keep.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { createReadingsTable } from "../../src/tables/scan/readings-table.ts";
import { type AnyFunctionId, FUNCTION_IDS, type FunctionId, topology } from "../../src/topology.ts";
import { BAD, HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { createLake, keysOf, put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { eventRecord, SHARD_ID } from "../streams/kinesis/event.ts";
import { csvOf, ONE_IN, viewContextOf } from "../tables/detections.ts";
import { statementsOf } from "./statements.ts";

/** The requests that the functions make of S3, held to what their roles allow. */

const CREDENTIALS = { accessKeyId: "key", secretAccessKey: "secret" };
/** Two parts of an upload. */
const LARGE = HEADER + ROW.repeat(150_000);
/** A reading of another day. */
const LATER = ROW.replace(/^\d{4}/, "2027");
/** Can be listed, and neither written nor have a receipt. */
const ODD_KEY = "bronze/a\\b.csv";
const TOA5 = "test/contracts/cases/toa5";
const ACTIONS: Readonly<Record<string, string>> = {
  HEAD: "s3:GetObject",
  GET: "s3:GetObject",
  PUT: "s3:PutObject",
  POST: "s3:PutObject",
  DELETE: "s3:DeleteObject",
};

/** `s3:GetObject bronze/`: every action, and the prefix of keys that a role allows it on; `""` is the bucket. */
function allowedTo(id: AnyFunctionId): string[] {
  return statementsOf(topology.functions, id).flatMap(({ Action, Resource }) =>
    Action.flatMap((action) =>
      Resource.filter((resource) => resource.startsWith("lake")).map(
        (resource) => `${action} ${resource.replace(/^lake\/?/, "").replace(/\*$/, "")}`,
      ),
    ),
  );
}

/** Only what goes wrong, and gold that goes up in parts, needs these; and whoever may write may remove. */
function isRare(id: AnyFunctionId, permission: string): boolean {
  if (permission === "s3:DeleteObject state/") return true;
  // Nothing lists: without it what is missing would be forbidden.
  if (permission === "s3:ListBucket " && id === "stream") return true;
  return permission.startsWith("s3:AbortMultipartUpload ") || permission.endsWith(" .vantageflow/lineage/");
}

/** Whether a permission, in the form of {@link allowedTo}, is one that a request needs. */
function covers(permission: string, need: string): boolean {
  const [[action, prefix], [verb, key]] = [permission.split(" ", 2), need.split(" ", 2)];
  return action === verb && key.startsWith(prefix);
}

/** What a request needs: an action, and the key that it is done to; `""` is the bucket. */
function neededFor(request: string): string {
  const [, method, key] = /^(\w+) (.*)$/s.exec(request) ?? [];
  if (key.startsWith("?")) return "s3:ListBucket ";
  return `${ACTIONS[method]} ${key}`;
}

const IDS = Object.keys(topology.functions) as AnyFunctionId[];
const needed: Record<AnyFunctionId, Set<string>> = {
  bronzeToSilver: new Set(),
  silverToGold: new Set(),
  sweep: new Set(),
  tables: new Set(),
  detect: new Set(),
  stream: new Set(),
  api: new Set(),
};

async function startLake() {
  const server = await startS3Server(CREDENTIALS);
  const client = connect({ ...CREDENTIALS, endpoint: server.endpoint });
  const [bucket, failures] = [await makeBucket(client, true), await makeBucket(client)];
  const storage = createS3Storage({ client, bucket });

  /** Each function knows of the lake what it has asked itself. */
  const stores = new Map<AnyFunctionId, LakeStorage>();
  function own(id: AnyFunctionId): LakeStorage {
    const known = stores.get(id) ?? createS3Storage({ client, bucket });
    stores.set(id, known);
    return known;
  }

  async function observed<T>(id: AnyFunctionId, work: () => Promise<T>): Promise<T> {
    const before = server.requests.length;
    const result = await work();
    for (const request of server.requests.slice(before)) {
      // Asked of servers that are not Amazon's.
      if (!request.endsWith("/conditions")) needed[id].add(neededFor(request));
    }
    return result;
  }

  return {
    storage,
    put: (key: string, content: string) => put(storage, key, content),
    /** As a foreign program puts what vantageflow would not. */
    drop(key: string, content: string) {
      const always = { ifMatch: undefined, ifNoneMatch: undefined };
      server.buckets.get(bucket)?.put(key, Buffer.from(content), "etag", {}, always);
    },
    /** Silver of a split whose bronze and anomalies have expired. */
    async orphan(key: string) {
      const lineage = { sourceKey: key.replace("silver", "bronze"), sourceToken: "t", variant: "v" };
      const writer = await storage.create(key, { derived: true });
      await writer.write(Buffer.from(HEADER + ROW));
      await writer.commit({ lineage });
    },
    /** Starts the function of everything under its trigger, and answers what became of it. */
    async handle(id: FunctionId): Promise<string[]> {
      const context = { ...createLake({}, own(id)), now: Date.now, bucket, stage: "dev", log: () => {} };
      const outcomes: string[] = [];
      for await (const object of storage.list(topology.functions[id].startedBy.prefix)) {
        const event = s3PutEvent(bucket, object, "t");
        const { batches } = await observed(id, () => createHandler(context, id)(event));
        outcomes.push(...batches.map(({ key, outcome }) => `${key} ${outcome}`));
      }
      return outcomes;
    },
    sweep(): Promise<SweepResult> {
      const context = {
        storage: own("sweep"),
        bucket,
        failures: createS3Storage({ client, bucket: failures }),
        invoke: async () => {},
        now: Date.now,
        stage: "dev",
        log: () => {},
        limits: { graceMs: 0 },
      };
      return observed("sweep", () => sweep(context));
    },
    /** Brings the table up to the lake, and answers how many batches came in and went. */
    async sync(): Promise<[came: number, gone: number]> {
      const context = {
        storage: own("tables"),
        code: "test",
        now: Date.now,
        settings: DEFAULT_SETTINGS,
        newId: randomUUID,
      };
      const { batches, gone } = await observed("tables", () => syncReadings(context));
      return [batches, gone];
    },
    /** Brings the detections up to the table, and answers how many days were read. */
    async detect(): Promise<number | undefined> {
      const context = { storage: own("detect"), code: "test", now: Date.now, newId: randomUUID };
      const later = Date.now() + 30 * 86_400_000;
      return observed("detect", async () => {
        const result = await syncDetections(context);
        await vacuumDetections(context, { now: later, clock: later });
        return result?.days;
      });
    },
    /** Brings an event of a stream into bronze, again behind its killed checkpoint, and answers what was written each time. */
    async stream(): Promise<number[]> {
      const written: number[] = [];
      for (const n of [1, 1, 2]) {
        const event = { Records: [eventRecord(n, '{"device_id": "A", "value": 1}')] };
        written.push((await observed("stream", () => deliverEvent(own("stream"), event))).written);
        if (n === 1) await storage.remove(`state/streams/line-1/${SHARD_ID}.json`);
      }
      for (const key of await keysOf(storage, "bronze/stream/")) await storage.remove(key);
      return written;
    },
    /** Asks the data API for all there is, and answers what statuses that gave. */
    async ask(...paths: string[]): Promise<number[]> {
      const failing = createS3Storage({ client, bucket: failures });
      const monitor = createMonitor({ storage: own("api"), failures: failing, now: Date.now });
      const updates = createUpdates({ monitor, clock: Date.now, intervalMs: 60_000 });
      const readings = createReadingsTable(own("api"));
      const app = createApi({ monitor, readings, current: updates.current, version: "test", front: GATEWAY });
      const answers = await observed("api", () =>
        Promise.all(paths.map(async (path) => app.request(`https://api.invalid/api/v1${path}`))),
      );
      return answers.map(({ status }) => status);
    },
    async close() {
      expect(await keysOf(storage, "dead-letter/")).toHaveLength(3);
      client.destroy();
      await server.close();
    },
  };
}

describe("the roles of the functions", () => {
  let lake: Awaited<ReturnType<typeof startLake>>;

  beforeAll(async () => {
    lake = await startLake();
    await lake.put("bronze/good.csv", HEADER + ROW + ODD + BAD);
    await lake.put("bronze/large.csv", LARGE);
    await lake.put("bronze/later-refused.csv", HEADER + ROW + ODD + BAD);
    await lake.put("silver/by-hand.csv", HEADER + ROW);
    lake.drop(ODD_KEY, HEADER + ROW);
    await lake.put("contracts/station.json", readFileSync(`${TOA5}/contract.json`, "utf8"));
    await lake.put("bronze/station/day.dat", readFileSync(`${TOA5}/source.dat`, "utf8"));
    await lake.sweep();
    for (const id of FUNCTION_IDS) await lake.handle(id);
    expect(await lake.stream()).toEqual([1, 0, 1]);
    const silver = (await keysOf(lake.storage, "silver/")).length;
    expect(await lake.sync()).toEqual([silver, 0]);
    await lake.put("bronze/good.csv", HEADER + ROW + ROW);
    await lake.put("bronze/later-refused.csv", "junk\n");
    await lake.put("silver/by-hand.csv", "junk\n");
    await lake.orphan("silver/expired.csv");
    await lake.sweep();
    const outcomes = [...(await lake.handle("bronzeToSilver")), ...(await lake.handle("silverToGold"))];
    expect(outcomes).toEqual([
      `${ODD_KEY} refused`,
      "bronze/good.csv done",
      "bronze/large.csv already_ingested",
      "bronze/later-refused.csv refused",
      "bronze/station/day.dat already_ingested",
      "silver/by-hand.csv refused",
      "silver/expired.csv not_rebuildable",
      "silver/good.csv done",
      "silver/large.csv already_ingested",
      "silver/station/day.dat.csv already_ingested",
    ]);
    await lake.sweep();
    // Of silver whose anomalies have expired bronze is looked for; a checkpoint has the pointer to the one before removed first.
    await lake.put("tables/readings/_delta_log/_last_checkpoint", "");
    for (let version = 2; version <= 20; version++) {
      await lake.put("silver/again.csv", HEADER + ROW.repeat(version) + LATER);
      expect(await lake.sync()).toEqual([version === 2 ? 3 : 1, version === 2 ? 2 : 0]);
    }
    await lake.put("state/detections/0/2025-01-01-old.bin", "");
    expect([await lake.detect(), await lake.detect()]).toEqual([4, 0]);
    await lake.put("silver/later.csv", HEADER + LATER);
    await lake.put("tables/detections/date=2025-01-01/part-killed.parquet", "");
    expect([await lake.sync(), await lake.detect()]).toEqual([[1, 0], 1]);
    const batches = ["bronze/good.csv", "silver/by-hand.csv"].map((key) => `/batches/${encodeURIComponent(key)}`);
    await lake.put("silver/odd.csv", csvOf({ device: "ODD", hour: 0, readings: 500, seed: 1 }));
    await lake.sync();
    await syncDetections(viewContextOf(lake.storage), { oneIn: ONE_IN });
    const paths = [
      "/overview",
      "/devices/FAB-1",
      ...batches,
      "/readings?device=FAB-1",
      "/tables/readings",
      "/detections",
    ];
    expect(await lake.ask(...paths)).toEqual(Array(7).fill(200));
  });
  afterAll(() => lake.close());

  it.each(IDS)("%s: allow every request that it makes", (id) => {
    const isAllowed = (need: string) => allowedTo(id).some((one) => covers(one, need));
    expect([...needed[id]].filter((need) => !isAllowed(need))).toEqual([]);
    expect(needed[id].size).toBeGreaterThan(1);
  });

  it("allow nothing that no request needed", () => {
    const unused = IDS.flatMap((id) =>
      allowedTo(id).flatMap((one) =>
        [...needed[id]].some((need) => covers(one, need)) || isRare(id, one) ? [] : [`${id}: ${one}`],
      ),
    );
    expect(unused).toEqual([]);
  });
});
