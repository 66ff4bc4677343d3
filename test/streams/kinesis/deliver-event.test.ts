import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../../src/errors.ts";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { LakeStorage } from "../../../src/storage/port.ts";
import { unpackAggregated } from "../../../src/streams/kinesis/aggregated.ts";
import { deliverEvent, responseOf } from "../../../src/streams/kinesis/deliver-event.ts";
import { readingsIn } from "../../../src/streams/kinesis/readings.ts";
import { keysOf, textOf } from "../../pipeline/lake.ts";
import { eventRecord, SHARD_ID, sequenceOf } from "./event.ts";

const ARRIVAL = "2026-01-01T00:00:00.500Z";
const FOLDER = `bronze/stream/line-1/${SHARD_ID}`;
const reading = (device: string, value: unknown = 1) => JSON.stringify({ device_id: device, value, unit: "C" });
const eventOf = (...data: (string | Uint8Array)[]) => ({ Records: data.map((one, n) => eventRecord(n, one)) });

/** `device value` of each reading, `-` of what is none. */
const told = (data: string | Uint8Array) =>
  readingsIn(Buffer.from(data), ARRIVAL).map((one) => (one === null ? "-" : `${one.device} ${one.value}`));

async function rowsOf(storage: LakeStorage): Promise<string[]> {
  const rows: string[] = [];
  for (const key of await keysOf(storage, "bronze/")) {
    rows.push(...((await textOf(storage, key)) ?? "").trimEnd().split("\n").slice(1));
  }
  return rows;
}

describe("the data of a record", () => {
  it.each([
    [reading("A"), ["A 1"]],
    [`[${reading("A")}, ${reading("B")}]`, ["A 1", "B 1"]],
    [`${reading("A")}\n${reading("B")}\n`, ["A 1", "B 1"]],
    ['{\n "device_id": "A",\n "value": 9007199254740993\n}', ["A 9007199254740993"]],
    ['\ufeff{"device_id": "A", "value": 1.0}', ["A 1.0"]],
    [`${reading("A")}\nnot JSON\n${reading("B", "x")}`, ["A 1", "-", "-"]],
    [`[${reading("A")}, ${reading("B", "x")}]`, ["A 1", "-"]],
    [`[\n${reading("A")}\n,`, ["-"]],
    [`[${reading("A")}]\n[${reading("B")}]`, ["-"]],
    ["", ["-"]],
    ["[]", ["-"]],
    ["21.5", ["-"]],
    [`${reading("A")}\0`, ["-"]],
    [Buffer.from([0xff, 0xfe, 0x7b]), ["-"]],
    ['{"device_id": "A", "value": 1, "valeu": 2}', ["-"]],
  ])("%j is %j", (data, expected) => {
    expect(told(data)).toEqual(expected);
  });

  it("has the time of its arrival where it says none", () => {
    expect(readingsIn(Buffer.from(reading("A")), ARRIVAL)).toMatchObject([{ timestamp: ARRIVAL }]);
  });
});

describe("records that AWS's packers have packed", () => {
  const { cases } = JSON.parse(readFileSync("test/streams/kinesis/aggregated.json", "utf8"));

  it.each(cases as { packer: string; name: string; data: string[]; packed: string }[])(
    "come out as they went in: $name, by $packer",
    ({ data, packed }) => {
      const bytes = Buffer.from(packed, "base64");
      expect(unpackAggregated(bytes)?.map((one) => Buffer.from(one).toString())).toEqual(data);
      expect(told(bytes)).toEqual(data.flatMap(told));
    },
  );

  it("are no reading where a byte is another, and never anything that was not sent", () => {
    const bytes = Buffer.from(cases[0].packed, "base64");
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i] ^= 1;
      expect([i, told(damaged)]).toEqual([i, ["-"]]);
    }
  });

  it("never break what reads them, whatever stands in one with the right checksum", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        const digest = createHash("md5").update(body).digest();
        const bytes = Buffer.concat([Buffer.from("f3899ac2", "hex"), body, digest]);
        expect(told(bytes).filter((one) => one !== "-")).toEqual([]);
        for (const one of unpackAggregated(bytes) ?? []) expect(bytes.includes(Buffer.from(one))).toBe(true);
      }),
    );
    expect(told(Buffer.concat([Buffer.from("f3899ac2", "hex"), createHash("md5").digest()]))).toEqual(["-"]);
  });
});

