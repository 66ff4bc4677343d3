import type { RunLog } from "../engine/run-log.ts";
import { messageOf } from "../errors.ts";
import type { BatchResult } from "../functions/result.ts";
import { noteTexts } from "../ledger/notes.ts";
import { isAllRejected } from "../report/rejects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { inferAdvice } from "./infer-advice.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, printJson } from "./io.ts";
import { sayRejects } from "./rejects.ts";
import { printTable } from "./table.ts";

/** Bad outcomes: exit code 1. */
function hasFailed(results: readonly BatchResult[]): boolean {
  return results.some(({ outcome }) => outcome === "refused" || outcome === "failed" || outcome === "superseded");
}

/** Exit code of a command that processed batches. */
export function exitCodeOf(results: readonly BatchResult[], failOnRejects: boolean): number {
  return hasFailed(results) || (failOnRejects && results.some(({ rows }) => rows.rejects > 0)) ? 1 : 0;
}

/** The batches of `ingest` and `run`: a JSON document, or a table and what there is to say about it. */
export async function printBatches(
  io: Io,
  flags: GlobalFlags,
  lake: string,
  results: readonly BatchResult[],
  sourceOf?: SourceOf,
): Promise<void> {
  sayErrors(io, flags, lake, results, sourceOf);
  if (flags.json) return printJson(io, { version: 1, lake, batches: results.map(batchJson) });
  await printBatchTable(io, flags, results);
}

/** The file of a batch as it came, as words of a command, where it landed as something else. */
type SourceOf = (key: string) => string | undefined;

/** Why batches were not done, on stderr. */
export function sayErrors(
  io: Io,
  flags: GlobalFlags,
  lake: string,
  results: readonly BatchResult[],
  sourceOf: SourceOf = () => undefined,
): void {
  for (const { key, outcome, error } of results) {
    if (error === null) continue;
    if (outcome === "not_rebuildable") notice(io, flags, error.message);
    else complain(io, `${error.message}${inferAdvice(lake, key, error, sourceOf(key))}`);
  }
}

export async function printBatchTable(io: Io, flags: GlobalFlags, results: readonly BatchResult[]): Promise<void> {
  await printTable(io, flags, COLUMNS, results.map(cellsOf), (cell, head, colors) => {
    if (head === "rejects" && cell !== "0") return colors.yellow(cell);
    if (head !== "outcome") return cell;
    if (cell === "done") return colors.green(cell);
    return cell === "already_ingested" ? colors.dim(cell) : colors.red(cell);
  });
}

export function batchJson(result: BatchResult) {
  const { in: rows_in, ...rows } = result.rows;
  return {
    key: result.key,
    outcome: result.outcome,
    rows_in,
    ...rows,
    ...(result.notes === undefined ? {} : { notes: result.notes }),
    ...(result.contract === undefined ? {} : { contract: result.contract }),
    devices: result.devices,
    duration_ms: Math.round(result.durationMs),
    outputs: result.outputs,
    error: result.error,
  };
}

/** Writes the run log. The work that it tells of is done and stays done when the log cannot be written. */
export async function flushLog(io: Io, log: RunLog): Promise<void> {
  try {
    await log.flush();
  } catch (error) {
    complain(io, messageOf(error));
  }
}

const COLUMNS = [
  { head: "batch" },
  { head: "outcome" },
  ...["rows", "silver", "anomalies", "rejects", "blank", "devices", "ms"].map((head) => ({
    head,
    align: "right" as const,
  })),
];

function cellsOf({ key, outcome, rows, devices, durationMs }: BatchResult) {
  return [
    key,
    outcome,
    rows.in,
    rows.silver,
    rows.anomalies,
    rows.rejects,
    rows.blank,
    devices,
    Math.round(durationMs),
  ];
}

/**
 * For people: what happened, and what to type next. `notLanded` are the codes of what was refused before it
 * became an object: it has no dead letter.
 */
export async function summarize(
  io: Io,
  flags: GlobalFlags,
  storage: LakeStorage,
  results: readonly BatchResult[],
  notLanded: readonly string[] = [],
): Promise<void> {
  const refused = results.filter(
    ({ outcome, error }) => outcome === "refused" && !notLanded.includes(error?.code ?? ""),
  ).length;
  const option = lakeOption(storage.url);
  await sayRejects(io, flags, storage, results);
  for (const text of noteTexts(results)) notice(io, flags, text);
  if (refused > 0)
    notice(io, flags, `${refused} file${refused === 1 ? "" : "s"} refused: see vantageflow dlq list${option}`);
  const isInGold = ({ outcome, rows }: BatchResult) =>
    (outcome === "done" || outcome === "already_ingested") && !isAllRejected(rows);
  if (results.some(isInGold)) notice(io, flags, `Next: vantageflow report${option}`);
}
