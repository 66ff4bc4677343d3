import { childrenOf, conjunctsOf, isNode, type Node, nodesIn, type Tree, wordOf } from "./syntax.ts";
import { TEXT_COLUMNS } from "./table-files.ts";

/**
 * What a query asks of the rows of the table wherever it names it, as far as whole files can be judged by it: of each place, parts of
 * its condition that must all be true. What is not understood is no part: then more files are read than had to be, and never fewer.
 */
export type FileConditions = readonly (readonly FileCondition[])[];

/** `date`: the expression has that column only, whose value all rows of a file share. Else a bound on a column of times or texts. */
export type FileCondition =
  | { readonly kind: "date"; readonly expression: Node }
  | { readonly kind: "bound"; readonly column: string; readonly comparison: Comparison; readonly value: Node };

/** The value stands on the right. */
type Comparison = "<" | "<=" | "=" | ">=" | ">";

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  COMPARE_LESSTHAN: "<",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_EQUAL: "=",
  COMPARE_GREATERTHANOREQUALTO: ">=",
  COMPARE_GREATERTHAN: ">",
};
const FLIPPED: Readonly<Record<Comparison, Comparison>> = { "<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<" };

/** Functions whose result follows from their arguments, and what has one value during a query. */
const FUNCTIONS = new Set(
  [
    ["+", "-", "trunc", "to_days", "to_hours", "to_minutes", "to_seconds", "to_weeks", "to_months", "to_years"],
    ["now", "get_current_timestamp", "current_date", "today", "date_trunc", "date_part", "date_diff", "date_add"],
    ["year", "month", "day", "dayofweek", "isodow", "week", "quarter"],
  ].flat(),
);
/** Names that stand for such functions without parentheses. */
const NOW = new Set(["current_date", "current_timestamp"]);
const TIMES = new Set(["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"]);

export function conditionsOn(table: string, tree: Node): FileConditions {
  const all: FileCondition[][] = [];
  let named = 0;
  for (const node of nodesIn(tree)) {
    if (isTable(table, node)) named++;
    if (wordOf(node, "type") !== "SELECT_NODE") continue;
    for (const { name, isAlone } of places(table, node)) {
      const column = (one: Node) => columnOf(one, name, isAlone);
      all.push(conjunctsOf(node.where_clause).flatMap((part) => conditionOf(part, column) ?? []));
    }
  }
  // Somewhere it is named where no condition was looked for: all of it is read.
  return named === all.length ? all : [[]];
}

function isTable(table: string, node: Node): boolean {
  return wordOf(node, "type") === "BASE_TABLE" && wordOf(node, "table_name").toLowerCase() === table;
}

interface Place {
  /** What its columns may be qualified by. */
  readonly name: string;
  /** Nothing else stands there: columns need not be qualified. */
  readonly isAlone: boolean;
}

/**
 * Where a SELECT names the table so that its condition may be applied before all else: alone, or joined to others by inner
 * joins only. A row that an outer join has nothing for is made of nulls, and a sample is taken before the condition.
 */
function places(table: string, { from_table: from, sample }: Node): Place[] {
  const found: Place[] = [];
  const isPlain = (node: Node) => node.sample === null && childrenOf(node, "column_name_alias").length === 0;
  const visit = (node: Tree | undefined, isAlone: boolean): boolean => {
    if (!isNode(node)) return true;
    if (wordOf(node, "type") === "JOIN") {
      const isInner = wordOf(node, "join_type") === "INNER" && ["REGULAR", "CROSS"].includes(wordOf(node, "ref_type"));
      return isInner && visit(node.left, false) && visit(node.right, false);
    }
    if (!isTable(table, node)) return true;
    found.push({ name: (wordOf(node, "alias") || table).toLowerCase(), isAlone });
    return isPlain(node);
  };
  return visit(from, true) && (sample === null || sample === undefined) ? found : [];
}

/** The table's column that a node is, lower-case; null for anything else. */
function columnOf(node: Tree | undefined, table: string, isAlone: boolean): string | null {
  if (!isNode(node) || wordOf(node, "type") !== "COLUMN_REF") return null;
  const names = childrenOf(node, "column_names").map((name) => String(name).toLowerCase());
  if (names.length === 1) return isAlone ? names[0] : null;
  return names.length === 2 && names[0] === table ? names[1] : null;
}

