/** Asks DuckDB one question about Parquet files, with its defaults, and prints the answer: no more is done than that takes. */
import { DuckDBInstance } from "@duckdb/node-api";

const [sql, ...files] = process.argv.slice(2);
const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;

const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
const reader = await connection.runAndReadAll(
  sql.replaceAll("readings", `read_parquet([${files.map(quoted).join(", ")}])`),
);
process.stdout.write(`${JSON.stringify(reader.getRowsJson())}\n`);
