import { beforeEach, describe, expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import { redrive, redrivesOf, rehearse } from "../../src/engine/redrive.ts";
import { run } from "../../src/engine/run.ts";
import { VantageflowError } from "../../src/errors.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { abandon } from "../../src/functions/handler.ts";
import { dismiss, readFailures } from "../../src/ledger/failures.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { bytesOf, createLake, keysOf, put } from "../pipeline/lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n`;
const BAD = "no header\n";
const KEY = "bronze/b.csv";
const FUNCTION = "vantageflow-process-iot";

let lake: ProcessContext;
beforeEach(() => {
  let time = 0;
  lake = { ...createLake(), now: () => time++ };
});

async function lands(content: string): Promise<void> {
  await put(lake.storage, KEY, content);
  await run(lake, { concurrency: 1 });
}

const states = async () => (await readFailures(lake.storage)).map(({ state }) => state);

async function headOf(key: string) {
  const head = await lake.storage.head(key);
  if (head === null) throw new Error(`there is no ${key}`);
  return head;
}

/** Its attempts are used up, as after three crashes. */
async function abandoned(key: string): Promise<void> {
  const event = s3PutEvent("lake", await headOf(key), "t");
  const error = new VantageflowError("storage_failed", "the disk is broken", { key });
  const id = key.startsWith("bronze/") ? "bronzeToSilver" : "silverToGold";
  await abandon({ ...lake, bucket: "lake", stage: "test", log: () => {} }, id, event, error, 3);
}

/** A letter as Lambda itself writes it: whole, with a request of its own. */
function lambdaLetter(name: string, payload: unknown, response: object = {}) {
  return {
    version: "1.0",
    timestamp: "2026-01-01T00:00:00.000Z",
    requestContext: {
      requestId: `00000000-0000-4000-8000-${name.padStart(12, "0")}`,
      functionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${FUNCTION}`,
      condition: "RetriesExhausted",
      approximateInvokeCount: 3,
    },
    requestPayload: payload,
    ...response,
  };
}

describe("a failure", () => {
  it("is open while the version that was refused is there, and names function, key and reason", async () => {
    await lands(BAD);
    expect(await readFailures(lake.storage)).toMatchObject([
      { state: "open", function: FUNCTION, functionId: "bronzeToSilver", key: KEY, code: "columns_missing" },
    ]);
  });

  it("is closed when its file is replaced, processed or not yet, or removed", async () => {
    await lands(BAD);
    await put(lake.storage, KEY, GOOD);
    expect(await states()).toEqual(["replaced"]);
    await run(lake, { concurrency: 1 });
    expect(await states()).toEqual(["replaced"]);
    await lake.storage.remove(KEY);
    expect(await states()).toEqual(["removed"]);
  });

  it("of a new version is the one that is open", async () => {
    await lands(BAD);
    await lands("still no header\n");
    expect(await states()).toEqual(["replaced", "open"]);
  });

  it("stays open while nothing was done with its version, whatever became of the receipt", async () => {
    await lands(BAD);
    for (const key of await keysOf(lake.storage, "receipts/")) await lake.storage.remove(key);
    expect(await states()).toEqual(["open"]);
  });

  it("stays open in a copied lake, where every version has another token", async () => {
    await lands("an older version\n");
    await lands(BAD);
    const copy = createMemoryStorage();
    await put(copy, "elsewhere", "");
    for (const key of await keysOf(lake.storage)) await put(copy, key, (await bytesOf(lake.storage, key)) ?? "");
    lake = { ...lake, storage: copy };
    await run(lake, { concurrency: 1 });
    expect(await states()).toEqual(["replaced", "open"]);
    const [, open] = await readFailures(copy);
    await dismiss(copy, open);
    expect(await states()).toEqual(["replaced", "dismissed"]);
  });

  it("is redriven by running the function again, which is harmless twice", async () => {
    await put(lake.storage, KEY, GOOD);
    await abandoned(KEY);
    expect((await planRun(lake.storage)).work).toEqual([]);
    const [one] = redrivesOf(await readFailures(lake.storage));
    expect((await redrive(lake, one))?.outcome).toBe("done");
    expect(await states()).toEqual(["redriven"]);
    const before = await bytesOf(lake.storage, "gold/b.csv");
    expect((await redrive(lake, one))?.outcome).toBe("done");
    expect([await states(), await bytesOf(lake.storage, "gold/b.csv")]).toEqual([["redriven"], before]);
  });

  it("that is redriven and still refused stays one open record", async () => {
    await lands(BAD);
    const [one] = redrivesOf(await readFailures(lake.storage));
    expect((await redrive(lake, one))?.outcome).toBe("refused");
    expect([await states(), (await keysOf(lake.storage, "dead-letter/")).length]).toEqual([["open"], 1]);
  });

  it("that is dismissed comes back neither by a sweep nor by failing once more; a new version's is its own", async () => {
    await lands(BAD);
    const [failure] = await readFailures(lake.storage);
    for (let again = 0; again < 2; again++) await dismiss(lake.storage, failure);
    expect([await states(), (await planRun(lake.storage)).work]).toEqual([["dismissed"], []]);
    await processObject(lake, "bronzeToSilver", await headOf(KEY), true);
    expect(await states()).toEqual(["dismissed"]);
    await lands("another without header\n");
    expect(await states()).toEqual(["dismissed", "open"]);
  });

  it("of the first function is redriven before that of the second, each key once", async () => {
    await lands(GOOD);
    await put(lake.storage, "silver/a.csv", GOOD);
    for (const key of ["silver/a.csv", KEY]) await abandoned(key);
    await put(lake.storage, KEY, BAD);
    await abandoned(KEY);
    expect(redrivesOf(await readFailures(lake.storage))).toEqual([
      { function: "bronzeToSilver", key: KEY },
      { function: "silverToGold", key: "silver/a.csv" },
    ]);
  });
});

