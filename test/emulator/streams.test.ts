import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Discarded } from "../../src/emulator/streams/invocations.ts";
import { openKinesis } from "../../src/emulator/streams/kinesis.ts";
import { type MappingOptions, mapStream } from "../../src/emulator/streams/mapping.ts";
import { LAMBDA_DEFAULTS, type MappingSettings } from "../../src/emulator/streams/settings.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { readShardCheckpoint } from "../../src/streams/checkpoint.ts";
import { deliverEvent, responseOf } from "../../src/streams/kinesis/deliver-event.ts";
import { listedShard, startFakeKinesis } from "../streams/kinesis/fake-kinesis.ts";
import { startKinesisMock } from "../streams/kinesis/kinesis-mock.ts";

/** The event source mapping, held to what Lambda's documentation says, on a Kinesis that is none of ours. */

const mock = await startKinesisMock();
Object.assign(process.env, mock.env);

interface Invocation {
  readonly shard: string;
  readonly data: readonly string[];
  readonly sequences: readonly string[];
}

type Answer = (invocation: Invocation, count: number) => unknown;

/** A mapping of a stream to a function that answers as it is told, and all that came of it. */
async function follow(
  stream: string,
  answer: Answer,
  settings: Partial<MappingSettings> = {},
  more: Partial<MappingOptions> = {},
  endpoint = mock.endpoint,
) {
  const source = await openKinesis({ stream, endpoint });
  const invocations: Invocation[] = [];
  const discarded: Discarded[] = [];
  const running = new Set<string>();
  const mapping = await mapStream({
    source,
    name: stream,
    storage: createMemoryStorage(),
    settings: { ...LAMBDA_DEFAULTS, ...settings },
    async invoke(event) {
      const { Records: records } = event as {
        Records: { eventID: string; kinesis: { data: string; sequenceNumber: string } }[];
      };
      const [shard] = records[0].eventID.split(":");
      expect([shard, running.has(shard)]).toEqual([shard, false]);
      running.add(shard);
      const invocation = {
        shard,
        data: records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString()),
        sequences: records.map(({ kinesis }) => kinesis.sequenceNumber),
      };
      invocations.push(invocation);
      try {
        return await answer(invocation, invocations.length);
      } finally {
        running.delete(shard);
      }
    },
    async discard(one) {
      discarded.push(one);
    },
    onTrouble: () => {},
    now: Date.now,
    retryMs: 1,
    pollMs: 20,
    ...more,
  });
  return {
    invocations,
    discarded,
    /** The data of each invocation. */
    seen: () => invocations.map(({ data }) => data.join("")),
    async until(done: () => boolean): Promise<void> {
      for (let waited = 0; !done(); waited += 5) {
        if (waited > 10_000) throw new Error(`it never came to that: ${JSON.stringify([invocations, discarded])}`);
        await sleep(5);
      }
    },
    async stop(): Promise<void> {
      await mapping.stop();
      source.close();
    },
  };
}

const LETTERS = ["a", "b", "c", "d", "e", "f"];
const textOf = ({ records }: Discarded) => records.map(({ data }) => Buffer.from(data).toString()).join("");
const fails =
  (bad: string): Answer =>
  ({ data }) => {
    if (data.includes(bad)) throw new Error(`no ${bad}`);
  };

