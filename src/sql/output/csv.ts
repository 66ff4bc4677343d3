import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { answerRows, cellText, columnsOf, type QueryAnswer, type RowsTold } from "./cells.ts";

/** An answer as CSV (RFC 4180) with a header, some rows at a time. Nothing stands for null, `""` for an empty text. */
export async function* csvOf(answer: QueryAnswer, told: RowsTold): AsyncGenerator<string> {
  const types = answer.result.columnTypes();
  yield `${columnsOf(answer.result)
    .map(({ name }) => fieldOf(name))
    .join(",")}\n`;
  for await (const rows of answerRows(answer)) {
    told.onRows(rows.length);
    yield rows.map((row) => `${row.map((value, i) => cellOf(value, types[i])).join(",")}\n`).join("");
  }
}

function cellOf(value: DuckDBValue, type: DuckDBType): string {
  return value === null ? "" : fieldOf(cellText(value, type));
}

function fieldOf(text: string): string {
  return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
