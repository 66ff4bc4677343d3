import { type AlarmState, type Health, isEmpty, type Overview, type Verdict } from "../../monitor/overview.ts";
import { CRITICAL_PERCENTAGE, type DeviceReport } from "../../report/merge.ts";
import { PERCENT } from "./format.ts";
import { GLYPHS, type Tone } from "./parts/shape.tsx";

/** The share as it is written. */
export const CRITICAL = `${CRITICAL_PERCENTAGE}${PERCENT}`;

export const VERDICT_TONES: Record<Verdict, Tone> = { healthy: "ok", degraded: "warn", unhealthy: "bad" };

export function isCritical(device: Pick<DeviceReport, "anomaly_percentage">): boolean {
  return device.anomaly_percentage > CRITICAL_PERCENTAGE;
}

export function isSerious(health: Health): boolean {
  return health.verdict !== "healthy";
}

/** Of the window: tells from a tab in the background, and loses its shape when the data is old. */
export function titleOf(overview: Overview | null, isOld: boolean): string {
  if (overview === null) return "vantageflow";
  const verdict = isEmpty(overview) ? "empty" : overview.health.verdict;
  if (isOld) return `${GLYPHS.none} last known ${verdict} – vantageflow`;
  return `${GLYPHS[verdict === "empty" ? "none" : VERDICT_TONES[verdict]]} ${verdict} – vantageflow`;
}

/** Seconds from which on waiting work is overdue, as its alarm has it. */
export function overdueFrom(alarms: readonly AlarmState[]): number {
  return alarms.find(({ name }) => name === "WorkOverdue")?.threshold ?? Number.POSITIVE_INFINITY;
}
