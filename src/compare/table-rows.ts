import { hash } from "node:crypto";
import type { LakeStorage } from "../storage/port.ts";
import type { Add } from "../tables/delta/actions.ts";
import { openParquet } from "../tables/parquet/read.ts";
import type { TableColumns } from "../tables/readings/columns.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { piecesOf } from "../tables/scan/scan-file.ts";

/** Rows that are decoded at once. */
const PIECE_ROWS = 32_768;

/**
 * Hands over each row of a file of the table: the batch that it is of, and a digest of all that it holds, a byte a character. Columns that sources carry
 * along are told by their names there, and what is null is not told, for a column that is not there in a file is null.
 */
export async function eachRow(
  storage: LakeStorage,
  { path, add }: { readonly path: string; readonly add: Add },
  { carried }: TableColumns,
  take: (batch: string, digest: string) => void,
): Promise<void> {
  const file = await openParquet(storage, `${READINGS}${path}`, add.size);
  const sources = new Map(carried.map(({ name, source }) => [name, `carried ${source}`]));
  const columns = file.columns
    .map((name) => ({ name, told: textOf(sources.get(name) ?? name) }))
    .sort((a, b) => (a.told < b.told ? -1 : 1));
  for (const piece of piecesOf(file, PIECE_ROWS)) {
    const read = await Promise.all(columns.map(({ name }) => file.read(name, piece)));
    const batches = read[columns.findIndex(({ name }) => name === "batch")];
    for (let row = 0; row < piece.end - piece.start; row++) {
      let text = "";
      for (const [i, { told }] of columns.entries()) {
        const value = read[i][row];
        if (value !== null && value !== undefined) text += `${told}${textOf(value)}`;
      }
      take(String(batches?.[row] ?? ""), hash("sha256", text, "binary"));
    }
  }
}

/** So that no two rows of other values make one text: strings have their length before them, and all else is of few characters. */
function textOf(value: unknown): string {
  if (typeof value === "string") return `${value.length}:${value}`;
  if (typeof value !== "object") return `${typeof value} ${value};`;
  // Of a column of another program.
  return textOf(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)));
}
