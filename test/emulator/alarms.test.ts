import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Alarms, alarmLine, createAlarms } from "../../src/emulator/alarms.ts";
import type { LogLine } from "../../src/functions/log.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { NO_ROWS } from "../../src/ledger/receipts.ts";
import { alarmText } from "../../src/monitor/alarms.ts";
import type { AlarmState } from "../../src/monitor/overview.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, put } from "../pipeline/lake.ts";
import { follow } from "./follow.ts";

const START = Date.parse("2026-03-01T12:00:30Z");
const [MINUTE, HOUR] = [60_000, 3_600_000];

let running: Alarms[] = [];
beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
});
afterEach(async () => {
  for (const alarms of running.splice(0)) await alarms.stop();
  running = [];
  vi.useRealTimers();
});

function create(estimate: () => Promise<number> = async () => 0) {
  const changes: string[] = [];
  const troubles: unknown[] = [];
  const alarms = createAlarms({
    now: Date.now,
    estimate,
    onChange: ({ name, function: fn, state, value }) => changes.push([name, fn, state, value].join(" ")),
    onTrouble: (error) => troubles.push(error),
  });
  running.push(alarms);
  alarms.start();
  return { alarms, changes, troubles };
}

const result = (outcome: BatchResult["outcome"], durationMs = 10, key = "bronze/b.csv"): BatchResult => ({
  key,
  outcome,
  rows: NO_ROWS,
  devices: 0,
  outputs: [],
  durationMs,
  error: null,
});

const work = (key: string, ageMs: number) =>
  ({ function: "bronzeToSilver", object: { key, token: "t", size: 1, modified: Date.now() - ageMs } }) as const;

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the alarms of a watch", () => {
  it("go off at once when a batch fails, say so once, and are over when five minutes have passed", async () => {
    const { alarms, changes } = create();
    for (let i = 0; i < 3; i++) alarms.ended("bronzeToSilver", result("refused"));
    expect(changes).toEqual(["HighErrorRate vantageflow-process-iot ALARM 100"]);
    await pass(5 * MINUTE);
    expect(changes).toHaveLength(1);
    await pass(MINUTE);
    expect(changes.slice(1)).toEqual(["HighErrorRate vantageflow-process-iot OK "]);
  });

  it("look once at failures that cannot change them: a hundred thousand bad files cost no hundred thousand looks", async () => {
    const clock = vi.spyOn(Date, "now");
    const { alarms, changes } = create();
    alarms.swept([work("bronze/waits.csv", 0)]);
    clock.mockClear();
    for (let i = 0; i < 100; i++) alarms.ended("bronzeToSilver", result("refused"));
    // Each failure has its time; beside it, a look asks for the age of what waits.
    const looks = clock.mock.calls.length - 100;
    clock.mockRestore();
    expect([looks, changes]).toEqual([1, ["HighErrorRate vantageflow-process-iot ALARM 100"]]);
    alarms.ended("silverToGold", result("failed"));
    expect(changes.slice(1)).toEqual(["HighErrorRate vantageflow-silver-to-gold ALARM 100"]);
  });

  it("stay off while no more than 5 % fail", async () => {
    const { alarms, changes } = create();
    for (let i = 0; i < 19; i++) alarms.ended("bronzeToSilver", result("done"));
    alarms.ended("bronzeToSilver", result("failed"));
    await pass(10 * MINUTE);
    expect(changes).toEqual([]);
  });

  it("count what was done, not what needed no work", async () => {
    const { alarms, changes } = create();
    for (let i = 0; i < 50; i++) alarms.ended("silverToGold", result("already_ingested"));
    alarms.ended("silverToGold", result("failed"));
    expect(changes).toEqual(["HighErrorRate vantageflow-silver-to-gold ALARM 100"]);
  });

  it("take silver that nothing can rebuild for an object that a function is through with, and no error", async () => {
    const { alarms, changes } = create();
    for (let i = 0; i < 19; i++) alarms.ended("silverToGold", result("not_rebuildable"));
    alarms.ended("silverToGold", result("failed"));
    await pass(MINUTE);
    expect(changes).toEqual([]);
  });

  it("see slow functions at the end of the minute", async () => {
    const { alarms, changes } = create();
    alarms.ended("silverToGold", result("done", 10_001));
    expect(changes).toEqual([]);
    await pass(MINUTE);
    expect(changes).toEqual(["HighDuration vantageflow-silver-to-gold ALARM 10001"]);
  });

  it("know from the last sweep what waits, until it is done", async () => {
    const { alarms, changes } = create();
    alarms.swept([work("bronze/new.csv", MINUTE), work("bronze/b.csv", 14.9 * MINUTE)]);
    await pass(MINUTE);
    expect(changes).toEqual(["WorkOverdue  ALARM 924"]);
    alarms.ended("bronzeToSilver", result("done"));
    await pass(MINUTE);
    expect(changes.slice(1)).toEqual([expect.stringMatching(/^WorkOverdue {2}OK \d+$/)]);
    alarms.swept([]);
    await pass(MINUTE);
    expect(changes).toHaveLength(2);
  });

  it("estimate the cost at the start and every six hours, and never in between", async () => {
    const costs = [10, 10.01, 3];
    const estimate = vi.fn(async () => costs.shift() as number);
    const { changes } = create(estimate);
    await pass(6 * HOUR - 1);
    expect([estimate.mock.calls.length, changes]).toEqual([1, []]);
    await pass(1);
    expect([estimate.mock.calls.length, changes]).toEqual([2, ["CostExceeded  ALARM 10.01"]]);
    await pass(6 * HOUR);
    expect(changes.slice(1)).toEqual(["CostExceeded  OK 3"]);
  });

  it("keep what they know of the cost when it cannot be estimated, and say so", async () => {
    const estimate = vi.fn(async () => 11).mockImplementationOnce(async () => 12);
    estimate.mockImplementationOnce(async () => Promise.reject(new Error("no lake")));
    const { changes, troubles } = create(estimate);
    await pass(6 * HOUR);
    expect([changes, troubles]).toEqual([["CostExceeded  ALARM 12"], [new Error("no lake")]]);
  });

  it("do not fall back to before a failure when something else makes them look within its minute", async () => {
    const { alarms, changes } = create(() => new Promise((resolve) => setTimeout(resolve, 1000, 0)));
    alarms.ended("bronzeToSilver", result("refused"));
    await pass(2000);
    expect(changes).toHaveLength(1);
  });

  it("go on when the clock is set back", async () => {
    const { alarms, changes } = create();
    alarms.ended("bronzeToSilver", result("refused"));
    vi.setSystemTime(START - 10 * HOUR);
    alarms.ended("silverToGold", result("refused"));
    expect(changes).toContain("HighErrorRate vantageflow-silver-to-gold ALARM 100");
  });

  it("do not hold up the end of the watch, and are silent after it", async () => {
    const { alarms, changes, troubles } = create(async () => 100);
    await alarms.stop();
    await pass(HOUR);
    expect([changes, troubles]).toEqual([[], []]);
  });
});

