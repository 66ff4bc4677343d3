import type { Query } from "../query.ts";
import { identifier, literal } from "../session.ts";

/** What a sum of whole numbers is in DuckDB, and in Parquet only as a floating-point number, which rounds it. */
const WIDE = /^U?HUGEINT$/;

/**
 * Writes the answer of a query to the file that it was opened for, and returns how many rows it has. Whole numbers beyond 64
 * bits stay exact, as decimals. Throws what running the query throws.
 */
export async function writeParquet(query: Query, sql: string, path: string): Promise<number> {
  const { session, errorOf } = query;
  const view = "vantageflow_answer";
  try {
    // A view takes the query as it stands, whatever comments are behind it.
    await session.connection.run(`create temp view ${view} as ${sql}`);
    const described = await session.rows(`describe ${view}`);
    const columns = described.map(([name, type]) => {
      const column = identifier(String(name));
      return WIDE.test(String(type)) ? `${column}::decimal(38, 0) as ${column}` : column;
    });
    const answer = `(select ${columns.join(", ")} from ${view})`;
    const [[rows]] = await session.rows(`copy ${answer} to ${literal(path)} (format parquet, compression zstd)`);
    return Number(rows);
  } catch (error) {
    throw errorOf(error);
  }
}
