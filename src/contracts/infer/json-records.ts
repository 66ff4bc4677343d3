import type { Json } from "../json.ts";
import { columnsOfRecords, pathTo } from "./json-columns.ts";
import { isNumber, PLAIN_NUMBERS } from "./numbers.ts";
import { filled, listing, type SourceColumn } from "./source-table.ts";
import { timeRoleOf } from "./time-role.ts";
import { deviceScore, isUnitName, isValueName } from "./words.ts";

/** The records of documents and where they are. */
export interface FoundRecords {
  /** As `format.records` says it; null where documents or their elements are the records. */
  readonly path: string | null;
  readonly columns: readonly SourceColumn[];
  /** Names of measures, where each is a member that is a list. */
  readonly members: readonly string[];
  /** What is unsure of it; "" for nothing. */
  readonly note: string;
}

interface List {
  readonly steps: readonly string[];
  /** The records of each document, and the document. */
  readonly rows: readonly { readonly record: Json; readonly root: Json }[];
}

const MOST_RECORDS = 3000;
const MOST_LEVELS = 6;
const MOST_MEMBERS = 60;
const USUAL_LISTS =
  /^(readings|data|values|records|measurements|results?|items|rows|samples|points|telemetry|series|feeds|observations|history|states|entries|messages|events|value)$/i;

/** Finds the records that have times and numbers; null where none have. */
export function recordsIn(documents: readonly Json[]): FoundRecords | null {
  const whole = {
    steps: [],
    rows: documents.flatMap((one) => (Array.isArray(one) ? one : [one])).map((record) => ({ record, root: null })),
  };
  const itself = usable(whole, false);
  if (documents.some(Array.isArray)) return itself === null ? null : { ...itself, path: null, members: [], note: "" };
  const members = membersIn(documents[0], []);
  if (members !== null) return members;
  const lists = listsIn(documents).flatMap((list) => {
    const found = usable(list, true);
    return found === null ? [] : [{ list, found }];
  });
  lists.sort((a, b) => b.list.rows.length - a.list.rows.length);
  const named = itself === null && lists.length > 0 ? null : namedIn(documents);
  if (named !== null) return named;
  const inside = lists.find(
    ({ list }) =>
      itself === null || list.rows.length >= 3 * documents.length || USUAL_LISTS.test(list.steps.at(-1) ?? ""),
  );
  if (inside === undefined) return itself === null ? null : { ...itself, path: null, members: [], note: "" };
  const path = pathTo(inside.list.steps);
  if (path === null) return null;
  const others = lists.filter((one) => one !== inside).map(({ list }) => pathTo(list.steps) ?? "");
  const note =
    others.length === 0
      ? ""
      : `Readings are taken from the list at ${JSON.stringify(path)}; there are others at ${listing(others)}. Look at format.records.`;
  return { ...inside.found, path, members: [], note };
}

/** The columns of a list's records, where they have a time and a number; with what names the device in the document around them. */
function usable({ rows, steps }: List, isInside: boolean): { readonly columns: readonly SourceColumn[] } | null {
  const taken = rows.slice(0, MOST_RECORDS);
  // Lists of lists of objects have more than one reading in what would be a record.
  if (
    taken.some(({ record }) => Array.isArray(record) && record.some((one) => typeof one === "object" && one !== null))
  )
    return null;
  const columns = columnsOfRecords(taken.map(({ record }) => record));
  const time = timeRoleOf(columns);
  if (time === null) return null;
  // A time within a list is one of a series: what stands beside it are not the values of one reading.
  if (time.columns.some(({ name }) => /\[\d+\]/.test(name) && !/^\[\d+\]$/.test(name))) return null;
  const hasNumber = columns.some(
    (column) => !time.columns.includes(column) && filled(column).some((cell) => isNumber(cell, PLAIN_NUMBERS)),
  );
  if (!hasNumber) return null;
  if (!isInside) return { columns };
  const around = columnsOfRecords(taken.map(({ root }) => without(root, steps)))
    .filter(({ label, isText }) => isText && (deviceScore(label, true) > 0 || isUnitName(label)))
    .map((column) => ({ ...column, name: column.name.startsWith("[") ? `$${column.name}` : `$.${column.name}` }));
  return { columns: [...columns, ...around] };
}

/** What things in a list are called by; their numbers are called as values are, or stand alone. */
const NAMES =
  /^(n|name|id|sensor|sensor_?id|sensor_?name|key|tag|channel|parameter|metric|measure|quantity|type|label)$/i;
const NAMED_LISTS =
  /^(sensors|channels|metrics|parameters|measures|probes|readings|data|values|measurements|samples|points|telemetry)$/i;
const LEAST_NAMED = 2;

