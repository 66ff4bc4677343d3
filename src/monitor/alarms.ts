import type { Invocation } from "../cost/invocation.ts";
import { type AlarmName, FUNCTION_IDS, topology } from "../topology.ts";
import type { AlarmState } from "./overview.ts";

/** What the alarms are about. */
export interface AlarmFacts {
  /** Objects that a function is through with. */
  readonly invocations: Iterable<Invocation>;
  /** Age of the oldest object that waits; null when none does. */
  readonly oldestWorkSeconds: number | null;
  /** See `billOf`. */
  readonly monthUsd: number | null;
}

const MINUTE_MS = 60_000;

const UNITS: Readonly<Record<AlarmName, AlarmState["unit"]>> = {
  HighErrorRate: "percent",
  HighDuration: "milliseconds",
  CostExceeded: "USD",
  WorkOverdue: "seconds",
};

/**
 * The topology's alarms as CloudWatch sees them: each looks at the period before the minute that `now` (milliseconds
 * since the epoch) is in, which slides on by the minute ("Alarm evaluation window", CloudWatch user guide). One datapoint
 * above the threshold is an alarm; no datapoint is none. In the order of the topology, those of functions one by one.
 */
export function evaluateAlarms(facts: AlarmFacts, now: number): AlarmState[] {
  const invocations = [...facts.invocations];
  const perFunction = (name: "HighErrorRate" | "HighDuration", measure: (seen: readonly Invocation[]) => number) =>
    FUNCTION_IDS.map((id) => {
      const seen = invocations.filter((one) => one.function === id && isInWindow(name, one.ended, now));
      return alarmState(name, topology.functions[id].name, seen.length === 0 ? null : measure(seen));
    });
  return [
    ...perFunction("HighErrorRate", errorPercentage),
    ...perFunction("HighDuration", averageMs),
    alarmState("CostExceeded", null, facts.monthUsd),
    alarmState("WorkOverdue", null, facts.oldestWorkSeconds),
  ];
}

/** From its start on, up to but without its end; what is yet to come is in no window. */
function isInWindow(name: AlarmName, time: number, now: number): boolean {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return time >= end - topology.alarms[name].periodSeconds * 1000 && time < end;
}

function errorPercentage(seen: readonly Invocation[]): number {
  return (100 * seen.filter(({ isError }) => isError).length) / seen.length;
}

function averageMs(seen: readonly Invocation[]): number {
  return seen.reduce((sum, { durationMs }) => sum + durationMs, 0) / seen.length;
}

/** Every alarm of the topology compares with `GreaterThanThreshold`; a test sees to it. */
function alarmState(name: AlarmName, fn: string | null, value: number | null): AlarmState {
  const { threshold, periodSeconds } = topology.alarms[name];
  const state = value !== null && value > threshold ? "ALARM" : "OK";
  return { name, function: fn, state, value, threshold, unit: UNITS[name], period_seconds: periodSeconds };
}

/** `HighErrorRate of vantageflow-process-iot: ALARM, 12.5 % is above 5 %` */
export function alarmText({ name, function: fn, state, value, threshold, unit }: AlarmState): string {
  const whose = fn === null ? "" : ` of ${fn}`;
  if (value === null) return `${name}${whose}: ${state}, no data`;
  const compared = state === "ALARM" ? "is above" : "is not above";
  return `${name}${whose}: ${state}, ${amount(value, unit)} ${compared} ${amount(threshold, unit)}`;
}

function amount(value: number, unit: AlarmState["unit"]): string {
  if (unit === "USD") return `$${value.toFixed(2)} a month`;
  const symbol = { percent: "%", milliseconds: "ms", seconds: "s" }[unit];
  return `${Number(value.toFixed(1))} ${symbol}`;
}
