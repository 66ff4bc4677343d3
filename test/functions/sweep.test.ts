import { describe, expect, it } from "vitest";
import { type SweepContext, sweep } from "../../src/functions/sweep.ts";
import { receiptKey } from "../../src/ledger/names.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { type FunctionId, topology } from "../../src/topology.ts";
import { put } from "../pipeline/lake.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-03-10T12:00:00Z");
const { bronzeToSilver: split } = topology.functions;

/** A lake whose objects are as many minutes old as their names say (`old.10.csv`), and what the sweep did with it. */
function lakeAt(now = NOW) {
  const memory = createMemoryStorage();
  const minutesOf = (key: string) => Number(/\.(\d+)\.csv$/.exec(key)?.[1] ?? 0);
  const aged = <T extends { key: string }>(object: T) => ({
    ...object,
    modified: now - minutesOf(object.key) * MINUTE,
  });
  const storage: LakeStorage = {
    ...memory,
    async *list(prefix) {
      for await (const object of memory.list(prefix)) yield aged(object);
    },
    async head(key) {
      const head = await memory.head(key);
      return head === null ? null : aged(head);
    },
  };
  const started: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const context: SweepContext = {
    storage,
    bucket: "lake",
    failures: createMemoryStorage(),
    invoke: async (id, event) => {
      started.push(`${id} ${keyOf(event)}`);
    },
    now: () => now,
    stage: "prod",
    log: (line) => lines.push(line),
  };
  return { context, storage, started, lines };
}

function keyOf(event: unknown): string {
  return (event as ReturnType<typeof s3PutEvent>).Records[0].s3.object.key;
}

/** The record that Lambda writes of an event that crashed or timed out (no errorType, as in its documentation). */
async function giveUp(context: SweepContext, id: FunctionId, key: string, at: string): Promise<void> {
  const head = await context.storage.head(key);
  if (head === null) throw new Error(`there is no ${key}`);
  const { name, startedBy } = topology.functions[id];
  const record = {
    version: "1.0",
    timestamp: at,
    requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: s3PutEvent("lake", head, startedBy.id),
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorMessage: `${at} Task timed out after 60.00 seconds` },
  };
  const day = at.slice(0, 10).replaceAll("-", "/");
  const second = at.slice(0, 19).replaceAll(":", ".");
  const written = `aws/lambda/async/${name}/${day}/${second}-${id}-${key.replaceAll("/", "_")}`;
  await put(context.failures, written, JSON.stringify(record));
}

