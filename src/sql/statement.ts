import { mistake, mistakeOf, VIEW_NAMES } from "./mistake.ts";
import type { Session } from "./session.ts";
import { isNode, type Node, nodesIn, type Tree, wordOf } from "./syntax.ts";

/** A query that may be asked. */
export interface Statement {
  readonly sql: string;
  readonly tree: Node;
  /** Names of tables, lower-case, whatever stands behind them: views of the lake, or what the query names itself. */
  readonly tables: ReadonlySet<string>;
  /** It asks for columns or names only: nothing need be read. */
  readonly isDescription: boolean;
}

/** Functions that make rows of nothing but their arguments. All others of this kind read something, or take SQL as a text. */
const ROW_FUNCTIONS = new Set(["range", "generate_series", "unnest", "generate_subscripts", "repeat", "repeat_row"]);

/**
 * Parses what was asked, and refuses all that is no single query over views: by the syntax tree, before anything of it runs.
 * Throws `sql_invalid`.
 */
export async function parseStatement(session: Session, sql: string): Promise<Statement> {
  if (sql.trim() === "") throw mistake(sql, "there is nothing in it", "Try: select count(*) from readings");
  const parsed = await serialized(session, sql);
  const statements = parsed.statements;
  const [first, ...more] = Array.isArray(statements) ? statements : [];
  if (!isNode(first)) throw mistake(sql, "there is no query in it", "Try: select count(*) from readings");
  if (more.length > 0) throw mistake(sql, "there are several queries in it", "Ask one at a time.");
  const tables = new Set<string>();
  let isDescription = false;
  for (const node of nodesIn(first)) {
    const position = placeOf(node);
    switch (wordOf(node, "type")) {
      case "BASE_TABLE":
        tables.add(wordOf(node, "table_name").toLowerCase());
        if (isNode(node.at_clause)) {
          throw mistake(
            sql,
            "AT is no part of a query here",
            "Ask of a version by --at VERSION or --at TIME.",
            position,
          );
        }
        break;
      case "SHOW_REF":
        isDescription = wordOf(node, "show_type") !== "SUMMARY";
        break;
      case "TABLE_FUNCTION": {
        const name = isNode(node.function) ? wordOf(node.function, "function_name").toLowerCase() : "";
        if (ROW_FUNCTIONS.has(name)) break;
        const why = `"${name}" reads something else than the views of the lake`;
        throw mistake(sql, why, `Ask of ${VIEW_NAMES}.`, position);
      }
    }
  }
  return { sql, tree: first, tables, isDescription };
}

async function serialized(session: Session, sql: string): Promise<Node> {
  let parsed: Tree;
  try {
    const [[text]] = await session.rows("select json_serialize_sql(?::varchar)::varchar", sql);
    parsed = JSON.parse(String(text));
  } catch (error) {
    throw mistakeOf(sql, error);
  }
  if (!isNode(parsed)) throw mistake(sql, "it cannot be understood", "Ask something simpler.");
  if (parsed.error !== true) return parsed;
  const message = wordOf(parsed, "error_message");
  if (/only select/i.test(message)) {
    const why = "only queries are answered: SELECT, WITH, VALUES, DESCRIBE, SUMMARIZE";
    throw mistake(sql, why, "Nothing of a lake is changed in SQL, and no setting.");
  }
  const said = {
    exception_type: "Parser",
    exception_message: message,
    position: wordOf(parsed, "position") || undefined,
  };
  throw mistakeOf(sql, new Error(JSON.stringify(said)));
}

function placeOf({ query_location: place }: Node): number | undefined {
  return typeof place === "number" && Number.isSafeInteger(place) ? place : undefined;
}
