import type { RowCounts } from "../ledger/receipts.ts";
import { NO_ROWS } from "../ledger/receipts.ts";
import { percentageOf } from "../pipeline/percentage.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import type { Batch } from "./batches.ts";
import type { Durations, Hour, Totals } from "./overview.ts";

/** Hours of the series. */
const HOURS = 24;

export function totalsOf(batches: readonly Batch[]): Totals {
  const count = (outcome: Batch["outcome"]) => batches.filter((batch) => batch.outcome === outcome).length;
  const rows = sumRows(batches);
  const valid = rows.silver + rows.anomalies;
  return {
    batches: batches.length,
    done: count("done"),
    refused: count("refused"),
    failed: count("failed"),
    rows,
    anomaly_percentage: valid === 0 ? null : percentageOf(rows.anomalies, valid),
    reject_percentage: rows.in === 0 ? null : percentageOf(rows.rejects, rows.in),
    duration_ms: durationsOf(batches.filter(({ outcome }) => outcome === "done").map(({ durationMs }) => durationMs)),
  };
}

/** Batches that ended since midnight, UTC. */
export function today(batches: readonly Batch[], now: number): Batch[] {
  const midnight = Math.floor(now / DAY_MS) * DAY_MS;
  return batches.filter(({ ended }) => ended >= midnight);
}

export function lastDay(batches: readonly Batch[], now: number): Batch[] {
  return batches.filter(({ ended }) => ended > now - DAY_MS);
}

/** The last 24 full or begun hours, oldest first. */
export function seriesOf(batches: readonly Batch[], now: number): Hour[] {
  const newest = Math.floor(now / HOUR_MS);
  const hours = Array.from({ length: HOURS }, (): Batch[] => []);
  for (const batch of batches) hours[HOURS - 1 - (newest - Math.floor(batch.ended / HOUR_MS))]?.push(batch);
  return hours.map((ended, i) => ({
    time: new Date((newest - HOURS + 1 + i) * HOUR_MS).toISOString(),
    rows: ended.length === 0 ? null : sumRows(ended),
    batches: ended.length,
    errors: ended.filter(({ outcome }) => outcome !== "done").length,
  }));
}

export function sumRows(batches: readonly Batch[]): RowCounts {
  const sum = { ...NO_ROWS } as { -readonly [name in keyof RowCounts]: number };
  for (const { rows } of batches) {
    sum.in += rows.in;
    sum.silver += rows.silver;
    sum.anomalies += rows.anomalies;
    sum.rejects += rows.rejects;
    sum.blank += rows.blank;
  }
  return sum;
}

/** Percentiles by nearest rank; the average with one fraction digit. */
function durationsOf(durations: readonly number[]): Durations | null {
  if (durations.length === 0) return null;
  const sorted = durations.toSorted((a, b) => a - b);
  const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1];
  const sum = sorted.reduce((all, one) => all + one, 0);
  return { average: Math.round((10 * sum) / sorted.length) / 10, p50: rank(0.5), p95: rank(0.95) };
}
