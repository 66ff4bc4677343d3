import { beforeEach, describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { abandon, createHandler, type HandlerContext, hasReceipt } from "../../src/functions/handler.ts";
import { noteLine } from "../../src/functions/log.ts";
import { planFunction } from "../../src/ledger/pending.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import type { LakeStorage, ObjectHead } from "../../src/storage/port.ts";
import { FUNCTION_IDS, type FunctionId } from "../../src/topology.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,3,C,0.9\n`;
const BUCKET = "lake";

/** The fault matrix counts: ten kinds of events for each of the two functions. */
let cases = 0;

function contextOf(storage?: LakeStorage): HandlerContext & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const lake = createLake();
  return {
    ...lake,
    storage: storage ?? lake.storage,
    bucket: BUCKET,
    stage: "dev",
    log: (line) => lines.push(line),
    lines,
  };
}

const inputOf = (id: FunctionId, name = "b") => `${id === "bronzeToSilver" ? "bronze" : "silver"}/${name}.csv`;
const outputOf = (id: FunctionId, name = "b") => `${id === "bronzeToSilver" ? "silver" : "gold"}/${name}.csv`;

async function headOf(storage: LakeStorage, key: string): Promise<ObjectHead> {
  const head = await storage.head(key);
  if (head === null) throw new Error(`there is no ${key}`);
  return head;
}

async function eventOf(context: HandlerContext, key: string, bucket = BUCKET) {
  return s3PutEvent(bucket, await headOf(context.storage, key), "t");
}