describe("the sweep", () => {
  it("starts what has no receipt and is older than the grace time, the oldest first", async () => {
    const { context, storage, started } = lakeAt();
    for (const key of ["bronze/a.10.csv", "bronze/b.20.csv", "bronze/young.4.csv", "bronze/notes.30.txt"]) {
      await put(storage, key, key);
    }
    await put(storage, "silver/alone.15.csv", "x");
    await put(storage, "bronze/done.90.csv", "x");
    const token = (await storage.head("bronze/done.90.csv"))?.token ?? "";
    await put(storage, receiptKey(split.name, "bronze/done.90.csv", token), "");
    const result = await sweep(context);
    expect(started).toEqual([
      "bronzeToSilver bronze/b.20.csv",
      "silverToGold silver/alone.15.csv",
      "bronzeToSilver bronze/a.10.csv",
    ]);
    expect(result).toEqual({ oldestSeconds: 20 * 60, waiting: 4, givenUp: 0, started: 3 });
  });

  it("leaves silver to the bronze that will write it anew", async () => {
    const { context, storage, started } = lakeAt();
    for (const key of ["bronze/b.10.csv", "silver/b.10.csv"]) await put(storage, key, key);
    expect(await sweep(context)).toMatchObject({ waiting: 1, started: 1 });
    expect(started).toEqual(["bronzeToSilver bronze/b.10.csv"]);
  });

  it("does not start again what Lambda has given up on, until there is a newer version", async () => {
    const { context, storage, started } = lakeAt();
    for (const key of ["bronze/poison ü.60.csv", "bronze/replaced.50.csv", "bronze/fine.40.csv"]) {
      await put(storage, key, "first");
    }
    await giveUp(context, "bronzeToSilver", "bronze/poison ü.60.csv", "2026-03-10T11:10:00.000Z");
    await giveUp(context, "bronzeToSilver", "bronze/replaced.50.csv", "2026-03-10T11:20:00.000Z");
    await put(storage, "bronze/replaced.50.csv", "second");
    await put(context.failures, `aws/lambda/async/${split.name}/2026/03/10/2026-03-10T11.30.00-junk`, "{");
    await put(context.failures, `aws/lambda/async/${split.name}/2026/03/10/2026-03-10T11.30.00-null`, "null");
    const result = await sweep(context);
    expect(started).toEqual(["bronzeToSilver bronze/replaced.50.csv", "bronzeToSilver bronze/fine.40.csv"]);
    // It still waits: the alarm on its age is how somebody comes to look.
    expect(result).toMatchObject({ oldestSeconds: 3600, waiting: 3, givenUp: 1, started: 2 });
  });

  it("starts again what was uploaded again after Lambda had given up on the same bytes, older work or not", async () => {
    const { context, storage, started } = lakeAt();
    for (const key of ["bronze/again.10.csv", "bronze/poison.90.csv"]) {
      await put(storage, key, "the same");
      await giveUp(context, "bronzeToSilver", key, "2026-03-10T11:00:00.000Z");
    }
    expect(await sweep(context)).toMatchObject({ waiting: 2, givenUp: 1, started: 1 });
    expect(started).toEqual(["bronzeToSilver bronze/again.10.csv"]);
  });

  it("never starts what no function can take, and does not count it", async () => {
    const { context, storage, started } = lakeAt();
    const names = ["bronze/a//b.10.csv", "bronze/a\\b.10.csv", `bronze/${"a/".repeat(500)}b.10.csv`];
    const odd: LakeStorage = {
      ...storage,
      async *list(prefix) {
        if (prefix !== "bronze/") return;
        for (const key of names) yield { key, token: "t", size: 1, modified: 0 };
      },
    };
    expect(await sweep({ ...context, storage: odd })).toEqual({ oldestSeconds: 0, waiting: 0, givenUp: 0, started: 0 });
    expect(started).toEqual([]);
  });

  it("bounds what it starts, what it remembers and what is in flight", async () => {
    const { context, storage } = lakeAt();
    for (let n = 0; n < 40; n++) await put(storage, `bronze/${n}.${n + 6}.csv`, String(n));
    await put(storage, "silver/alone.99.csv", "x");
    const started: string[] = [];
    let [running, most] = [0, 0];
    const limits = { starts: 10, candidates: 30, concurrency: 3 };
    const invoke = async (_id: FunctionId, event: unknown) => {
      most = Math.max(most, ++running);
      await new Promise((next) => setTimeout(next, 2));
      started.push(keyOf(event));
      running--;
    };
    const result = await sweep({ ...context, limits, invoke });
    expect(result).toMatchObject({ waiting: 40, started: 10, oldestSeconds: 45 * 60 });
    expect(started.every((key) => key.startsWith("bronze/"))).toBe(true);
    expect([started.length, most]).toEqual([10, 3]);
  });

  it("tells the age of the oldest on every run, 0 when there is nothing, as the alarm looks for it", async () => {
    for (const [key, age] of [
      [null, 0],
      ["bronze/young.1.csv", 60],
    ] as const) {
      const { context, storage, lines } = lakeAt();
      if (key !== null) await put(storage, key, "x");
      await sweep(context);
      expect(lines).toEqual([
        {
          _aws: {
            Timestamp: NOW,
            CloudWatchMetrics: [
              {
                Namespace: "VantageFlow/Sweep",
                Dimensions: [["service"]],
                Metrics: [{ Name: "OldestWorkSeconds", Unit: "Seconds" }],
              },
            ],
          },
          level: "INFO",
          timestamp: "2026-03-10T12:00:00.000Z",
          service: "vantageflow-sweep",
          stage: "prod",
          message: "swept",
          waiting: key === null ? 0 : 1,
          OldestWorkSeconds: age,
        },
      ]);
    }
  });

  it("a start that fails keeps none of the others from its turn, and is an error in the end", async () => {
    const { context, storage, started, lines } = lakeAt();
    for (let n = 0; n < 5; n++) await put(storage, `bronze/${n}.10.csv`, "x");
    const invoke = async (id: FunctionId, event: unknown) => {
      if (keyOf(event) === "bronze/2.10.csv") throw new Error("Rate exceeded");
      await context.invoke(id, event);
    };
    await expect(sweep({ ...context, invoke })).rejects.toThrow(
      "Cannot sweep: 1 of 5 functions could not be started, the first: Rate exceeded. The next sweep tries again.",
    );
    expect(started).toHaveLength(4);
    expect(lines.find(({ level }) => level === "ERROR")).toMatchObject({ key: "bronze/2.10.csv" });
  });

  it("a record that cannot be read keeps none of the others from its turn, and is an error in the end", async () => {
    const { context, storage, started, lines } = lakeAt();
    for (const key of ["bronze/a.10.csv", "bronze/b.20.csv", "bronze/c.30.csv"]) await put(storage, key, key);
    await giveUp(context, "bronzeToSilver", "bronze/a.10.csv", "2026-03-10T11:55:00Z");
    await giveUp(context, "bronzeToSilver", "bronze/b.20.csv", "2026-03-10T11:55:00Z");
    const { failures } = context;
    const read = (key: string) => {
      return key.endsWith("b.20.csv") ? Promise.reject(new Error("it is archived")) : failures.read(key);
    };
    const swept = sweep({ ...context, failures: { ...failures, read } });
    await expect(swept).rejects.toThrow(/1 failure record could not be read.*it is archived/);
    expect(started).toEqual(["bronzeToSilver bronze/c.30.csv", "bronzeToSilver bronze/b.20.csv"]);
    expect(lines).toContainEqual(expect.objectContaining({ level: "ERROR", message: "it is archived" }));
  });

  it("tells the age even when the failures cannot be read", async () => {
    const { context, storage, lines, started } = lakeAt();
    await put(storage, "bronze/b.10.csv", "x");
    const failures: LakeStorage = {
      ...context.failures,
      // biome-ignore lint/correctness/useYield: it breaks before it lists anything
      async *list() {
        throw new Error("access is denied");
      },
    };
    await expect(sweep({ ...context, failures })).rejects.toThrow("access is denied");
    expect(lines).toMatchObject([{ OldestWorkSeconds: 600 }]);
    expect(started).toEqual([]);
  });
});
