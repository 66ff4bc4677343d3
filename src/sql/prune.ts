import { DAY_MS } from "../time.ts";
import { conditionsOn, type FileCondition } from "./conditions.ts";
import { identifier, type Session } from "./session.ts";
import type { Statement } from "./statement.ts";
import { isNode, type Node, withoutPlaces } from "./syntax.ts";
import { type ListedFile, TEXT_COLUMNS } from "./table-files.ts";

/** Where what the log says of files stands while they are chosen. */
const FILES = "vantageflow_files";

/**
 * The files in which rows may be that the query asks for, by what the log says of them. DuckDB itself compares, so that a condition
 * means here what it means in the query; what it cannot judge, or fails at, leaves all files. To be called in the session's transaction.
 */
export async function neededFiles(
  session: Session,
  { tree }: Statement,
  table: string,
  files: readonly ListedFile[],
): Promise<readonly ListedFile[]> {
  const places = conditionsOn(table, tree);
  if (files.length < 2 || places.some((place) => place.length === 0)) return files;
  try {
    const conditions = await Promise.all(places.map((place) => conditionText(session, place)));
    await declareFiles(session, files);
    const chosen = await session.rows(
      `select number from ${FILES} where ${conditions.map((one) => `(${one})`).join(" or ")}`,
    );
    await session.connection.run(`drop table ${FILES}`);
    const numbers = new Set(chosen.map(([number]) => Number(number)));
    return files.filter((_, i) => numbers.has(i));
  } catch {
    // The same mistake is in the query, which says what it is.
    await session.begin();
    return files;
  }
}

async function declareFiles({ engine, connection }: Session, files: readonly ListedFile[]): Promise<void> {
  const texts = TEXT_COLUMNS.flatMap((name) => [`${name}_low varchar`, `${name}_high varchar`]);
  const columns = ["number integer", "date date", "timestamp_low timestamptz", "timestamp_high timestamptz", ...texts];
  await connection.run(`create temp table ${FILES} (${columns.join(", ")})`);
  const appender = await connection.createAppender(FILES);
  const time = (millis: number) => engine.timestampTZValue(BigInt(millis) * 1000n);
  try {
    for (const [i, { date, times, texts }] of files.entries()) {
      appender.appendInteger(i);
      if (date === null) appender.appendNull();
      else appender.appendDate(engine.dateValue(Date.parse(date) / DAY_MS));
      for (const millis of times ?? [null, null]) {
        if (millis === null) appender.appendNull();
        else appender.appendTimestampTZ(time(millis));
      }
      for (const text of TEXT_COLUMNS.flatMap((name) => texts[name] ?? [null, null])) {
        if (text === null) appender.appendNull();
        else appender.appendVarchar(text);
      }
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}

async function conditionText(session: Session, place: readonly FileCondition[]): Promise<string> {
  const parts = await Promise.all(
    place.map(async (one) => {
      if (one.kind === "date") return `(${await textOfExpression(session, unqualified(one.expression))})`;
      const { column, comparison } = one;
      const [low, high] = [identifier(`${column}_low`), identifier(`${column}_high`)];
      const value = `(${await textOfExpression(session, one.value)})`;
      const above = `${high} ${comparison === ">" ? ">" : ">="} ${value}`;
      const below = `${low} ${comparison === "<" ? "<" : "<="} ${value}`;
      const both = comparison === "=" ? `${above} and ${below}` : comparison.startsWith(">") ? above : below;
      // What the log does not say may be anything.
      return `coalesce(${both}, true)`;
    }),
  );
  return parts.join(" and ");
}

/** The expression with the table's columns named by themselves. */
function unqualified(node: Node): Node {
  const { column_names: names } = node;
  const own = Array.isArray(names) ? { ...node, column_names: names.slice(-1) } : node;
  return Object.fromEntries(
    Object.entries(own).map(([member, value]) => [
      member,
      isNode(value)
        ? unqualified(value)
        : Array.isArray(value)
          ? value.map((one) => (isNode(one) ? unqualified(one) : one))
          : value,
    ]),
  );
}

/** An expression of the tree as SQL. Only what `conditions.ts` lets through comes here: values, and functions of them. */
async function textOfExpression(session: Session, expression: Node): Promise<string> {
  const [[template]] = await session.rows("select json_serialize_sql('select 1')::varchar");
  const { statements } = JSON.parse(String(template));
  statements[0].node.select_list = [{ ...expression, alias: "" }];
  const tree = JSON.stringify(withoutPlaces({ error: false, statements }));
  const [[text]] = await session.rows("select json_deserialize_sql(?::json)", tree);
  return String(text).replace(/^SELECT\s+/i, "");
}
