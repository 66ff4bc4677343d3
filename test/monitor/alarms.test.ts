import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Invocation } from "../../src/cost/invocation.ts";
import { type AlarmFacts, evaluateAlarms } from "../../src/monitor/alarms.ts";
import { FUNCTION_IDS, topology } from "../../src/topology.ts";
import { nested, resource } from "../infra/configuration.ts";

const NOW = Date.parse("2026-03-01T12:05:30Z");
/** The window of a period of five minutes, seen from there. */
const [FROM, TO] = [Date.parse("2026-03-01T12:00:00Z"), Date.parse("2026-03-01T12:05:00Z")];
const NAMES = { bronzeToSilver: "vantageflow-process-iot", silverToGold: "vantageflow-silver-to-gold" };

const QUIET: AlarmFacts = { invocations: [], oldestWorkSeconds: null, monthUsd: 0 };

function evaluate(facts: Partial<AlarmFacts>, name: string, fn: string | null = NAMES.bronzeToSilver, now = NOW) {
  const [state, ...more] = evaluateAlarms({ ...QUIET, ...facts }, now).filter(
    (alarm) => alarm.name === name && alarm.function === fn,
  );
  expect(more).toEqual([]);
  return { state: state.state, value: state.value };
}

const invocation = (given: Partial<Invocation> = {}): Invocation => ({
  function: "bronzeToSilver",
  ended: TO - 1,
  durationMs: 100,
  isError: false,
  ...given,
});

/** So many invocations, the first of them errors. */
const some = (count: number, errors: number, given: Partial<Invocation> = {}) =>
  Array.from({ length: count }, (_, i) => invocation({ ...given, isError: i < errors }));

describe("HighErrorRate", () => {
  const cases: readonly (readonly [string, Invocation[], "OK" | "ALARM", number | null])[] = [
    ["nothing was invoked: no datapoint, which does not breach", [], "OK", null],
    ["no errors", some(20, 0), "OK", 0],
    ["exactly 5 % is not above 5 %", some(20, 1), "OK", 5],
    ["just above 5 %", some(19, 1), "ALARM", 100 / 19],
    ["all", some(1, 1), "ALARM", 100],
    ["an error at the window's first millisecond is in it", some(1, 1, { ended: FROM }), "ALARM", 100],
    ["an error one millisecond before the window is not", some(1, 1, { ended: FROM - 1 }), "OK", null],
    ["an error at the window's last millisecond is in it", some(1, 1, { ended: TO - 1 }), "ALARM", 100],
    ["an error in the minute that is not over waits for its end", some(1, 1, { ended: TO }), "OK", null],
    ["an error of the future is in no window", some(1, 1, { ended: NOW + 3_600_000 }), "OK", null],
  ];
  for (const [what, invocations, state, value] of cases) {
    it(`${what}: ${state}`, () => {
      expect(evaluate({ invocations }, "HighErrorRate")).toEqual({ state, value });
    });
  }

  it("slides on by the minute: an error is seen for five minutes, from the end of its own on", () => {
    const invocations = [invocation({ ended: Date.parse("2026-03-01T12:00:20Z"), isError: true })];
    const seen = [0, 1, 2, 3, 4, 5, 6].map((minute) => {
      const now = Date.parse(`2026-03-01T12:0${minute}:00Z`);
      return evaluate({ invocations }, "HighErrorRate", NAMES.bronzeToSilver, now).state;
    });
    expect(seen).toEqual(["OK", "ALARM", "ALARM", "ALARM", "ALARM", "ALARM", "OK"]);
  });

  it("is each function's own", () => {
    const invocations = some(3, 3, { function: "silverToGold" });
    expect(evaluate({ invocations }, "HighErrorRate", NAMES.silverToGold).state).toBe("ALARM");
    expect(evaluate({ invocations }, "HighErrorRate", NAMES.bronzeToSilver)).toEqual({ state: "OK", value: null });
  });
});

