import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createDispatcher, retryDelay } from "../../src/emulator/dispatcher.ts";
import { createInProcessRuntime, type FunctionRuntime } from "../../src/emulator/runtime.ts";
import { createWorkerRuntime, type WorkerRuntimeOptions } from "../../src/emulator/worker-runtime.ts";
import { createHandler, type HandlerContext } from "../../src/functions/handler.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { FUNCTION_IDS, type FunctionId, functionNamed, type LakeFunction, topology } from "../../src/topology.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const SCRIPT = pathToFileURL(resolve("test/emulator/faulty-worker.mjs"));
const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n`;

/** The functions with limits that a test can wait for. */
function limited(change: Partial<LakeFunction>) {
  const { bronzeToSilver, silverToGold } = topology.functions;
  return { bronzeToSilver: { ...bronzeToSilver, ...change }, silverToGold: { ...silverToGold, ...change } };
}

const open: FunctionRuntime[] = [];
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
});

function workers(options: Partial<WorkerRuntimeOptions> = {}): FunctionRuntime & { gone: number[] } {
  const gone: number[] = [];
  const runtime = createWorkerRuntime({
    script: SCRIPT,
    lake: "unused",
    settings: DEFAULT_SETTINGS,
    code: "test",
    copyInputs: false,
    environment: {},
    log: () => {},
    onGone: (thread) => gone.push(thread),
    ...options,
  });
  open.push(runtime);
  return { ...runtime, gone };
}

let cases = 0;

describe.each(FUNCTION_IDS)("%s in a worker thread", (id) => {
  const faults: [fault: string, code: string, change: Partial<LakeFunction>][] = [
    ["throws", "function_exit", {}],
    ["rejects", "function_exit", {}],
    ["throws a non-Error", "function_exit", {}],
    ["reports an error", "storage_failed", {}],
    ["hangs", "function_timeout", { timeoutSeconds: 0.2 }],
    ["spins", "function_timeout", { timeoutSeconds: 0.2 }],
    ["exceeds memory", "function_memory", { memoryMb: 16 }],
    ["exits", "function_exit", {}],
  ];

  it.each(faults)("%s: a failed invocation, and the next one is served", async (fault, code, change) => {
    const functions = limited(change);
    const runtime = workers({ functions });
    await expect(runtime.invoke(id, { fault }, 1)).rejects.toMatchObject({ code });
    // The limit was for the fault: on a busy machine, a new thread takes longer to start.
    functions[id] = topology.functions[id];
    const { ignored } = await runtime.invoke(id, { fault: "none" }, 1);
    expect(ignored).toEqual([{ key: id, reason: "dev" }]);
    // What was cut off is told of, for it may have left a lock behind.
    expect(runtime.gone.length).toBe(fault === "reports an error" ? 0 : 1);
    cases++;
  });

  it.each([2, 3])("succeeds on attempt %d: one success, no dead letter", async (until) => {
    const { storage, results, retries } = await dispatched(id, workers(), { fault: "reports an error", until });
    expect([results.length, retries]).toEqual([0, until - 1]);
    expect(await keysOf(storage, "dead-letter/")).toEqual([]);
    cases++;
  });

  it.each(faults)(
    "%s three times: one dead letter that says why, a failed receipt, and no more",
    async (fault, code, change) => {
      const runtime = workers({ functions: limited(change) });
      const { storage, results, retries } = await dispatched(id, runtime, { fault });
      expect([results.map(({ outcome }) => outcome), retries]).toEqual([["failed"], 2]);
      const [letter, ...more] = await keysOf(storage, "dead-letter/");
      expect(JSON.parse((await textOf(storage, letter)) ?? "").responsePayload.errorType).toBe(code);
      expect([more, (await keysOf(storage, "receipts/vantageflow-")).length]).toEqual([[], 1]);
    },
  );
});

it("the fault matrix's sixteen cases of functions were all tried", () => {
  console.log(`functions: ${cases} cases`);
  expect(cases).toBeGreaterThanOrEqual(16);
});

/** One object's event through the dispatcher; the runtime is told to misbehave in the event's place. */
async function dispatched(id: FunctionId, runtime: FunctionRuntime, fault: object) {
  const lake = createLake();
  const context: HandlerContext = { ...lake, bucket: "vantageflow-local", stage: "dev", log: () => {} };
  const key = id === "bronzeToSilver" ? "bronze/b.csv" : "silver/b.csv";
  await put(lake.storage, key, GOOD);
  const object = await lake.storage.head(key);
  if (object === null) throw new Error("it was just put there");
  const results: { outcome: string }[] = [];
  let retries = 0;
  const dispatcher = createDispatcher({
    runtime: { ...runtime, invoke: (fn, _event, attempt) => runtime.invoke(fn, fault, attempt) },
    context,
    concurrency: 2,
    retryDelayMs: 1,
    onResult: (_id, result) => void results.push(result),
    onIgnored: () => {},
    onDone: () => {},
    onChanged: () => {},
    onBlocked: () => {},
    onRetry: () => retries++,
  });
  dispatcher.offer({ function: id, object });
  dispatcher.offer({ function: id, object });
  await dispatcher.idle();
  await dispatcher.stop();
  return { storage: lake.storage, results, retries };
}

describe("worker threads", () => {
  it("stay warm between events, serve one function each, and are ended when they have rested", async () => {
    const runtime = workers({ idleMs: 1500 });
    for (const id of [...FUNCTION_IDS, ...FUNCTION_IDS]) await runtime.invoke(id, {}, 1);
    await expect.poll(() => runtime.gone.length).toBe(2);
    await runtime.invoke("bronzeToSilver", {}, 1);
  });
});

describe("the dispatcher", () => {
  it("bounds what is in flight, runs one key once at a time, and the newest version last", async () => {
    const lake = createLake();
    const context: HandlerContext = { ...lake, bucket: "vantageflow-local", stage: "dev", log: () => {} };
    const handler = createHandler(context, "bronzeToSilver");
    const inFlight = new Map<string, number>();
    let most = 0;
    const runtime: FunctionRuntime = {
      async invoke(_id, event, attempt) {
        const { key } = (event as { Records: [{ s3: { object: { key: string } } }] }).Records[0].s3.object;
        inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
        most = Math.max(
          most,
          [...inFlight.values()].reduce((a, b) => a + b),
        );
        expect(inFlight.get(key)).toBe(1);
        await new Promise((next) => setTimeout(next, 5));
        const result = await handler(event, attempt);
        inFlight.set(key, 0);
        return result;
      },
      async close() {},
    };
    const outcomes: string[] = [];
    const dispatcher = createDispatcher({
      runtime,
      context,
      concurrency: 3,
      retryDelayMs: 1,
      onResult: (_id, { outcome }) => void outcomes.push(outcome),
      onIgnored: () => {},
      onDone: () => {},
      onChanged: () => {},
      onBlocked: () => {},
      onRetry: () => {},
    });
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 8; n++) {
        await put(lake.storage, `bronze/${n}.csv`, `${GOOD}2025-01-01T00:00:01Z,ROUND${round},1,C,0.1\n`);
        const object = await lake.storage.head(`bronze/${n}.csv`);
        if (object !== null) dispatcher.offer({ function: "bronzeToSilver", object });
      }
    }
    await dispatcher.idle();
    expect(most).toBe(3);
    expect(await keysOf(lake.storage, "receipts/")).toHaveLength(8);
    expect(outcomes.filter((outcome) => outcome === "done").length).toBeGreaterThanOrEqual(8);
  });

  it("invokes nothing for work that was done after it was found, though its upload was looked at for a while", async () => {
    const lake = createLake();
    const context: HandlerContext = { ...lake, bucket: "vantageflow-local", stage: "dev", log: () => {} };
    const told: string[] = [];
    const dispatcher = createDispatcher({
      runtime: createInProcessRuntime({
        bronzeToSilver: createHandler(context, "bronzeToSilver"),
        silverToGold: createHandler(context, "silverToGold"),
      }),
      context,
      concurrency: 1,
      retryDelayMs: 1,
      onResult: (_id, { key, outcome }) => void told.push(`${key} ${outcome}`),
      onIgnored: () => {},
      onDone: ({ object }) => void told.push(`${object.key} was done`),
      onChanged: () => {},
      onBlocked: () => {},
      onRetry: () => {},
    });
    await put(lake.storage, "bronze/b.csv", GOOD.slice(0, 60));
    const part = await lake.storage.head("bronze/b.csv");
    await put(lake.storage, "bronze/b.csv", GOOD);
    const whole = await lake.storage.head("bronze/b.csv");
    if (part === null || whole === null) throw new Error("it was just put there");
    // As found by a listing that began early, by the file's last event, and by an event of the half-written file.
    for (const object of [whole, whole, part]) {
      dispatcher.offer({ function: "bronzeToSilver", object });
      await dispatcher.idle();
    }
    expect(told).toEqual(["bronze/b.csv done", "bronze/b.csv was done", "bronze/b.csv was done"]);
  });

  it("waits one, then two minutes, as Lambda does", () => {
    expect([1, 2].map((attempt) => retryDelay(attempt, 60_000))).toEqual([60_000, 120_000]);
  });
});

it("in this thread, a function that hangs is given up after its time-out", async () => {
  const never = () => new Promise<never>(() => {});
  const runtime = createInProcessRuntime(
    { bronzeToSilver: never, silverToGold: never },
    limited({ timeoutSeconds: 0.05 }),
  );
  await expect(runtime.invoke("silverToGold", {}, 1)).rejects.toMatchObject({ code: "function_timeout" });
});

it("functions go by their name or id", () => {
  expect(["vantageflow-process-iot", "silverToGold", "nope"].map(functionNamed)).toEqual([
    "bronzeToSilver",
    "silverToGold",
    null,
  ]);
});
