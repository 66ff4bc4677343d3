import { quote } from "../../errors.ts";
import { PARTITION } from "../days/day.ts";
import type { Metadata } from "../delta/actions.ts";
import { type Field, fieldsOf, schemaText } from "../delta/schema.ts";
import { unsupported } from "../delta/state.ts";
import type { ColumnType, TableColumn } from "../parquet/columns.ts";
import { READINGS } from "./layout.ts";

/** What every reading has, in the order of the table. See docs/tables.md. */
export const FIXED = [
  { name: "timestamp", type: "timestamp" },
  { name: "nanos", type: "integer" },
  { name: "device_id", type: "string" },
  { name: "value", type: "double" },
  { name: "unit", type: "string" },
  { name: "anomaly_score", type: "double" },
  { name: "anomaly", type: "boolean" },
  { name: "batch", type: "string" },
] as const satisfies readonly TableColumn[];

/** In the metadata of a column that sources carry along: what it is called there. */
const SOURCE = "vantageflow.column";
/** Delta tables of writer version 2 cannot have these in the name of a column, and a dot would name a part of one. */
const FORBIDDEN = /[ ,;{}()\n\t=.`]/g;

/** A column that sources carry along, a text. */
export interface Carried {
  /** As the header of the CSV says it. */
  readonly source: string;
  /** In the table. */
  readonly name: string;
}

/** The columns of the table, which may become more. */
export class TableColumns {
  readonly carried: Carried[] = [];
  /** Columns of another program, of which files written here have none. */
  readonly foreign: readonly Field[];
  /** Columns that the metadata does not have. */
  readonly added: Carried[] = [];
  readonly #taken: Set<string>;
  readonly #bySource = new Map<string, number>();

  /** `null` for a table to be made. Throws `table_unsupported` for what is no table of readings. */
  constructor(metadata: Metadata | null) {
    const fields = metadata === null ? [] : checkedFields(metadata);
    const own = [PARTITION, ...FIXED.map(({ name }) => name)];
    const foreign: Field[] = [];
    for (const field of fields) {
      if (own.includes(field.name)) continue;
      const { [SOURCE]: source } = field.metadata;
      if (typeof source === "string" && field.type === "string") this.#add({ source, name: field.name });
      else foreign.push(field);
    }
    this.foreign = foreign;
    this.#taken = new Set([...own, ...fields.map(({ name }) => name)].map((name) => name.toLowerCase()));
  }

  /** Which of the carried columns this one of a source is; a new one where it has not been seen before. */
  carriedBy(source: string): number {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const added = { source, name: this.#nameFor(source) };
    this.added.push(added);
    return this.#add(added);
  }

  /** What stands in a file: the partition's column does not. */
  inFiles(): TableColumn[] {
    return [...FIXED, ...this.carried.map(({ name }) => ({ name, type: "string" as const }))];
  }

  /** The schema for the metadata. */
  schema(): string {
    const field = (name: string, type: ColumnType | "date", metadata = {}) => ({
      name,
      type,
      nullable: true,
      metadata,
    });
    return schemaText([
      field(PARTITION, "date"),
      ...FIXED.map(({ name, type }) => field(name, type)),
      ...this.carried.map(({ name, source }) => field(name, "string", { [SOURCE]: source })),
      ...this.foreign,
    ]);
  }

  #add(carried: Carried): number {
    this.#bySource.set(carried.source, this.carried.length);
    return this.carried.push(carried) - 1;
  }

  /** Names that differ in case only are refused by every reader. */
  #nameFor(source: string): string {
    const plain = source.replace(FORBIDDEN, "_") || "column";
    for (let n = 1; ; n++) {
      const name = n === 1 ? plain : `${plain}_${n}`;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}

function checkedFields({ schemaString, partitionColumns, format }: Metadata): Field[] {
  const fields = fieldsOf(READINGS, schemaString);
  const typeOf = (name: string) => fields.find((field) => field.name === name)?.type;
  if (format.provider !== "parquet")
    throw unsupported(READINGS, `its files are ${quote(format.provider)}, not parquet`);
  if (partitionColumns.length !== 1 || partitionColumns[0] !== PARTITION) {
    throw unsupported(READINGS, `it is partitioned by ${quote(partitionColumns.join(", "))}, not by ${PARTITION}`);
  }
  for (const { name, type } of [{ name: PARTITION, type: "date" }, ...FIXED]) {
    if (typeOf(name) === type) continue;
    throw unsupported(
      READINGS,
      `its column "${name}" is ${quote(JSON.stringify(typeOf(name)) ?? "missing")}, not ${type}`,
    );
  }
  return fields;
}
