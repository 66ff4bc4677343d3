import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBType,
  DuckDBValue,
} from "@duckdb/node-api";
import { DAY_MS } from "../../time.ts";

/** A column of an answer. */
export interface AnswerColumn {
  /** No two are the same. */
  readonly name: string;
  /** As DuckDB writes types: `DOUBLE`, `TIMESTAMP WITH TIME ZONE`. */
  readonly type: string;
}

/** What a query comes to. */
export interface QueryAnswer {
  /** Its columns, and its rows as they are computed; where these end, {@link QueryAnswer.ended} says whether they are all. */
  readonly result: DuckDBResult;
  /** Throws `sql_invalid` and `sql_failed` where the engine has stopped before the last row. */
  ended(): Promise<void>;
}

/** Told how many rows come next. */
export interface RowsTold {
  readonly onRows: (rows: number) => void;
}

/** The columns of an answer, in their order. */
export function columnsOf(result: DuckDBResult): AnswerColumn[] {
  const types = result.columnTypes();
  return result.deduplicatedColumnNames().map((name, i) => ({ name, type: String(types[i]) }));
}

/** Rows of an answer, some at a time, as they are computed. Throws where they are not all. */
export async function* answerRows({ result, ended }: QueryAnswer): AsyncGenerator<DuckDBValue[][]> {
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    yield chunk.getRows();
  }
  await ended();
}

/** A value as people and spreadsheets read it; "" of null, which only the caller can tell from an empty text. */
export function cellText(value: DuckDBValue, type: DuckDBType): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  const json = jsonOf(value, type);
  return json.startsWith('"') ? JSON.parse(json) : json;
}

/**
 * A value as JSON: numbers with all their digits, of which readers in JavaScript keep 15 to 17; what is no number (`NaN`,
 * `Infinity`) as a text, as are times (ISO 8601, UTC) and bytes (base64).
 */
export function jsonOf(value: DuckDBValue, type: DuckDBType): string {
  switch (typeof value) {
    case "boolean":
    case "bigint":
      return String(value);
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? numberText(value, String(type)) : JSON.stringify(String(value));
  }
  return value === null ? "null" : jsonOfObject(value, type);
}

type ObjectValue = Exclude<DuckDBValue, null | boolean | number | bigint | string>;

/** By the name of the type: the engine is loaded by whoever asks, and its classes are not at hand here. */
function jsonOfObject(value: ObjectValue, type: DuckDBType): string {
  const name = String(type);
  const of = type as {
    readonly valueType?: DuckDBType;
    readonly keyType?: DuckDBType;
    readonly entryTypes?: readonly DuckDBType[];
  };
  if (name === "DATE") return JSON.stringify(dateText(value as DuckDBDateValue));
  if (/^TIMESTAMP( WITH TIME ZONE)?$/.test(name))
    return JSON.stringify(timeText(value as DuckDBTimestampTZValue, name));
  if (name.startsWith("DECIMAL")) return (value as DuckDBDecimalValue).toString();
  if (name === "BLOB") return JSON.stringify(Buffer.from((value as DuckDBBlobValue).bytes).toString("base64"));
  if ("items" in value && of.valueType !== undefined) {
    const { valueType } = of;
    return `[${(value as DuckDBListValue).items.map((item) => jsonOf(item, valueType)).join(",")}]`;
  }
  if (name.startsWith("STRUCT") && "entries" in value) {
    const entries = Object.entries((value as DuckDBStructValue).entries);
    return `{${entries.map(([key, one], i) => `${JSON.stringify(key)}:${jsonOf(one, (of.entryTypes ?? [])[i])}`).join(",")}}`;
  }
  if (name.startsWith("MAP") && "entries" in value && of.keyType !== undefined && of.valueType !== undefined) {
    const { keyType, valueType } = of;
    const entries = (value as DuckDBMapValue).entries.map(
      (one) => `${JSON.stringify(cellText(one.key, keyType))}:${jsonOf(one.value, valueType)}`,
    );
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(String(value));
}

/** The shortest decimal that reads back to the same number, of 32 bits or 64. */
function numberText(value: number, type: string): string {
  if (type !== "FLOAT") return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

const MICROS = 1000n;
/** What a Date can be, in milliseconds from the epoch. */
const MAX_MILLIS = 8_640_000_000_000_000n;

/** `2025-01-01T00:00:00Z`, with as many digits behind the second as there are: none, three or six. */
function timeText(value: DuckDBTimestampTZValue, type: string): string {
  const { micros } = value;
  const below = ((micros % MICROS) + MICROS) % MICROS;
  const millis = (micros - below) / MICROS;
  if (millis > MAX_MILLIS || millis < -MAX_MILLIS) return String(value);
  const text = new Date(Number(millis)).toISOString().slice(0, -1);
  const fraction = below > 0n ? String(below).padStart(3, "0") : "";
  const digits = fraction === "" ? text.replace(/\.000$/, "") : `${text}${fraction}`;
  return type === "TIMESTAMP" ? digits : `${digits}Z`;
}

function dateText(value: DuckDBDateValue): string {
  const time = value.days * DAY_MS;
  return Math.abs(time) > Number(MAX_MILLIS) ? String(value) : new Date(time).toISOString().replace(/T.*/, "");
}
