import type { Columns } from "../compare/columns.ts";
import type { CellDifference, CsvDifference } from "../compare/findings.ts";
import type { LakeDifferences, ObjectDifference } from "../compare/lakes.ts";
import type { TableDifference } from "../compare/tables.ts";
import { compareKeys } from "../storage/keys.ts";
import { READINGS } from "../tables/readings/layout.ts";

type Line = readonly [
  key: string,
  what: string,
  line: number | string,
  column: string,
  a: string | number,
  b: string | number,
  difference: string | number,
];

/** What of two lakes was compared, and their tables where there are any. */
interface Differences extends LakeDifferences {
  readonly table: TableDifference | null;
}

/** What differs between two lakes, a line each, for people. */
export function linesOf({ onlyInA, onlyInB, different, failed, table }: Differences): Line[] {
  return [
    ...onlyInA.map(({ key, size }): Line => [key, "only in A", "", "", size, "", ""]),
    ...onlyInB.map(({ key, size }): Line => [key, "only in B", "", "", "", size, ""]),
    ...different.flatMap(objectLines),
    ...failed.map(({ key }): Line => [key, "not compared", "", "", "", "", ""]),
    ...(table === null ? [] : tableLines(table)),
  ].sort(([x], [y]) => compareKeys(x, y));
}

/** Numbers of rows, by batch where both lakes have a table. */
function tableLines({ a, rows, batches, more }: TableDifference): Line[] {
  const line = (what: string, inA: number, inB: number): Line => [READINGS, what, "", "", inA, inB, inB - inA];
  if (batches.length === 0 && rows.onlyInA + rows.onlyInB > 0)
    return [line(`table only in ${a === null ? "B" : "A"}`, rows.onlyInA, rows.onlyInB)];
  const lines = batches.map(({ batch, onlyInA, onlyInB }) => line(`rows of ${batch} on one side`, onlyInA, onlyInB));
  return more === 0 ? lines : [...lines, [READINGS, `${more} more batches`, "", "", "", "", ""]];
}

function objectLines({ key, a, b, csv, firstByte }: ObjectDifference): Line[] {
  if (csv === null) return [[key, `bytes differ from offset ${firstByte}`, "", "", a, b, b - a]];
  const lines = [
    ...columnLines(key, csv.columns),
    ...csv.cells.map((cell): Line => cellLine(key, cell)),
    ...csv.lines.map(({ side, line, text }): Line => {
      return side === "a"
        ? [key, "row only in A", line, "", text, "", ""]
        : [key, "row only in B", line, "", "", text, ""];
    }),
  ];
  if (csv.more > 0) lines.push([key, `${csv.more} more`, "", "", "", "", ""]);
  // Everything that a row says is the same: what is left is how it is written.
  return lines.length > 0 ? lines : [[key, `same rows, written differently (${howOf(csv)})`, "", "", a, b, b - a]];
}

function cellLine(key: string, { line, lineB, column, a, b, deviceId, difference }: CellDifference): Line {
  const place = line === lineB ? line : `${line}/${lineB}`;
  const what = deviceId === undefined ? "changed" : `device ${deviceId}`;
  return [key, what, place, column, a ?? "(none)", b ?? "(none)", difference ?? ""];
}

function columnLines(key: string, { onlyInA, onlyInB, reordered }: Columns): Line[] {
  return [
    ...onlyInA.map((name): Line => [key, "column only in A", 1, name, "", "", ""]),
    ...onlyInB.map((name): Line => [key, "column only in B", 1, name, "", "", ""]),
    ...(reordered ? [[key, "columns in another order", 1, "", "", "", ""] as const] : []),
  ];
}

function howOf({ rows }: CsvDifference): string {
  return rows.rewritten > 0
    ? `quotes, in ${rows.rewritten} rows`
    : "order of rows, line ends, blank lines or a byte order mark";
}

/** The document of `--json`. */
export function documentOf(a: string, b: string, prefix: string | null, results: Differences) {
  return {
    version: 1,
    a,
    b,
    prefix,
    same: results.same,
    only_in_a: results.onlyInA.map(({ key }) => key),
    only_in_b: results.onlyInB.map(({ key }) => key),
    different: results.different.map(({ key, a: sizeA, b: sizeB, csv, firstByte }) => ({
      key,
      size: { a: sizeA, b: sizeB },
      ...(csv === null ? { first_byte: firstByte, rows: null, cells: [], more: 0 } : csvDocument(csv)),
    })),
    failed: results.failed,
    table: results.table && tableDocument(results.table),
  };
}

function tableDocument({ a, b, rows, batches, more }: TableDifference) {
  return {
    table_version: { a, b },
    rows: { same: rows.same, only_in_a: rows.onlyInA, only_in_b: rows.onlyInB },
    batches: batches.map(({ batch, onlyInA, onlyInB }) => ({ batch, only_in_a: onlyInA, only_in_b: onlyInB })),
    more,
  };
}

function csvDocument({ columns, rows, cells, lines, more }: CsvDifference) {
  return {
    columns: { only_in_a: columns.onlyInA, only_in_b: columns.onlyInB, reordered: columns.reordered },
    rows: {
      same: rows.same,
      rewritten: rows.rewritten,
      changed: rows.changed,
      only_in_a: rows.onlyInA,
      only_in_b: rows.onlyInB,
      listed: lines.map(({ side, line, text }) => ({ in: side, line, text })),
    },
    cells: cells.map(({ line, lineB, column, a, b, deviceId, difference }) => ({
      line,
      line_b: lineB,
      column,
      a,
      b,
      ...(deviceId === undefined ? {} : { device_id: deviceId, difference }),
    })),
    more,
  };
}