type ColumnOf = (node: Node) => string | null;

function conditionOf(part: Node, columnOf: ColumnOf): FileCondition[] | null {
  if (isOfDate(part, columnOf)) return [{ kind: "date", expression: part }];
  const bound = (
    column: Tree | undefined,
    comparison: Comparison | undefined,
    value: Tree | undefined,
  ): FileCondition[] => {
    if (!isNode(column) || !isNode(value) || comparison === undefined) return [];
    const name = columnOf(column);
    const isKnown = name === "timestamp" ? isTime(value) : isText(name, value);
    return isKnown && name !== null ? [{ kind: "bound", column: name, comparison, value }] : [];
  };
  switch (wordOf(part, "class")) {
    case "COMPARISON": {
      const comparison = COMPARISONS[wordOf(part, "type")];
      const found = bound(part.left, comparison, part.right);
      return found.length > 0 ? found : bound(part.right, comparison && FLIPPED[comparison], part.left);
    }
    case "BETWEEN":
      return [...bound(part.input, ">=", part.lower), ...bound(part.input, "<=", part.upper)];
    default:
      return null;
  }
}

/** Whether an expression has no other column than the partition's, and that one. */
function isOfDate(tree: Tree, columnOf: ColumnOf): boolean {
  let isNamed = false;
  const isPure = (node: Tree | undefined): boolean => {
    if (!isNode(node)) return true;
    if (wordOf(node, "type") === "COLUMN_REF") {
      if (columnOf(node) !== "date") return isNow(node);
      isNamed = true;
      return true;
    }
    return isComputed(node, isPure);
  };
  return isPure(tree) && isNamed;
}

/** Whether a node is computed from what is below it, all of which `isPure`. */
function isComputed(node: Node, isPure: (below: Tree | undefined) => boolean): boolean {
  const children = childrenOf(node, "children");
  switch (wordOf(node, "class")) {
    case "CONSTANT":
      return isSafe(node.value);
    case "CAST":
      return isPure(node.child);
    case "COMPARISON":
      return isPure(node.left) && isPure(node.right);
    case "BETWEEN":
      return isPure(node.input) && isPure(node.lower) && isPure(node.upper);
    case "FUNCTION":
      return FUNCTIONS.has(wordOf(node, "function_name")) && node.filter === null && children.every(isPure);
    case "CONJUNCTION":
    case "OPERATOR":
      return children.every(isPure);
    default:
      return false;
  }
}

function isNow(node: Node): boolean {
  const names = childrenOf(node, "column_names");
  return names.length === 1 && NOW.has(String(names[0]).toLowerCase());
}

/** Whole numbers beyond 2^53 are others once JavaScript has read them. */
function isSafe(value: Tree | undefined): boolean {
  const number = isNode(value) ? value.value : undefined;
  return typeof number !== "number" || !Number.isInteger(number) || Number.isSafeInteger(number);
}

/** Whether a column of times is compared with it as a time: an instant that is known before any row. */
function isTime(node: Node): boolean {
  const isConstant = (one: Tree | undefined): boolean =>
    isNode(one) && (wordOf(one, "type") === "COLUMN_REF" ? isNow(one) : isComputed(one, isConstant));
  if (!isConstant(node)) return false;
  const kind = wordOf(node, "class");
  if (kind === "CAST") return isNode(node.cast_type) && TIMES.has(wordOf(node.cast_type, "id"));
  return kind === "FUNCTION" || kind === "COLUMN_REF" || (kind === "CONSTANT" && isTextConstant(node));
}

/** Anything but a text would have the column cast. */
function isText(column: string | null, node: Node): boolean {
  return TEXT_COLUMNS.some((name) => name === column) && isTextConstant(node);
}

function isTextConstant({ class: kind, value }: Node): boolean {
  return kind === "CONSTANT" && isNode(value) && isNode(value.type) && wordOf(value.type, "id") === "VARCHAR";
}