describe("an event source mapping", () => {
  it("invokes with as many records as a batch has, in order, and with the rest of them at once where there is no window", async () => {
    const stream = await mock.create();
    await mock.put(stream, LETTERS);
    const run = await follow(stream, () => null, { batchSize: 4 });
    await run.until(() => run.invocations.length === 2);
    expect(run.seen()).toEqual(["abcd", "ef"]);
    await run.stop();
  });

  it("invokes with no more bytes than an event may have, but with one record at least", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["aaa", "bb", "c", "dddddddd", "e"]);
    const run = await follow(stream, () => null, { batchBytes: 6 });
    await run.until(() => run.invocations.length === 3);
    expect(run.seen()).toEqual(["aaabbc", "dddddddd", "e"]);
    await run.stop();
  });

  it("gathers for the length of the window", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a"]);
    const run = await follow(stream, () => null, { windowMs: 400 });
    await sleep(100);
    await mock.put(stream, ["b"]);
    await run.until(() => run.invocations.length === 1);
    expect(run.seen()).toEqual(["ab"]);
    await run.stop();
  });

  it("brings at once what it has gathered when it is told to stop", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a"]);
    const run = await follow(stream, () => null, { windowMs: 60_000 });
    await sleep(300);
    expect(run.seen()).toEqual([]);
    await run.stop();
    expect(run.seen()).toEqual(["a"]);
  });

  it("runs shards beside one another, and of one shard one invocation at a time", async () => {
    const stream = await mock.create(2);
    await mock.put(
      stream,
      Array.from({ length: 40 }, (_, i) => String(i % 10)),
    );
    let running = 0;
    let meet = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const run = await follow(
      stream,
      async () => {
        if (++running === 2) meet();
        await met;
        running--;
      },
      { batchSize: 5 },
    );
    await run.until(() => run.invocations.flatMap(({ data }) => data).length === 40);
    await run.stop();
    for (const id of new Set(run.invocations.map(({ shard }) => shard))) {
      const sequences = run.invocations.filter(({ shard }) => shard === id).flatMap((one) => one.sequences);
      expect(sequences).toEqual(sequences.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
    }
  });

  it("tries a batch again until it succeeds, by default, and nothing behind it before", async () => {
    const stream = await mock.create();
    await mock.put(stream, LETTERS);
    const run = await follow(
      stream,
      (_, count) => {
        if (count <= 12) throw new Error("down");
      },
      { batchSize: 3 },
      { retryMs: 0 },
    );
    await run.until(() => run.invocations.length === 14);
    expect(run.seen()).toEqual([...Array(13).fill("abc"), "def"]);
    expect(run.discarded).toEqual([]);
    await run.stop();
  });

  it("gives a batch up behind its last retry, and goes on behind it", async () => {
    const stream = await mock.create();
    await mock.put(stream, LETTERS);
    const run = await follow(stream, fails("b"), { batchSize: 3, maxRetries: 2 });
    await run.until(() => run.invocations.length === 4);
    expect(run.seen()).toEqual(["abc", "abc", "abc", "def"]);
    expect(run.discarded.map((one) => [textOf(one), one.condition, one.invocations])).toEqual([
      ["abc", "RetryAttemptsExhausted", 3],
    ]);
    await run.stop();
  });

  it("cuts a batch that fails in two, without counting that, until what fails is alone", async () => {
    const stream = await mock.create();
    await mock.put(stream, LETTERS);
    const run = await follow(stream, fails("e"), { maxRetries: 1, bisect: true });
    await run.until(() => run.discarded.length === 1 && run.seen().includes("f"));
    expect(run.seen()).toEqual(["abcdef", "abc", "def", "de", "d", "e", "e", "f"]);
    expect(run.discarded.map((one) => [textOf(one), one.invocations])).toEqual([["e", 5]]);
    await run.stop();
  });

  it("gives up records that are older than they may be, before it invokes with them and between retries", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a", "b"]);
    let now = Date.now() + 60_000;
    const run = await follow(stream, fails("c"), { maxRecordAgeMs: 30_000 }, { now: () => now });
    await run.until(() => run.discarded.length === 1);
    expect([run.seen(), run.discarded.map((one) => [textOf(one), one.condition, one.invocations])]).toEqual([
      [],
      [["ab", "RecordAgeExceeded", 0]],
    ]);
    now = Date.now();
    await mock.put(stream, ["c"]);
    await run.until(() => run.invocations.length > 1);
    now += 60_000;
    await run.until(() => run.discarded.length === 2);
    expect([textOf(run.discarded[1]), run.discarded[1].invocations > 1]).toEqual(["c", true]);
    await run.stop();
  });

  it("waits with the shard until the destination has what is given up", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a", "b"]);
    let tries = 0;
    const discard = async () => {
      if (++tries < 3) throw new Error("down");
    };
    const run = await follow(stream, fails("a"), { batchSize: 1, maxRetries: 0 }, { discard });
    await run.until(() => run.invocations.length === 2);
    expect([run.seen(), tries]).toEqual([["a", "b"], 3]);
    await run.stop();
  });

  it("tells how old the last record of each invocation is", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a", "b"]);
    const ages: [string, number, number][] = [];
    const start = Date.now();
    const run = await follow(
      stream,
      () => null,
      {},
      {
        now: () => Date.now() + 5000,
        onInvoke: (...told) => void ages.push(told),
      },
    );
    await run.until(() => run.invocations.length === 1);
    await run.stop();
    const [[shard, records, age]] = ages;
    expect([shard, records]).toEqual(["shardId-000000000000", 2]);
    expect(age).toBeGreaterThanOrEqual(5000);
    expect(age).toBeLessThan(7000 + Date.now() - start);
  });
});

