import type { Columns } from "../compare/columns.ts";
import type { CellDifference, CsvDifference } from "../compare/findings.ts";
import type { LakeDifferences, ObjectDifference } from "../compare/lakes.ts";
import { compareKeys } from "../storage/keys.ts";

type Line = readonly [
  key: string,
  what: string,
  line: number | string,
  column: string,
  a: string | number,
  b: string | number,
  difference: string | number,
];

/** What differs between two lakes, a line each, for people. */
export function linesOf({ onlyInA, onlyInB, different, failed }: LakeDifferences): Line[] {
  return [
    ...onlyInA.map(({ key, size }): Line => [key, "only in A", "", "", size, "", ""]),
    ...onlyInB.map(({ key, size }): Line => [key, "only in B", "", "", "", size, ""]),
    ...different.flatMap(objectLines),
    ...failed.map(({ key }): Line => [key, "not compared", "", "", "", "", ""]),
  ].sort(([x], [y]) => compareKeys(x, y));
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
export function documentOf(a: string, b: string, prefix: string | null, results: LakeDifferences) {
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
