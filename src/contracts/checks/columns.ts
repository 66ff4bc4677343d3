import { quote } from "../../errors.ts";
import { REQUIRED } from "../../pipeline/refused-header.ts";
import { nearest } from "../nearest.ts";
import { parsePath } from "../path.ts";
import type { At } from "../problem.ts";
import type { Reading, SourceFormat } from "../vocabulary.ts";
import { type Report, reportTwice } from "./report.ts";

/** Every column that a contract names, and where it does. */
function columnsOf({ timestamp, device_id, value, unit, anomaly_score, keep, carry }: Reading): [At, string][] {
  const found: [At, string][] = [];
  for (const [key, part] of Object.entries({ timestamp, device_id, value, unit, anomaly_score, keep })) {
    if (part !== undefined && "column" in part) found.push([["reading", key, "column"], part.column]);
  }
  if (timestamp !== undefined && "columns" in timestamp) {
    found.push(...timestamp.columns.map((one, i): [At, string] => [["reading", "timestamp", "columns", i], one]));
  }
  if (value !== undefined && "measures" in value) {
    for (const [column, measure] of Object.entries(value.measures)) {
      const at = ["reading", "value", "measures", column];
      found.push([at, column]);
      if (measure.keep !== undefined) found.push([[...at, "keep", "column"], measure.keep.column]);
    }
  }
  return [...found, ...carry.map((one, i): [At, string] => [["reading", "carry", i], one])];
}

/** Whether such columns can be: by the names of a file without a header, or as paths of JSON. */
export function checkColumns(format: SourceFormat, reading: Reading, report: Report): void {
  for (const [at, column] of columnsOf(reading)) checkColumn(format, column, at, report);
  const at = ["reading", "carry"];
  reportTwice(reading.carry, at, report);
  for (const [i, column] of reading.carry.entries()) {
    if (REQUIRED.some((name) => name === column))
      report([...at, i], `is ${quote(column)}, which every reading has`, "other columns");
  }
}

/** Reports a column that the source cannot have. */
export function checkColumn(format: SourceFormat, column: string, at: At, report: Report): void {
  if (format.type === "csv" && !format.header && format.names !== undefined && !format.names.includes(column)) {
    const meant = nearest(column, format.names);
    const why = `is ${quote(column)}, which is not among the names`;
    report(at, meant === null ? why : `${why}; ${quote(meant)} is`, "a name of format.names");
  }
  if (format.type !== "json" && format.type !== "ndjson") return;
  const path = parsePath(column);
  if (path !== null && !path.steps.includes(null)) return;
  report(
    at,
    `is ${quote(column)}, which is no path`,
    'names with dots between, rx[0].rssi, ["a.b"].c, $.id from the root',
  );
}
