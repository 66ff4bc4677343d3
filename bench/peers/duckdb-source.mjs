import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/**
 * The job on a source of another form in DuckDB's SQL, on all cores: the readings that `select` makes of the file (its name
 * is quoted for it) go into a table, are split by a score that is 0, and aggregated; silver and gold as CSV.
 *
 * @param {(input: string) => string} select
 */
export async function runJob(select) {
  const [input, out] = process.argv.slice(2);
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
  const instance = await DuckDBInstance.create(":memory:");
  const main = await instance.connect();
  await main.run(`CREATE TABLE readings AS ${select(quoted(input))}`);
  const copy = async (/** @type {string} */ file, /** @type {string} */ query) => {
    const connection = await instance.connect();
    await connection.run(`COPY (${query}) TO ${quoted(join(out, file))} (FORMAT csv, HEADER)`);
  };
  await Promise.all([
    copy("silver.csv", "SELECT * FROM readings WHERE anomaly_score <= 0.5"),
    copy(
      "gold.csv",
      `SELECT device_id, count(*), avg(value), min(value), max(value), count(*) FILTER (anomaly_score > 0.5)
       FROM readings GROUP BY device_id`,
    ),
  ]);
}