describe("the answer of a function that reports what failed", () => {
  const report = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

  it("has the rest delivered again from the lowest number on", async () => {
    const stream = await mock.create();
    const [, , c, , e] = await mock.put(stream, LETTERS);
    const run = await follow(stream, (_, count) => (count === 1 ? report(e, c) : report()), { reportsFailures: true });
    await run.until(() => run.invocations.length === 2);
    expect(run.seen()).toEqual(["abcdef", "cdef"]);
    await run.stop();
  });

  it("is a cut where batches are cut, and a retry elsewhere", async () => {
    const always: Answer = ({ sequences }) => report(sequences[Math.min(1, sequences.length - 1)]);
    for (const [bisect, seen, lost] of [
      [true, ["abc", "bc", "c"], "c"],
      [false, ["abc"], "bc"],
    ] as const) {
      const stream = await mock.create();
      await mock.put(stream, ["a", "b", "c"]);
      const run = await follow(stream, always, { reportsFailures: true, bisect, maxRetries: 0 });
      await run.until(() => run.discarded.length === 1);
      expect([run.seen(), run.discarded.map(textOf)]).toEqual([seen, [lost]]);
      await run.stop();
    }
  });

  it.each([
    ["nothing", null],
    ["no list", {}],
    ["a list that is null", { batchItemFailures: null }],
    ["an empty list", { batchItemFailures: [] }],
  ])("is success with %s", async (_, answer) => {
    const stream = await mock.create();
    await mock.put(stream, ["a"]);
    const run = await follow(stream, () => answer, { reportsFailures: true, maxRetries: 0 });
    await run.until(() => run.invocations.length === 1);
    await run.stop();
    expect([run.seen(), run.discarded]).toEqual([["a"], []]);
  });

  it.each([
    ["an empty identifier", report("")],
    ["no identifier", report(null)],
    ["another key", { batchItemFailures: [{ sequenceNumber: "1" }] }],
    ["the number of a record that was not in it", report("1")],
    ["a number that JavaScript has rounded", report("4.9680701632712886e+55")],
    ["a list that is none", { batchItemFailures: "1" }],
  ])("is the failure of all with %s", async (_, answer) => {
    const stream = await mock.create();
    await mock.put(stream, ["a", "b"]);
    const run = await follow(stream, () => answer, { reportsFailures: true, maxRetries: 0 });
    await run.until(() => run.discarded.length === 1);
    expect(run.discarded.map(textOf)).toEqual(["ab"]);
    await run.stop();
  });

  it("counts for nothing where the mapping does not ask for it", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a"]);
    const run = await follow(stream, () => report("1"), { maxRetries: 0 });
    await run.until(() => run.invocations.length === 1);
    await run.stop();
    expect(run.discarded).toEqual([]);
  });
});

describe("a stream whose shards are split and merged", () => {
  it("is read parents first, whoever is read first", async () => {
    const stream = await mock.create();
    await mock.put(stream, ["a", "b"]);
    await mock.split(stream, "shardId-000000000000");
    await mock.put(stream, ["c", "d", "e", "f"]);
    await mock.merge(stream, "shardId-000000000001", "shardId-000000000002");
    await mock.put(stream, ["g", "h"]);
    const slowly: Answer = async ({ shard }) => sleep(shard.endsWith("0") ? 300 : 0);
    const run = await follow(stream, slowly, { batchSize: 1 });
    await run.until(() => run.invocations.length === 8);
    const order = run.seen().join("");
    expect(order.slice(0, 2)).toBe("ab");
    expect([...order.slice(2, 6)].sort().join("")).toBe("cdef");
    expect(order.slice(6)).toBe("gh");
    await run.stop();
  });

  it("is gone on with where the lake says, and one that was made anew is read from its start", async () => {
    const storage = createMemoryStorage();
    const reading = (device: string) => JSON.stringify({ device_id: device, value: 1 });
    const invoke = async (event: unknown) => responseOf(await deliverEvent(storage, event));
    const seen: number[] = [];
    const onInvoke = (_: string, records: number) => void seen.push(records);
    const stream = await mock.create();
    const shard = { source: stream, shard: "shardId-000000000000" };
    await mock.put(stream, [reading("A"), reading("B")]);
    const first = await follow(stream, () => null, {}, { storage, invoke, onInvoke });
    await first.until(() => seen.length === 1);
    await first.stop();
    await mock.put(stream, [reading("C")]);
    await mock.split(stream, shard.shard);
    const second = await follow(stream, () => null, {}, { storage, invoke, onInvoke });
    await second.until(() => seen.length === 2);
    await second.stop();
    const ended = await readShardCheckpoint(storage, shard);
    expect([seen, ended.isEnded]).toEqual([[2, 1], true]);
    const third = await follow(stream, () => null, {}, { storage, invoke, onInvoke });
    await sleep(100);
    await third.stop();
    expect(seen).toEqual([2, 1]);
    // As a stream that was removed and made again: the seconds of its making come first in its numbers.
    await sleep(1100);
    const again = await mock.create();
    await mock.put(again, [reading("D")]);
    const fourth = await follow(again, () => null, {}, { name: stream, storage, invoke, onInvoke });
    await fourth.until(() => seen.length === 3);
    await fourth.stop();
    expect(await readShardCheckpoint(storage, shard)).toMatchObject({ isEnded: false });
  });
});