describe("what is said of an alarm", () => {
  const alarm: AlarmState = {
    name: "HighErrorRate",
    function: "vantageflow-process-iot",
    state: "ALARM",
    value: 12.5,
    threshold: 5,
    unit: "percent",
    period_seconds: 300,
  };
  const cost: AlarmState = { ...alarm, name: "CostExceeded", function: null, value: 10.5, threshold: 10, unit: "USD" };

  it("is a sentence with its numbers", () => {
    expect(alarmText(alarm)).toBe("HighErrorRate of vantageflow-process-iot: ALARM, 12.5 % is above 5 %");
    expect(alarmText({ ...alarm, state: "OK", value: null })).toBe(
      "HighErrorRate of vantageflow-process-iot: OK, no data",
    );
    expect(alarmText(cost)).toBe("CostExceeded: ALARM, $10.50 a month is above $10.00 a month");
  });

  it("is a line of the run log: a warning when it goes off, information when it is over", () => {
    const context = { stage: "dev", now: () => START };
    expect(alarmLine(context, alarm)).toEqual({
      level: "WARN",
      timestamp: "2026-03-01T12:00:30.000Z",
      service: "vantageflow-process-iot",
      stage: "dev",
      message: alarmText(alarm),
      alarm: "HighErrorRate",
      function: "vantageflow-process-iot",
      state: "ALARM",
      value: 12.5,
      threshold: 5,
      unit: "percent",
    });
    expect(alarmLine(context, { ...cost, state: "OK" })).toMatchObject({ level: "INFO", service: "vantageflow-sweep" });
  });
});

describe("a watch", () => {
  async function followed(storage: LakeStorage) {
    const lines: LogLine[] = [];
    const heard = { now: Date.now, log: (line: LogLine) => void lines.push(line) };
    return { lines, ...(await follow(storage, { intervalMs: 24 * HOUR }, heard)) };
  }

  it("tells of an alarm and its end, and writes both into its log", async () => {
    const { storage } = createLake();
    await put(storage, "bronze/empty.csv", "");
    const { events, lines, watching } = await followed(storage);
    await watching.idle();
    await pass(7 * MINUTE);
    const told = events.flatMap((event) => (event.type === "alarm" ? [event.alarm] : []));
    expect(told.filter(({ name }) => name === "HighErrorRate")).toMatchObject([
      { function: "vantageflow-process-iot", state: "ALARM", value: 100 },
      { function: "vantageflow-process-iot", state: "OK", value: null },
    ]);
    const logged = lines.filter((line) => line.alarm === "HighErrorRate");
    expect(logged.map(({ level, state }) => [level, state])).toEqual([
      ["WARN", "ALARM"],
      ["INFO", "OK"],
    ]);
    await watching.stop();
  });

  it("that has nothing to do asks nothing of the lake for its alarms", async () => {
    const { storage } = createLake();
    let requests = 0;
    const counting: LakeStorage = {
      ...storage,
      list(prefix, options) {
        requests++;
        return storage.list(prefix, options);
      },
      head(key) {
        requests++;
        return storage.head(key);
      },
      read(key) {
        requests++;
        return storage.read(key);
      },
    };
    const { watching } = await followed(counting);
    await pass(1000);
    const before = requests;
    await pass(HOUR);
    expect(requests).toBe(before);
    await watching.stop();
  });
});
