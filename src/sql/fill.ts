import type { DuckDBValue } from "@duckdb/node-api";
import { identifier, type Session } from "./session.ts";
import { type Cell, COLUMN_TYPES, type LakeView, type TableMoment, type ViewColumn, type ViewSource } from "./view.ts";

/** Rows of a chunk: DuckDB's own vectors are as long. */
const CHUNK_ROWS = 2048;

/** Makes the table of a view, empty. */
export async function declareView(session: Session, { name, columns }: LakeView): Promise<void> {
  const declared = columns.map((column) => `${identifier(column.name)} ${COLUMN_TYPES[column.type]}`);
  await session.connection.run(`create table ${identifier(name)} (${declared.join(", ")})`);
}

/** Reads a view's rows into its table; what does not fit into memory goes to the session's folder. */
export async function fillView(
  session: Session,
  view: LakeView,
  source: ViewSource,
  at: TableMoment | undefined,
): Promise<void> {
  const { engine, connection } = session;
  const appender = await connection.createAppender(view.name);
  const types = view.columns.map((_, i) => appender.columnType(i));
  const append = (rows: readonly (readonly Cell[])[]) => {
    if (rows.length === 0) return;
    const chunk = engine.DuckDBDataChunk.create(types);
    chunk.setRows(rows.map((row) => row.map((cell, i) => engineValue(session, cell, view.columns[i]))));
    appender.appendDataChunk(chunk);
  };
  try {
    let waiting: (readonly Cell[])[] = [];
    for await (const rows of view.rows(source, at)) {
      for (const row of rows) {
        if (waiting.push(row) < CHUNK_ROWS) continue;
        append(waiting);
        waiting = [];
      }
    }
    append(waiting);
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function engineValue({ engine }: Session, cell: Cell, { type }: ViewColumn): DuckDBValue {
  if (cell === null) return null;
  // A count that is no whole number is a bug of whoever made the row, and BigInt throws.
  if (type === "whole") return BigInt(cell);
  if (type === "time") return engine.timestampTZValue(BigInt(Math.trunc(Number(cell))) * 1000n);
  return cell;
}