describe("a shard that the stream has no more", () => {
  /** A Kinesis of one shard, `parent`, that is gone once it was listed, and of its child; `has` says whether it has the stream itself. */
  async function startForgetful(has: { stream: boolean }) {
    const asked: string[] = [];
    const [parent, child] = ["shardId-000000000000", "shardId-000000000001"];
    const record = { SequenceNumber: "7", PartitionKey: "k", Data: "YQ==", ApproximateArrivalTimestamp: 1 };
    const endpoint = await startFakeKinesis((target, { ShardId, ShardIterator }) => {
      asked.push([target, ShardId, ShardIterator].filter((part) => part !== undefined).join(" "));
      if (!has.stream) return null;
      if (target === "DescribeStreamSummary")
        return { StreamDescriptionSummary: { StreamARN: "arn:a:b:c:d:stream/s" } };
      if (target === "ListShards") {
        const isFirst = asked.filter((one) => one === target).length === 1;
        return { Shards: [...(isFirst ? [listedShard(parent)] : []), listedShard(child, { ParentShardId: parent })] };
      }
      if (target === "GetShardIterator") return ShardId === parent ? null : { ShardIterator: "first" };
      return { Records: ShardIterator === "first" ? [record] : [], NextShardIterator: "next", MillisBehindLatest: 0 };
    });
    return { asked, parent, endpoint };
  }

  it("is told of once and asked for no more, and those that it became are read", async () => {
    const { asked, parent, endpoint } = await startForgetful({ stream: true });
    const troubles: string[] = [];
    const storage = createMemoryStorage();
    const onTrouble = (error: unknown) => void troubles.push(String(error));
    const run = await follow("s", () => null, {}, { storage, onTrouble }, endpoint);
    await run.until(() => run.seen().length > 0 && asked.at(-1) === "GetRecords next");
    expect([run.seen(), troubles]).toEqual([["a"], [expect.stringMatching(`whether all of ${parent} was read`)]]);
    expect(asked.filter((one) => one.includes(parent))).toHaveLength(1);
    await run.stop();
  });

  it("is asked for again where it is the stream that is not found: that may come back", async () => {
    const has = { stream: true };
    const { asked, parent, endpoint } = await startForgetful(has);
    const troubles: string[] = [];
    const source = await openKinesis({ stream: "s", endpoint });
    has.stream = false;
    const reader = source.read(parent, null);
    for (let i = 0; i < 2; i++) await reader.next().catch((error) => troubles.push(String(error)));
    source.close();
    expect([troubles.length, troubles[0]]).toEqual([
      2,
      expect.stringMatching(/Cannot read the stream "s": there is none in us-east-1/),
    ]);
    expect(asked.filter((one) => one.includes(parent))).toHaveLength(2);
  });
});

describe("a stream that cannot be read", () => {
  it("is refused with what to do about it", async () => {
    await expect(openKinesis({ stream: "none", endpoint: mock.endpoint })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/^Cannot read the stream "none": there is none in us-east-1\. Check the name/),
    });
    await expect(openKinesis({ stream: "none", endpoint: "http://127.0.0.1:1" })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
