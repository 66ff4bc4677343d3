import type { ChalkInstance } from "chalk";
import { escapeTerminal } from "../escape.ts";
import { advised, type GlobalFlags, type Io, print } from "./io.ts";

export interface TextColumn {
  readonly head: string;
  readonly align?: "left" | "right";
}

/**
 * Rows on stdout: a table with a head on a terminal, tab-separated values without one in a pipe. Cells are untrusted
 * text and are escaped; `style` may colour a cell on a terminal after that.
 */
export async function printTable(
  io: Io,
  flags: GlobalFlags,
  columns: readonly TextColumn[],
  rows: Rows,
  style?: Style,
): Promise<void> {
  const isTold = columns.map(({ head }) => TOLD.includes(head));
  const said = isTold.includes(true)
    ? rows.map((row) => row.map((cell, c) => (isTold[c] ? advised(io, String(cell)) : cell)))
    : rows;
  await print(io, await (io.stdout.isTTY ? tableText(io, flags, columns, said, style) : separatedText(said)));
}

/** Columns in which our own words stand, with what to type next. */
const TOLD: readonly string[] = ["why", "detail"];

type Rows = readonly (readonly (string | number)[])[];
type Style = (cell: string, head: string, colors: ChalkInstance) => string;

/** Rows as tab-separated values, a line each. */
export function separatedText(rows: Rows): string {
  return escaped(rows)
    .map((row) => `${row.join("\t")}\n`)
    .join("");
}

function escaped(rows: Rows): string[][] {
  return rows.map((row) => row.map((cell) => escapeTerminal(String(cell))));
}

/** Rows as a table with a head; nothing without rows. */
export async function tableText(
  io: Io,
  flags: GlobalFlags,
  columns: readonly TextColumn[],
  rows: Rows,
  style: Style = (cell) => cell,
): Promise<string> {
  if (rows.length === 0) return "";
  const [{ default: Table }, { colorsFor }] = await Promise.all([import("cli-table3"), import("./color.ts")]);
  const colors = colorsFor(io, flags, io.stdout);
  const table = new Table({
    head: columns.map(({ head }) => colors.bold(head)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_LINES,
  });
  table.push(...escaped(rows).map((row) => row.map((cell, c) => style(cell, columns[c].head, colors))));
  return `${table.toString()}\n`;
}

/** No box: a head, and columns apart by two blanks. */
const PLAIN_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ",
};
