import type { Health, Overview, Verdict } from "../../monitor/overview.ts";
import type { DeviceReport } from "../../report/gold.ts";
import { GLYPHS, type Tone } from "./parts/shape.tsx";

/** More anomalies than this share of its readings and a device is critical. */
export const CRITICAL = 30;

export const TONES: Record<Verdict, Tone> = { healthy: "ok", degraded: "warn", unhealthy: "bad" };

export function isCritical(device: Pick<DeviceReport, "anomaly_percentage">): boolean {
  return device.anomaly_percentage > CRITICAL;
}

export function isSerious(health: Health): boolean {
  return health.verdict !== "healthy";
}

/** Of the window: tells from a tab in the background. */
export function titleOf(overview: Overview | null): string {
  if (overview === null) return "vantageflow";
  const { verdict } = overview.health;
  return `${GLYPHS[TONES[verdict]]} ${verdict} – vantageflow`;
}