describe.each(FUNCTION_IDS)("events for %s", (id) => {
  let context: ReturnType<typeof contextOf>;
  const key = inputOf(id);
  const event = () => eventOf(context, key);
  const handle = (given: unknown, attempt?: number) => createHandler(context, id)(given, attempt);

  beforeEach(async () => {
    context = contextOf();
    await put(context.storage, key, GOOD);
    cases++;
  });

  it("duplicate: one effect", async () => {
    const { batches } = await handle(await event());
    const output = await headOf(context.storage, outputOf(id));
    const again = await handle(await event());
    expect([batches[0].outcome, again.batches[0].outcome]).toEqual(["done", "already_ingested"]);
    expect((await headOf(context.storage, outputOf(id))).token).toBe(output.token);
    expect(await keysOf(context.storage, "receipts/")).toHaveLength(1);
  });

  it("reordered and stale: the newest version wins", async () => {
    const stale = await event();
    await put(context.storage, key, `${HEADER}2025-01-01T00:00:00Z,NEW,7,C,0.1\n`);
    const fresh = await event();
    await handle(fresh);
    const output = await textOf(context.storage, outputOf(id));
    expect((await handle(stale)).batches.map(({ outcome }) => outcome)).toEqual(["already_ingested"]);
    expect(output).toContain("NEW");
    expect(await textOf(context.storage, outputOf(id))).toBe(output);
    expect(await keysOf(context.storage, "receipts/")).toHaveLength(1);
    expect(await hasReceipt(context.storage, id, await headOf(context.storage, key))).toBe(true);
  });

  it("stale: what it names is gone", async () => {
    const stale = await event();
    await context.storage.remove(key);
    expect((await handle(stale)).ignored).toEqual([{ key, reason: "there is no such object any more" }]);
  });

  it("lost: listings find a version whose event never came, and lose sight of it once it is done", async () => {
    const head = await headOf(context.storage, key);
    expect(await hasReceipt(context.storage, id, head)).toBe(false);
    const { work } = await planFunction(context.storage, id);
    expect(work.map(({ object }) => [object.key, object.token])).toEqual([[key, head.token]]);
    await handle(s3PutEvent(BUCKET, work[0].object, "t"));
    expect(await hasReceipt(context.storage, id, head)).toBe(true);
    expect((await planFunction(context.storage, id)).work).toEqual([]);
  });

  it("truncated, or nothing at all: acknowledged, and said in the log", async () => {
    const whole = await event();
    const record = whole.Records[0];
    for (const broken of [
      null,
      7,
      "x",
      [],
      {},
      { Records: 7 },
      { Records: [null] },
      { Records: [{ ...record, s3: undefined }] },
      { Records: [{ ...record, eventName: undefined }] },
      { Records: [{ ...record, s3: { ...record.s3, bucket: {} } }] },
      { Records: [{ ...record, s3: { ...record.s3, object: {} } }] },
    ]) {
      const { batches, ignored } = await handle(broken);
      expect([batches, ignored.length]).toEqual([[], 1]);
    }
    expect(
      context.lines.every(({ level, message }) => level === "WARN" && String(message).startsWith("ignored: ")),
    ).toBe(true);
    // Only name, bucket and key are needed.
    const bare = {
      eventName: record.eventName,
      s3: { bucket: { name: BUCKET }, object: { key: record.s3.object.key } },
    };
    expect((await handle({ Records: [bare] })).batches[0].outcome).toBe("done");
  });

  it("TestEvent: acknowledged and ignored", async () => {
    const test = { Service: "Amazon S3", Event: "s3:TestEvent", Time: "2014-10-13T15:57:02.089Z", Bucket: BUCKET };
    expect(await handle(test)).toEqual({ batches: [], ignored: [] });
    expect(context.lines).toEqual([]);
  });

  it("undecodable key: refused before anything is read", async () => {
    const whole = await event();
    for (const bad of ["%", "%ff", "%E0%A4%A", "bronze/..%2f..%2fetc.csv", "silver/a%00.csv"]) {
      const record = { ...whole.Records[0], s3: { ...whole.Records[0].s3, object: { key: bad } } };
      const { batches, ignored } = await handle({ Records: [record] });
      expect([bad, batches, ignored.length]).toEqual([bad, [], 1]);
    }
  });

  it("a key that no store could write but this one holds is refused, once", async () => {
    const odd = inputOf(id, "back\\slash");
    const object = { key: odd, token: "t", size: 4, modified: 0 };
    const listing: LakeStorage = {
      ...context.storage,
      async *list(prefix) {
        if (odd.startsWith(prefix)) yield object;
        yield* context.storage.list(prefix);
      },
    };
    const handler = createHandler({ ...context, storage: listing }, id);
    for (let again = 0; again < 2; again++) {
      const { batches } = await handler(s3PutEvent(BUCKET, object, "t"));
      expect(batches.map(({ outcome, error }) => [outcome, error?.code])).toEqual([["refused", "key_invalid"]]);
    }
    expect(await keysOf(context.storage, "dead-letter/")).toHaveLength(1);
    expect(await hasReceipt(listing, id, object)).toBe(true);
  });

  it("a side file of macOS, whose name ends as a batch's: acknowledged, with a line in the log and no dead letter", async () => {
    const side = inputOf(id, "._b");
    await put(context.storage, side, "\0\x05\x16\x07");
    const { batches, ignored } = await handle(await eventOf(context, side));
    expect([batches, ignored]).toEqual([[], [{ key: side, reason: expect.stringContaining("AppleDouble") }]]);
    expect(context.lines).toMatchObject([{ key: side, message: expect.stringContaining("AppleDouble") }]);
    expect(await keysOf(context.storage)).toEqual([side, key].toSorted());
  });

  it("wrong bucket, wrong kind of event, a key of no trigger or another's: ignored with the reason", async () => {
    const [record] = (await event()).Records;
    const other = id === "bronzeToSilver" ? "silver/b.csv" : "bronze/b.csv";
    const odd = [
      await eventOf(context, key, "another"),
      { Records: [{ ...record, eventName: "ObjectRemoved:Delete" }] },
      { Records: [{ ...record, s3: { ...record.s3, object: { key: "gold/b.csv" } } }] },
      { Records: [{ ...record, s3: { ...record.s3, object: { key: other } } }] },
    ];
    for (const given of odd) expect((await handle(given)).ignored).toHaveLength(1);
    expect(await keysOf(context.storage)).toEqual([key]);
  });

  it("several records: each is processed, with its key decoded", async () => {
    const names = ["b", "two words", "a+b%20&=ü"];
    for (const name of names) await put(context.storage, inputOf(id, name), GOOD);
    const records = await Promise.all(
      names.map(async (name) => (await eventOf(context, inputOf(id, name))).Records[0]),
    );
    const { batches } = await handle({ Records: records });
    expect(batches.map(({ key, outcome }) => [key, outcome])).toEqual(names.map((name) => [inputOf(id, name), "done"]));
  });

  it.each(["read", "head"] as const)(
    "one bad of several (%s fails): the others are done, the event comes again, nothing is done twice",
    async (operation) => {
      const names = ["b", "c", "d"];
      for (const name of names) await put(context.storage, inputOf(id, name), GOOD);
      const records = await Promise.all(
        names.map(async (name) => (await eventOf(context, inputOf(id, name))).Records[0]),
      );
      const { storage } = context;
      let broken = true;
      const flaky: LakeStorage = {
        ...storage,
        async [operation](key: string) {
          if (broken && key === inputOf(id, "c"))
            throw new VantageflowError("storage_failed", "the disk is broken", { key });
          return storage[operation](key);
        },
      };
      const handler = createHandler({ ...context, storage: flaky }, id);
      await expect(handler({ Records: records })).rejects.toMatchObject({ code: "storage_failed" });
      expect(await storage.head(outputOf(id, "d"))).not.toBeNull();
      broken = false;
      const { batches } = await handler({ Records: records }, 2);
      expect(batches.map(({ outcome }) => outcome)).toEqual(["already_ingested", "done", "already_ingested"]);
    },
  );

  it("a data fault is dead-lettered once and acknowledged, however often the event comes", async () => {
    await put(context.storage, key, "junk\n");
    for (const attempt of [1, 2, 1]) {
      const { batches } = await handle(await event(), attempt);
      expect(batches[0].outcome).toBe("refused");
    }
    expect(await keysOf(context.storage, "dead-letter/")).toHaveLength(1);
  });

  it("the last attempt leaves one dead letter and a failed receipt, and a redelivery may still succeed", async () => {
    const error = new VantageflowError("storage_failed", "the disk is full", { key });
    for (let again = 0; again < 2; again++) {
      const results = await abandon(context, id, await event(), error, 3);
      expect(results.map(({ outcome, error: fault }) => [outcome, fault?.code])).toEqual([
        ["failed", "storage_failed"],
      ]);
    }
    expect(await keysOf(context.storage, "dead-letter/")).toHaveLength(1);
    expect(await hasReceipt(context.storage, id, await headOf(context.storage, key))).toBe(true);
    expect((await handle(await event())).batches[0].outcome).toBe("done");
    expect(await abandon(context, id, await event(), error, 3)).toEqual([]);
  });

  it("logs a line a batch, with the original's metrics and no cell", async () => {
    await put(context.storage, key, `${GOOD}2025-01-01T00:00:02Z,A,5,C,0.2\n`);
    await handle(await event());
    const [line] = context.lines;
    const { _aws, ...fields } = line as {
      _aws: { CloudWatchMetrics: { Namespace: string; Metrics: { Name: string }[] }[] };
    };
    const [{ Namespace, Metrics }] = _aws.CloudWatchMetrics;
    const metrics = Metrics.map(({ Name }) => Name);
    expect(Namespace).toBe(id === "bronzeToSilver" ? "VantageFlow/BronzeToSilver" : "VantageFlow/SilverToGold");
    expect(metrics).toContain(id === "bronzeToSilver" ? "AnomalyPercentage" : "DevicesProcessed");
    for (const name of metrics) expect(fields).toHaveProperty(name, expect.any(Number));
    expect(fields).toMatchObject({
      key,
      outcome: "done",
      level: "INFO",
      stage: "dev",
      RowsProcessed: 3,
      ProcessingErrors: 0,
    });
    expect(JSON.stringify(line)).not.toContain("2025-01-01");
  });
});

