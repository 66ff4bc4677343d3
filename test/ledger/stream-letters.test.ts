import { expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { dismiss, readFailures } from "../../src/ledger/failures.ts";
import { writeStreamLetter } from "../../src/ledger/stream-letters.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { topology } from "../../src/topology.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { eventRecord, SHARD_ID, sequenceOf } from "../streams/kinesis/event.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const { name } = topology.functions.stream;

const letterOf = (condition: string, error: unknown, data = "x") => ({
  function: name,
  streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/line-1",
  shard: SHARD_ID,
  condition,
  invocations: 5,
  error,
  first: { sequence: sequenceOf(0), arrived: NOW - 2000 },
  last: { sequence: sequenceOf(1), arrived: NOW - 1000 },
  count: 2,
  event: { Records: [eventRecord(0, data), eventRecord(1, data)] },
});

it("records of a stream that were given up are a failure, whole, once, until somebody settles it", async () => {
  const lake = createMemoryStorage();
  const error = new VantageflowError("function_memory", "It was too large.");
  const key = await writeStreamLetter(lake, letterOf("RetryAttemptsExhausted", error, "x".repeat(1_000_000)), NOW);
  expect(key).toMatch(/^dead-letter\/aws\/lambda\/async\/vantageflow-stream\/2026\/01\/01\/2026-01-01T00\.00\.00-/);
  const record = JSON.parse((await textOf(lake, key)) ?? "");
  expect(record.KinesisBatchInfo).toMatchObject({ shardId: SHARD_ID, batchSize: 2, endSequenceNumber: sequenceOf(1) });
  expect(JSON.parse(record.payload).Records).toHaveLength(2);
  // The same records, after a kill.
  await writeStreamLetter(lake, letterOf("RetryAttemptsExhausted", error), NOW + 5000);
  const [failure, ...more] = await readFailures(lake);
  expect(more).toEqual([]);
  const open = { state: "open", key: null, function: name, code: "function_memory", message: "It was too large." };
  expect(failure).toMatchObject(open);
  await dismiss(lake, failure);
  expect((await readFailures(lake)).map(({ state }) => state)).toEqual(["dismissed"]);
});

it("Lambda's own records of a stream, in its bucket, are failures, too, and are settled in the lake", async () => {
  const [lake, bucket] = [createMemoryStorage(), createMemoryStorage()];
  const key = await writeStreamLetter(lake, letterOf("RecordAgeExceeded", null), NOW);
  const text = (await textOf(lake, key)) ?? "";
  await lake.remove(key);
  const own = `aws/lambda/0b5c8b0e-5b1c-4b0e-9b1c-0b5c8b0e5b1c/${SHARD_ID}/2026/01/01/2026-01-01T00.00.00-11111111-2222-3333-4444-555555555555`;
  await put(bucket, own, text);
  const [failure] = await readFailures(lake, { bucket });
  expect(failure).toMatchObject({ state: "open", code: "RecordAgeExceeded", message: "no answer (RecordAgeExceeded)" });
  await dismiss(lake, failure);
  expect([await keysOf(bucket), await keysOf(lake)]).toEqual([[], [`dead-letter/dismissed/${own}`]]);
});