/** The first list of named values in documents that say when: each value is a reading, and stands by its name and not by its place. */
function namedIn(documents: readonly Json[]): FoundRecords | null {
  for (const { steps, rows } of listsIn(documents)) {
    const path = pathTo(steps);
    const taken = rows.slice(0, MOST_RECORDS);
    if (path === null || !taken.every(({ record }) => isFlat(record))) continue;
    const columns = columnsOfRecords(taken.map(({ record }) => record));
    const name = columns.find((one) => one.isText && NAMES.test(one.label) && isNamed(one, taken));
    const numbers = columns.filter((one) => one !== name && filled(one).some((cell) => isNumber(cell, PLAIN_NUMBERS)));
    const values = numbers.filter(({ label }) => isValueName(label));
    const isOne = values.length === 1 || (numbers.length === 1 && NAMED_LISTS.test(String(steps.at(-1))));
    if (name === undefined || !isOne) continue;
    const around = columnsOfRecords(taken.map(({ root }) => without(root, steps)));
    const time = timeRoleOf(around);
    if (time === null || timeRoleOf(columns) !== null) continue;
    const isTime = (column: SourceColumn) => time.columns.includes(column) || time.others.includes(column);
    const outer = around.map((column) => ({
      ...{ ...column, name: column.name.startsWith("[") ? `$${column.name}` : `$.${column.name}` },
      isAside: column.isAside || !isTime(column),
    }));
    const inner = columns.map((one) => (one === name ? { ...one, label: "measure name" } : one));
    const note = `The values in the list at ${JSON.stringify(path)} are taken each for a reading of what ${JSON.stringify(name.name)} names. Look at format.records and reading.device_id.`;
    return { columns: [...inner, ...outer], path, members: [], note };
  }
  return null;
}

/** Whether a text stands once in each list, and there are several. */
function isNamed({ cells }: SourceColumn, rows: List["rows"]): boolean {
  const seen = new Map<Json, Set<string>>();
  for (const [row, { root }] of rows.entries()) {
    const names = seen.get(root) ?? new Set();
    seen.set(root, names);
    if (cells[row] === "" || names.size === names.add(cells[row]).size) return false;
  }
  return [...seen.values()].some((names) => names.size >= LEAST_NAMED);
}

function isFlat(record: Json): boolean {
  return isObject(record) && Object.values(record).every((one) => typeof one !== "object" || one === null);
}

function without(root: Json, [step, ...rest]: readonly string[]): Json {
  if (typeof root !== "object" || root === null || Array.isArray(root) || step === undefined) return null;
  const { [step]: inner = null, ...others } = root;
  return rest.length === 0 ? others : { ...others, [step]: without(inner, rest) };
}

/** Lists of objects or of lists at one place of the documents. */
function listsIn(documents: readonly Json[]): List[] {
  const found = new Map<string, readonly string[]>();
  const walk = (value: Json, steps: readonly string[]) => {
    if (typeof value !== "object" || value === null || steps.length > MOST_LEVELS) return;
    if (Array.isArray(value)) {
      if (typeof value[0] === "object" && value[0] !== null) found.set(JSON.stringify(steps), steps);
      return;
    }
    for (const [name, one] of Object.entries(value).slice(0, MOST_MEMBERS)) walk(one, [...steps, name]);
  };
  for (const one of documents.slice(0, 20)) walk(one, []);
  return [...found.values()]
    .slice(0, 20)
    .map((steps) => ({ steps, rows: documents.flatMap((root) => rowsAt(root, steps)) }));
}

function rowsAt(root: Json, steps: readonly string[]): { record: Json; root: Json }[] {
  let at: Json = root;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, step)) return [];
    at = at[step];
  }
  return Array.isArray(at) ? at.slice(0, MOST_RECORDS).map((record) => ({ record, root })) : [];
}

/** An object of which each member is a list of times with one value: its names are the measures. */
function membersIn(value: Json, steps: readonly string[]): FoundRecords | null {
  if (typeof value !== "object" || value === null || Array.isArray(value) || steps.length > 3) return null;
  const entries = Object.entries(value);
  const lists = entries.flatMap(([, one]) => (Array.isArray(one) && one.length > 0 ? [one] : []));
  if (lists.length > 0 && lists.length === entries.filter(([, one]) => !Array.isArray(one) || one.length > 0).length) {
    const rows = lists.flat().map((record) => ({ record, root: null }));
    const keys = new Set(rows.flatMap(({ record }) => (isObject(record) ? Object.keys(record) : [""])));
    const found = keys.size === 2 ? usable({ steps, rows }, false) : null;
    const isAlone = lists.length === 1 && USUAL_LISTS.test(entries[0][0]);
    const path = pathTo(steps);
    if (found !== null && !isAlone) {
      return { ...found, path: path === null ? "*" : `${path}.*`, members: entries.map(([name]) => name), note: "" };
    }
  }
  for (const [name, one] of entries.slice(0, MOST_MEMBERS)) {
    const found = membersIn(one, [...steps, name]);
    if (found !== null) return found;
  }
  return null;
}

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
