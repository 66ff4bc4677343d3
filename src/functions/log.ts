import { isDataFaultCode } from "../errors.ts";
import { batchPathOf, keyIn } from "../ledger/layers.ts";
import type { Fault } from "../ledger/receipts.ts";
import { type AnyFunctionId, type FunctionId, topology } from "../topology.ts";
import { DEFINITIONS, type Metric, passOf } from "./definitions.ts";
import type { BatchResult } from "./result.ts";

/** One line of the run log: a JSON object, with metrics in CloudWatch's Embedded Metric Format where there are some. */
export type LogLine = Readonly<Record<string, unknown>>;

export type Log = (line: LogLine) => void;

/** Who writes a line: a function of the topology, in a stage such as `dev`. */
export interface Speaker {
  readonly function: AnyFunctionId;
  readonly stage: string;
}

/** A function that processes objects. */
export type FunctionSpeaker = Speaker & { readonly function: FunctionId };

/**
 * The line that a function logs for one object (CloudWatch user guide, "Embedded metric format specification"). It names
 * key, line and code, never a cell. `now` in milliseconds since the epoch. Work that was not done again has no metrics.
 */
export function batchLine(speaker: FunctionSpeaker, result: BatchResult, now: number): LogLine {
  return lineOf(speaker, result, metricsOf(speaker.function, result), now);
}

/** The lines of a pass that did several functions' work at once: its time is the first one's, for it cannot be told apart. */
export function fusedLines(speaker: FunctionSpeaker, result: BatchResult, now: number): LogLine[] {
  const others = result.outcome === "done" ? passOf(speaker.function).slice(1) : [];
  const lines = others.map((id) => {
    const key = keyIn(topology.functions[id].startedBy.prefix, batchPathOf(result.key));
    return lineOf({ ...speaker, function: id }, { ...result, key }, DEFINITIONS[id].metrics(result), now);
  });
  return [batchLine(speaker, result, now), ...lines];
}

function lineOf(speaker: Speaker, result: BatchResult, metrics: readonly Metric[], now: number): LogLine {
  const { key, outcome, error } = result;
  const level = outcome === "failed" || outcome === "refused" ? "ERROR" : "INFO";
  return withMetrics(speaker, metrics, now, {
    ...heading(speaker, level, `batch ${outcome}`, now),
    key,
    outcome,
    ...(error === null ? {} : { error: faultFields(error) }),
  });
}

/** The line of every sweep: how old the oldest of the waiting objects is, 0 when there is none. */
export function sweepLine(speaker: Speaker, oldestSeconds: number, waiting: number, now: number): LogLine {
  const metrics: Metric[] = [["OldestWorkSeconds", "Seconds", oldestSeconds]];
  return withMetrics(speaker, metrics, now, { ...heading(speaker, "INFO", "swept", now), waiting });
}

/** What a run of the function that keeps the table has come to. */
interface SyncCounts {
  readonly batches: number;
  readonly rows: number;
  /** Batches that are not in the table yet, and tried again. */
  readonly waiting: number;
  /** Of the table. */
  readonly version: number;
}

/** The line of every sync of the table. */
export function syncLine(speaker: Speaker, { batches, rows, waiting, version }: SyncCounts, now: number): LogLine {
  const metrics: Metric[] = [
    ["BatchesSynced", "Count", batches],
    ["RowsSynced", "Count", rows],
    ["BatchesWaiting", "Count", waiting],
  ];
  return withMetrics(speaker, metrics, now, { ...heading(speaker, "INFO", "synced", now), version });
}

/** What a run of the function that keeps detections has come to. */
interface DetectCounts {
  /** Rows that were not there before. */
  readonly found: number;
  /** Days of readings that were read. */
  readonly days: number;
  readonly devices: number;
  /** Of the table of detections. */
  readonly version: number;
}

/** The line of every run of it. */
export function detectLine(speaker: Speaker, { found, days, devices, version }: DetectCounts, now: number): LogLine {
  const metrics: Metric[] = [
    ["Detections", "Count", found],
    ["DaysRead", "Count", days],
    ["Devices", "Count", devices],
  ];
  return withMetrics(speaker, metrics, now, { ...heading(speaker, "INFO", "detected", now), version });
}

/** What came of an event of a stream. */
interface StreamCounts {
  readonly shard: { readonly source: string; readonly shard: string };
  /** Records of the stream. */
  readonly records: number;
  /** Readings that were not in bronze before, and what could not be read. */
  readonly written: number;
  readonly unreadable: number;
}

/** The line of every event of a stream. */
export function streamLine(
  speaker: Speaker,
  { shard, records, written, unreadable }: StreamCounts,
  now: number,
): LogLine {
  const metrics: Metric[] = [
    ["RecordsReceived", "Count", records],
    ["ReadingsWritten", "Count", written],
    ["ReadingsUnreadable", "Count", unreadable],
  ];
  return withMetrics(speaker, metrics, now, { ...heading(speaker, "INFO", "delivered", now), ...shard });
}

/** A line about anything else that a function was given or did. */
export function noteLine(
  speaker: Speaker,
  level: "INFO" | "WARN" | "ERROR",
  message: string,
  key: string | null,
  now: number,
): LogLine {
  return { ...heading(speaker, level, message, now), ...(key === null ? {} : { key }) };
}

function withMetrics(speaker: Speaker, metrics: readonly Metric[], now: number, line: LogLine): LogLine {
  if (metrics.length === 0) return line;
  const embedded = {
    Namespace: limitsOf(speaker).metricsNamespace,
    Dimensions: [["service"]],
    Metrics: metrics.map(([Name, Unit]) => ({ Name, Unit })),
  };
  return {
    _aws: { Timestamp: now, CloudWatchMetrics: [embedded] },
    ...line,
    ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
  };
}

function heading(speaker: Speaker, level: string, message: string, now: number) {
  const timestamp = new Date(now).toISOString();
  return { level, timestamp, service: limitsOf(speaker).name, stage: speaker.stage, message };
}

function limitsOf({ function: id }: Speaker) {
  return topology.functions[id];
}

/** The message of a data fault could quote the file; its place and code say enough. */
function faultFields({ code, message, line, column }: Fault) {
  return { code, line, column, ...(isDataFaultCode(code) ? {} : { message }) };
}

function metricsOf(id: FunctionId, result: BatchResult): Metric[] {
  const { outcome, rows, durationMs } = result;
  if (outcome === "refused" || outcome === "failed") return [["ProcessingErrors", "Count", 1]];
  if (outcome !== "done") return [];
  return [
    ...DEFINITIONS[id].metrics(result),
    ["RowsProcessed", "Count", rows.in],
    ["ProcessingTime", "Milliseconds", Math.round(durationMs)],
    ["RowsPerSecond", "Count/Second", durationMs > 0 ? Math.round((rows.in * 1000) / durationMs) : rows.in],
    ["ProcessingErrors", "Count", 0],
  ];
}
