import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VantageflowError } from "../errors.ts";
import { loadEngine } from "./engine.ts";
import { declareView, fillView } from "./fill.ts";
import type { FileCache } from "./local-files.ts";
import { interrupted, mistakeOf } from "./mistake.ts";
import type { QueryAnswer } from "./output/cells.ts";
import { declareReadings, READINGS_VIEW, type TableRead } from "./readings.ts";
import { openSession, type Session } from "./session.ts";
import { parseStatement, type Statement } from "./statement.ts";
import type { TableMoment, ViewSource } from "./view.ts";
import { VIEWS } from "./views/all.ts";

export interface QueryOptions {
  readonly sql: string;
  readonly source: ViewSource;
  /** The tables as they were. */
  readonly at?: TableMoment | undefined;
  /** As DuckDB writes sizes: `1GB`. */
  readonly memory: string;
  readonly cache: FileCache;
  /** A file that the answer is written to as Parquet, see `output/parquet.ts`; nothing else is ever written. */
  readonly output?: string | undefined;
}

/** A query that is ready to run, over views that nothing but the lake is behind. */
export interface Query {
  /** Of the table; null where the query does not name it. */
  readonly table: TableRead | null;
  /** Names of what it asks of, lower-case. */
  readonly names: ReadonlySet<string>;
  /** Runs it; rows come as they are asked for. Throws `sql_invalid` and `sql_failed`. */
  run(): Promise<QueryAnswer>;
  readonly session: Session;
  /** What throws of the engine while rows come, as one of ours. */
  errorOf(error: unknown): VantageflowError;
  /** Ends what is running; it throws then. */
  interrupt(): void;
  /** Harmless when called twice. */
  close(): Promise<void>;
}

/**
 * Prepares a query: parses it, reads what it names of the lake, and closes everything else. Throws `sql_invalid` for what cannot be
 * asked, `engine_missing`, `not_found` for a table or version that is not there, and what reading the lake throws.
 */
export async function openQuery(options: QueryOptions): Promise<Query> {
  const { sql, source, output } = options;
  const engine = await loadEngine();
  const temporary = await mkdtemp(join(tmpdir(), "vantageflow-sql-"));
  let session: Session | undefined;
  const close = async () => {
    session?.close();
    session = undefined;
    await rm(temporary, { recursive: true, force: true });
  };
  try {
    session = await openSession(engine, { memory: options.memory, temporary });
    const opened = session;
    const statement = await parseStatement(opened, sql);
    const { table, files } = await declare(opened, statement, options, temporary);
    if (source.stopped()) throw interrupted();
    let isInterrupted = false;
    await opened.lock(output === undefined ? files : [...files, output]);
    return {
      table,
      names: statement.tables,
      session: opened,
      async run() {
        const result = await opened.connection.stream(sql).catch((error: unknown) => {
          throw mistakeOf(sql, error);
        });
        return { result, ended: () => checkEnd(opened, sql, () => isInterrupted) };
      },
      errorOf: (error) => mistakeOf(sql, error),
      interrupt() {
        isInterrupted = true;
        opened.connection.interrupt();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const AGAIN = "explain analyze ";

/**
 * Throws where an answer that was streamed has no more rows because it broke off: the engine ends both in the same way, see
 * `findings/duckdb-stream-error.sh`. But what broke off has aborted the transaction, and run again without its rows it says why.
 */
async function checkEnd(session: Session, sql: string, isInterrupted: () => boolean): Promise<void> {
  const isAborted = await session.rows("select 1").then(
    () => false,
    () => true,
  );
  if (!isAborted) return;
  if (isInterrupted()) throw interrupted();
  await session.begin();
  try {
    await session.connection.run(`${AGAIN}${sql}`);
  } catch (error) {
    throw isInterrupted() ? interrupted() : mistakeOf(sql, error, AGAIN.length);
  }
  throw new VantageflowError("sql_failed", "Cannot answer: it broke off, and nobody knows why. Ask again.");
}

/** Makes the views that a query names, and reads what they show. */
async function declare(session: Session, statement: Statement, options: QueryOptions, temporary: string) {
  const { tables, isDescription } = statement;
  const isNamed = (name: string) => tables.has(name) || (isDescription && tables.size === 0);
  for (const view of VIEWS.filter(({ name }) => isNamed(name))) {
    await declareView(session, view);
    if (!isDescription) await fillView(session, view, options.source, options.at);
  }
  await session.begin();
  if (!isNamed(READINGS_VIEW)) return { table: null, files: [] };
  const { source, at, cache } = options;
  return declareReadings(session, statement, { storage: source.storage, at, cache, temporary });
}