it("a note names what it is about", () => {
  expect(noteLine({ function: "silverToGold", stage: "prod" }, "WARN", "odd", "silver/x.csv", 0)).toEqual({
    level: "WARN",
    timestamp: "1970-01-01T00:00:00.000Z",
    service: "vantageflow-silver-to-gold",
    stage: "prod",
    message: "odd",
    key: "silver/x.csv",
  });
});

it("the fault matrix's twenty kinds of events were all tried", () => {
  console.log(`events: ${cases} cases`);
  expect(cases).toBeGreaterThanOrEqual(20);
});

it("contract 6: a version that changes the anomalies alone has new gold, though its silver is the same", async () => {
  for (const copied of [false, true]) {
    const context = contextOf();
    const { storage } = context;
    const handlers = { split: createHandler(context, "bronzeToSilver"), gold: createHandler(context, "silverToGold") };
    const both = async () => {
      await handlers.split(await eventOf(context, "bronze/b.csv"));
      const { batches } = await handlers.gold(await eventOf(context, "silver/b.csv"));
      return batches[0].outcome;
    };
    await put(storage, "bronze/b.csv", GOOD);
    expect(await both()).toBe("done");
    await put(storage, "bronze/b.csv", `${GOOD}2025-01-01T00:00:02Z,A,8,C,0.95\n`);
    await handlers.split(await eventOf(context, "bronze/b.csv"));
    // Work again for a listing, too, where the same bytes have the same token, as in a bucket.
    expect(await keysOf(storage, "receipts/vantageflow-silver-to-gold/")).toEqual([]);
    if (copied) await storage.remove("gold/b.csv");
    expect((await handlers.gold(await eventOf(context, "silver/b.csv"))).batches[0].outcome).toBe("done");
    expect(await textOf(storage, "gold/b.csv")).toContain("A,3,4.0,1.0,8.0,2,66.7");
    expect(await both()).toBe("already_ingested");
    // Anomalies expire before silver: that makes nothing of it work.
    await storage.remove("anomalies/b.csv");
    expect((await handlers.gold(await eventOf(context, "silver/b.csv"))).batches[0].outcome).toBe("already_ingested");
  }
});

