import { isDataFaultCode } from "../errors.ts";
import { outputKeys } from "../pipeline/layers.ts";
import type { Fault } from "../pipeline/receipts.ts";
import { type FunctionId, topology } from "../topology.ts";
import type { BatchResult } from "./result.ts";

/** One line of the run log: a JSON object, with metrics in CloudWatch's Embedded Metric Format where there are some. */
export type LogLine = Readonly<Record<string, unknown>>;

export type Log = (line: LogLine) => void;

type Metric = readonly [name: string, unit: "Count" | "Percent" | "Milliseconds" | "Count/Second", value: number];

/**
 * The line that a function logs for one object (CloudWatch user guide, "Embedded metric format specification"). It names
 * key, line and code, never a cell. `now` in milliseconds since the epoch. Work that was not done again has no metrics.
 */
export function batchLine(id: FunctionId, result: BatchResult, now: number): LogLine {
  return lineOf(id, result, metricsOf(id, result), now);
}

/** The lines of a pass that did both functions' work at once: its time is the first one's, for it cannot be told apart. */
export function fusedLines(id: FunctionId, result: BatchResult, now: number): LogLine[] {
  const line = batchLine(id, result, now);
  if (id === "silverToGold" || result.outcome !== "done") return [line];
  const { silver } = outputKeys(result.key);
  const devices: Metric[] = [["DevicesProcessed", "Count", result.devices]];
  return [line, lineOf("silverToGold", { ...result, key: silver }, devices, now)];
}

function lineOf(id: FunctionId, result: BatchResult, metrics: readonly Metric[], now: number): LogLine {
  const { key, outcome, error } = result;
  const dimensions = [["service"]];
  const definitions = metrics.map(([Name, Unit]) => ({ Name, Unit }));
  const embedded = { Namespace: topology.functions[id].metricsNamespace, Dimensions: dimensions, Metrics: definitions };
  return {
    ...(metrics.length === 0 ? {} : { _aws: { Timestamp: now, CloudWatchMetrics: [embedded] } }),
    ...heading(id, outcome === "failed" || outcome === "refused" ? "ERROR" : "INFO", `batch ${outcome}`, now),
    key,
    outcome,
    ...(error === null ? {} : { error: faultFields(error) }),
    ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
  };
}

/** A line about anything else that a function was given or did. */
export function noteLine(
  id: FunctionId,
  level: "INFO" | "WARN" | "ERROR",
  message: string,
  key: string | null,
  now: number,
): LogLine {
  return { ...heading(id, level, message, now), ...(key === null ? {} : { key }) };
}

function heading(id: FunctionId, level: string, message: string, now: number) {
  return {
    level,
    timestamp: new Date(now).toISOString(),
    service: topology.functions[id].name,
    stage: topology.stage,
    message,
  };
}

/** The message of a data fault could quote the file; its place and code say enough. */
function faultFields({ code, message, line, column }: Fault) {
  return { code, line, column, ...(isDataFaultCode(code) ? {} : { message }) };
}

function metricsOf(id: FunctionId, { outcome, rows, devices, durationMs }: BatchResult): Metric[] {
  if (outcome === "refused" || outcome === "failed") return [["ProcessingErrors", "Count", 1]];
  if (outcome !== "done") return [];
  const readings = rows.silver + rows.anomalies;
  const common: Metric[] = [
    ["RowsProcessed", "Count", rows.in],
    ["ProcessingTime", "Milliseconds", Math.round(durationMs)],
    ["RowsPerSecond", "Count/Second", durationMs > 0 ? Math.round((rows.in * 1000) / durationMs) : rows.in],
    ["ProcessingErrors", "Count", 0],
  ];
  if (id === "silverToGold") return [["DevicesProcessed", "Count", devices], ...common];
  return [
    ["NormalRows", "Count", rows.silver],
    ["AnomalyRows", "Count", rows.anomalies],
    ["AnomalyPercentage", "Percent", readings === 0 ? 0 : Math.round((rows.anomalies * 1000) / readings) / 10],
    ...common,
  ];
}