describe("HighDuration", () => {
  const lasting = (...durations: number[]) => durations.map((durationMs) => invocation({ durationMs }));
  const cases: readonly (readonly [string, Invocation[], "OK" | "ALARM", number | null])[] = [
    ["nothing was invoked", [], "OK", null],
    ["exactly 10 s on average is not above it", lasting(5_000, 15_000), "OK", 10_000],
    ["a millisecond more", lasting(10_001), "ALARM", 10_001],
    ["one slow among quick ones", lasting(30_000, 10, 10, 10), "OK", 7_507.5],
    ["slow, but before the window", some(1, 0, { durationMs: 60_000, ended: FROM - 1 }), "OK", null],
  ];
  for (const [what, invocations, state, value] of cases) {
    it(`${what}: ${state}`, () => {
      expect(evaluate({ invocations }, "HighDuration")).toEqual({ state, value });
    });
  }

  it("is each function's own", () => {
    const invocations = [...lasting(20_000), invocation({ function: "silverToGold", durationMs: 1 })];
    expect(evaluate({ invocations }, "HighDuration", NAMES.silverToGold)).toEqual({ state: "OK", value: 1 });
    expect(evaluate({ invocations }, "HighDuration").state).toBe("ALARM");
  });
});

describe("the alarms of the whole lake", () => {
  it.each([
    [0, "OK"],
    [10, "OK"],
    [10.01, "ALARM"],
  ])("CostExceeded: $%d a month is %s", (monthUsd, state) => {
    expect(evaluate({ monthUsd }, "CostExceeded", null)).toEqual({ state, value: monthUsd });
  });

  it.each([
    [null, "OK"],
    [0, "OK"],
    [900, "OK"],
    [901, "ALARM"],
  ])("WorkOverdue: an age of %s s is %s", (oldestWorkSeconds, state) => {
    expect(evaluate({ oldestWorkSeconds }, "WorkOverdue", null)).toEqual({ state, value: oldestWorkSeconds });
  });
});

describe("what the alarms are", () => {
  const states = evaluateAlarms(QUIET, NOW);

  it("every one of the topology, per function where it is about one", () => {
    expect(states.map((alarm) => `${alarm.name} ${alarm.function}`)).toEqual([
      "HighErrorRate vantageflow-process-iot",
      "HighErrorRate vantageflow-silver-to-gold",
      "HighDuration vantageflow-process-iot",
      "HighDuration vantageflow-silver-to-gold",
      "CostExceeded null",
      "WorkOverdue null",
    ]);
    expect(new Set(states.map(({ name }) => name))).toEqual(new Set(Object.keys(topology.alarms)));
  });

  it("those of topology.json, whose every comparison is the one that is made here", () => {
    const { alarms } = JSON.parse(readFileSync("src/topology.json", "utf8"));
    for (const { name, threshold, period_seconds } of states) {
      expect(alarms[name]).toMatchObject({ threshold, periodSeconds: period_seconds });
      expect(alarms[name].comparison).toBe("GreaterThanThreshold");
    }
  });

  it("the customer's: 5 % and 10 s over 5 minutes, 10 USD; and 15 minutes of waiting", () => {
    const numbers = Object.values(topology.alarms).map(({ threshold, periodSeconds }) => [threshold, periodSeconds]);
    expect(numbers).toEqual([
      [5, 300],
      [10_000, 300],
      [10, 21_600],
      [900, 900],
    ]);
  });

  it("the fields that Terraform's alarms are made of, one per function on both sides", () => {
    const alarm = (name: string) => resource("aws_cloudwatch_metric_alarm", name);
    const field = (name: string, what: string) => `\${local.topology.alarms.${name}.${what}}`;
    for (const [terraform, name] of Object.entries({
      duration: "HighDuration",
      cost: "CostExceeded",
      work_overdue: "WorkOverdue",
    })) {
      expect(alarm(terraform), name).toMatchObject({
        comparison_operator: field(name, "comparison"),
        threshold: field(name, "threshold"),
        period: field(name, "periodSeconds"),
      });
    }
    const [, errors, invocations] = nested(alarm("error_rate"), "metric_query");
    for (const query of [errors, invocations]) {
      expect(query).toMatchObject({ metric: [{ period: field("HighErrorRate", "periodSeconds") }] });
    }
    expect(alarm("error_rate").evaluation_periods).toBe(1);
    expect(alarm("duration").evaluation_periods).toBe(1);
    expect(alarm("duration").for_each).toBe(`\${merge(local.triggered, local.requested)}`);
    expect(FUNCTION_IDS.map((id) => topology.functions[id].name)).toEqual(Object.values(NAMES));
  });
});