it("contract 6: giving up on a version says nothing of a newer one, which was never tried", async () => {
  const context = contextOf();
  await put(context.storage, "bronze/b.csv", "crashes");
  const event = await eventOf(context, "bronze/b.csv");
  await put(context.storage, "bronze/b.csv", GOOD);
  expect(await abandon(context, "bronzeToSilver", event, new Error("it crashed"), 3)).toEqual([]);
  expect(await keysOf(context.storage, "dead-letter/")).toEqual([]);
  expect(await hasReceipt(context.storage, "bronzeToSilver", await headOf(context.storage, "bronze/b.csv"))).toBe(
    false,
  );
});

it("contract 6: rejects that a slow run over an older version left beside a newer one are removed when it looks again", async () => {
  const context = contextOf();
  const { storage } = context;
  const handler = createHandler(context, "bronzeToSilver");
  await put(storage, "bronze/b.csv", GOOD);
  await handler(await eventOf(context, "bronze/b.csv"));
  const writer = await storage.create("anomalies/b.rejects.csv", { derived: true });
  await writer.write(Buffer.from("of the version before\n"));
  await writer.commit({
    sha256: "x",
    lineage: {
      sourceKey: "bronze/b.csv",
      sourceToken: "old",
      variant: "v",
    },
  });
  await handler(await eventOf(context, "bronze/b.csv"));
  expect(await storage.head("anomalies/b.rejects.csv")).toBeNull();
});
