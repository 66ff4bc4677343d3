import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import type { Engine } from "./engine.ts";

/** How much of a machine a query may take. */
export interface SessionLimits {
  /** As DuckDB writes sizes: `1GB`. */
  readonly memory: string;
  /** An empty folder of this query alone, for what does not fit into memory. */
  readonly temporary: string;
}

/** What does not fit into memory may take so much of the disk. */
const MAX_TEMPORARY = "20GB";

/**
 * Not to be had by a query: nothing is loaded into the engine or fetched from anywhere. The rest is closed by
 * {@link Session.lock}, for until then we read ourselves.
 */
const ALWAYS = {
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
  allow_unsigned_extensions: "false",
  allow_persistent_secrets: "false",
  // Places of mistakes as numbers.
  errors_as_json: "true",
};

/** An engine in memory that is ours until it is locked, and the query's from then on. */
export interface Session {
  readonly engine: Engine;
  readonly connection: DuckDBConnection;
  /** Runs SQL of our own; values take the place of `?`. */
  rows(sql: string, ...values: DuckDBValue[]): Promise<DuckDBValue[][]>;
  /**
   * Begins the one transaction of the query, so that `now()` is the same for all of it; what was done since the last call is undone by
   * the next.
   */
  begin(): Promise<void>;
  /**
   * From here on nothing but these files can be touched, no extension, no network, and no setting changed back. Views that are made
   * before read the files that they name.
   */
  lock(files: readonly string[]): Promise<void>;
  close(): void;
}

export async function openSession(engine: Engine, { memory, temporary }: SessionLimits): Promise<Session> {
  const instance: DuckDBInstance = await engine.DuckDBInstance.create(":memory:", { ...ALWAYS });
  const connection = await instance.connect();
  let isBegun = false;
  const rows = async (sql: string, ...values: DuckDBValue[]) => (await connection.runAndReadAll(sql, values)).getRows();
  await connection.run(
    [
      // Of the host's zone nothing may depend.
      "set TimeZone = 'UTC'",
      `set memory_limit = ${literal(memory)}`,
      `set temp_directory = ${literal(temporary)}`,
      `set max_temp_directory_size = ${literal(MAX_TEMPORARY)}`,
    ].join(";"),
  );
  return {
    engine,
    connection,
    rows,
    async begin() {
      if (isBegun) await connection.run("rollback");
      isBegun = true;
      await connection.run("begin transaction");
    },
    async lock(files) {
      await connection.run(`set allowed_paths = [${files.map(literal).join(",")}]`);
      await connection.run("set enable_external_access = false; set lock_configuration = true");
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