describe("Lambda's own records", () => {
  it("are read from a bucket of their own: crashes, events that expired, sweeps", async () => {
    await put(lake.storage, KEY, GOOD);
    const bucket = createMemoryStorage();
    const event = s3PutEvent("lake", await headOf(KEY), "t");
    const letters = {
      a: lambdaLetter("a", event, {
        responsePayload: { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 60.00 seconds" },
      }),
      b: lambdaLetter("b", event),
      c: lambdaLetter("c", { id: "a scheduled event" }),
    };
    for (const [name, letter] of Object.entries(letters)) {
      await put(bucket, `aws/lambda/async/${FUNCTION}/2026/01/01/${name}`, JSON.stringify(letter));
    }
    await put(bucket, "something/else", "x");
    const failures = await readFailures(lake.storage, { bucket });
    expect(failures.map(({ code, key, state }) => [code, key, state])).toEqual([
      ["Sandbox.Timedout", KEY, "open"],
      ["RetriesExhausted", KEY, "open"],
      ["RetriesExhausted", null, "open"],
    ]);
    await dismiss(lake.storage, failures[2]);
    await run(lake, { concurrency: 1 });
    const later = await readFailures(lake.storage, { bucket });
    expect(later.map(({ state }) => state)).toEqual(["redriven", "redriven", "dismissed"]);
  });

  it("of an event with several objects are a failure for each", async () => {
    await put(lake.storage, KEY, GOOD);
    await put(lake.storage, "bronze/c d.csv", GOOD);
    const records = [];
    for (const key of [KEY, "bronze/c d.csv"]) records.push(...s3PutEvent("lake", await headOf(key), "t").Records);
    const letter = lambdaLetter("a", { Records: [...records, null] });
    await put(lake.storage, `dead-letter/aws/lambda/async/${FUNCTION}/x`, JSON.stringify(letter));
    const failures = await readFailures(lake.storage);
    expect(failures.map(({ id, key, state }) => [id === failures[0].id, key, state])).toEqual([
      [true, KEY, "open"],
      [true, "bronze/c d.csv", "open"],
    ]);
  });

  it("that are none are named, and hide no other", async () => {
    await lands(BAD);
    const odd = { empty: "", null: "null", list: "[]", lacking: '{"timestamp":"x"}' };
    for (const [name, text] of Object.entries(odd)) await put(lake.storage, `dead-letter/${name}`, text);
    const named: string[] = [];
    expect(await readFailures(lake.storage, { onOdd: (key) => named.push(key) })).toHaveLength(1);
    expect(named.toSorted()).toEqual(
      Object.keys(odd)
        .map((name) => `dead-letter/${name}`)
        .toSorted(),
    );
  });
});

describe("a rehearsal", () => {
  const REDRIVE = { function: "bronzeToSilver", key: KEY } as const;

  it("says what would pass, be refused or fail, and writes nothing", async () => {
    await lands(BAD);
    const before = await keysOf(lake.storage);
    expect(await rehearse(lake, REDRIVE)).toMatchObject({
      outcome: "would_be_refused",
      error: { code: "columns_missing", line: 1 },
    });
    await put(lake.storage, KEY, `${GOOD}2025-01-01T00:00:00Z,A,x,C,0.1\n`);
    expect(await rehearse(lake, REDRIVE)).toEqual({ outcome: "would_pass", error: null });
    expect(await rehearse(lake, { ...REDRIVE, key: "bronze/none.csv" })).toMatchObject({ outcome: "would_fail" });
    expect(await keysOf(lake.storage)).toEqual(before);
  });

  it("looks at what would really be read: silver whose anomalies are gone would be refused", async () => {
    await lands(GOOD);
    const silver = { function: "silverToGold", key: "silver/b.csv" } as const;
    expect((await rehearse(lake, silver)).outcome).toBe("would_pass");
    await lake.storage.remove("anomalies/b.csv");
    expect(await rehearse(lake, silver)).toMatchObject({
      outcome: "would_be_refused",
      error: { code: "anomalies_missing" },
    });
  });
});