describe("an event of a stream", () => {
  it("becomes a batch of its shard, a row a reading, and one that has only its number for what is none", async () => {
    const storage = createMemoryStorage();
    const event = eventOf(reading("A"), "x", `[${reading("B")},${reading("C")}]`);
    const done = await deliverEvent(storage, event);
    expect(done).toMatchObject({ records: 3, batches: [`${FOLDER}/0.csv`], written: 4, unreadable: 1, failed: null });
    expect(responseOf(done)).toEqual({ batchItemFailures: [] });
    expect(await rowsOf(storage)).toEqual([
      `2026-01-01T00:00:00.500Z,A,1,C,0,${sequenceOf(0)}`,
      `,,,,,${sequenceOf(1)}`,
      `2026-01-01T00:00:02.500Z,B,1,C,0,${sequenceOf(2)}`,
      `2026-01-01T00:00:02.500Z,C,1,C,0,${sequenceOf(2)}`,
    ]);
    expect(await deliverEvent(storage, event)).toMatchObject({ batches: [], written: 0 });
  });

  it("is told from where on to be delivered again, where the store fails on the way", async () => {
    const storage = createMemoryStorage();
    let batches = 0;
    const failing: LakeStorage = {
      ...storage,
      async create(key, options) {
        if (key.startsWith("bronze/") && ++batches > 1) throw new VantageflowError("storage_failed", "It is down.");
        return storage.create(key, options);
      },
    };
    const event = eventOf(`[${reading("A")},${reading("B")}]`, reading("C"), reading("D"), reading("E"));
    const done = await deliverEvent(failing, event, { maxReadings: 2 });
    expect(done).toMatchObject({ written: 2, failed: { sequence: sequenceOf(1), error: { code: "storage_failed" } } });
    expect(responseOf(done)).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceOf(1) }] });
    const rest = { Records: event.Records.slice(1) };
    await expect(deliverEvent(failing, rest, { maxReadings: 2 })).rejects.toMatchObject({ code: "storage_failed" });
    expect(await deliverEvent(storage, rest, { maxReadings: 2 })).toMatchObject({ written: 3, failed: null });
    expect((await rowsOf(storage)).map((row) => row.split(",")[1]).sort()).toEqual(["A", "B", "C", "D", "E"]);
  });

  it("waits for a lake that is down as long as it is told to, and not for what is wrong with the event", async () => {
    const storage = createMemoryStorage();
    let creates = 0;
    const failing: LakeStorage = {
      ...storage,
      async create(key, options) {
        if (++creates <= 3) throw new VantageflowError("storage_failed", "It is down.");
        return storage.create(key, options);
      },
    };
    const asked: number[] = [];
    const again = async (_: unknown, failures: number) => asked.push(failures) < 5;
    expect(await deliverEvent(failing, eventOf(reading("A")), { again })).toMatchObject({ written: 1, failed: null });
    expect(asked).toEqual([1, 2, 3]);
    await expect(deliverEvent(storage, { Records: [] }, { again })).rejects.toMatchObject({ code: "usage" });
    expect(asked).toEqual([1, 2, 3]);
  });

  it.each([
    ["nothing", null],
    ["no records", { Records: [] }],
    ["an event of a bucket", { Records: [{ eventSource: "aws:s3", s3: {} }] }],
    [
      "a time that is none",
      {
        Records: [
          { ...eventRecord(0, "{}"), kinesis: { ...eventRecord(0, "{}").kinesis, approximateArrivalTimestamp: 1e300 } },
        ],
      },
    ],
    ["records of two shards", { Records: [eventRecord(0, "{}"), eventRecord(1, "{}", "shardId-000000000001")] }],
    ["a shard that cannot stand in a key", { Records: [eventRecord(0, "{}", "../x")] }],
    ["numbers that fall", { Records: [eventRecord(1, "{}"), eventRecord(0, "{}")] }],
  ])("is refused with %s", async (_, event) => {
    const storage = createMemoryStorage();
    await expect(deliverEvent(storage, event)).rejects.toMatchObject({ code: "usage" });
    expect(await keysOf(storage)).toEqual([]);
  });
});
