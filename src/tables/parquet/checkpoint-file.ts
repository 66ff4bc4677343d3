import { parquetMetadataAsync, parquetReadObjects, type SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { LakeStorage } from "../../storage/port.ts";
import type { Action, Add, Metadata, Remove } from "../delta/actions.ts";
import { parsing, rangesOf } from "./read.ts";

/**
 * The Parquet form of a checkpoint: a row for each action, a nested column for each kind ("Checkpoint Schema" of the Delta
 * protocol). Maps and lists of three levels, as the format's LogicalTypes.md has them.
 */

type More = Omit<SchemaElement, "name">;

const leaf = (name: string, type: NonNullable<SchemaElement["type"]>, more: More = {}): SchemaElement[] => [
  { name, type, repetition_type: "OPTIONAL", ...more },
];
const text = (name: string, more: More = {}) => leaf(name, "BYTE_ARRAY", { converted_type: "UTF8", ...more });
const group = (name: string, children: readonly SchemaElement[][], more: More = {}): SchemaElement[] => [
  { name, repetition_type: "OPTIONAL", num_children: children.length, ...more },
  ...children.flat(),
];
const entries = (name: string) => {
  const pair = [text("key", { repetition_type: "REQUIRED" }), text("value")];
  return group(name, [group("key_value", pair, { repetition_type: "REPEATED" })], { converted_type: "MAP" });
};
const texts = (name: string) =>
  group(name, [group("list", [text("element")], { repetition_type: "REPEATED" })], { converted_type: "LIST" });

const KINDS = ["txn", "protocol", "metaData", "add", "remove"] as const;

const COLUMNS = [
  group("txn", [text("appId"), leaf("version", "INT64"), leaf("lastUpdated", "INT64")]),
  group("protocol", [leaf("minReaderVersion", "INT32"), leaf("minWriterVersion", "INT32")]),
  group("metaData", [
    ...[text("id"), text("name"), group("format", [text("provider"), entries("options")]), text("schemaString")],
    ...[texts("partitionColumns"), entries("configuration"), leaf("createdTime", "INT64")],
  ]),
  group("add", [
    ...[text("path"), entries("partitionValues"), leaf("size", "INT64"), leaf("modificationTime", "INT64")],
    ...[leaf("dataChange", "BOOLEAN"), text("stats"), entries("tags")],
  ]),
  group("remove", [
    ...[text("path"), leaf("deletionTimestamp", "INT64"), leaf("dataChange", "BOOLEAN")],
    ...[leaf("extendedFileMetadata", "BOOLEAN"), entries("partitionValues"), leaf("size", "INT64")],
  ]),
];
const SCHEMA: SchemaElement[] = [{ name: "checkpoint", num_children: COLUMNS.length }, ...COLUMNS.flat()];

/** The bytes of a checkpoint of these actions. */
export function encodeCheckpoint(actions: readonly Action[]): Uint8Array {
  const rows = actions.map(rowOf);
  const columnData = KINDS.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) }));
  return new Uint8Array(parquetWriteBuffer({ schema: SCHEMA, columnData, createdBy: "vantageflow" }));
}

type Row = { readonly [kind in (typeof KINDS)[number]]?: object };

/** INT64 is a BigInt for the library. */
function rowOf({ txn, protocol, metaData, add, remove }: Action): Row {
  const long = (value: number | null | undefined) => (value === null || value === undefined ? null : BigInt(value));
  if (txn !== undefined) return { txn: { ...txn, version: BigInt(txn.version), lastUpdated: long(txn.lastUpdated) } };
  if (protocol !== undefined) return { protocol };
  if (metaData !== undefined) {
    const { format, configuration, createdTime, ...rest } = metaData;
    const whole = { provider: format.provider, options: format.options ?? {} };
    return { metaData: { ...rest, format: whole, configuration: configuration ?? {}, createdTime: long(createdTime) } };
  }
  if (add !== undefined) {
    return { add: { ...add, size: BigInt(add.size), modificationTime: BigInt(add.modificationTime) } };
  }
  if (remove === undefined) throw new Error("a checkpoint has no place for this action");
  return { remove: { ...remove, deletionTimestamp: long(remove.deletionTimestamp), size: long(remove.size) } };
}

/** The actions of a checkpoint that this or another program wrote. Throws `table_damaged`. */
export async function decodeCheckpoint(storage: LakeStorage, key: string, size: number): Promise<Action[]> {
  const file = rangesOf(storage, key, size);
  const rows = await parsing(key, async () => {
    const metadata = await parquetMetadataAsync(file);
    const there = metadata.schema.map(({ name }) => name);
    return parquetReadObjects({ file, metadata, columns: KINDS.filter((kind) => there.includes(kind)) });
  });
  return rows.flatMap((row) => KINDS.flatMap((kind) => (row[kind] == null ? [] : [actionOf(kind, row[kind])])));
}

function actionOf(kind: (typeof KINDS)[number], value: Record<string, unknown>): Action {
  const plain = plainOf(value) as Record<string, unknown>;
  for (const name of ["partitionValues", "tags", "configuration"]) {
    // A partition value that is null stays one.
    if (plain[name] !== undefined) plain[name] = recordOf(value[name]);
  }
  if (kind === "metaData") {
    const format = plain.format as Record<string, unknown>;
    const metaData = { ...plain, format: { ...format, options: recordOf(format.options) } };
    return { metaData: metaData as unknown as Metadata };
  }
  if (kind === "add") return { add: plain as unknown as Add };
  if (kind === "remove") return { remove: plain as unknown as Remove };
  return { [kind]: plain };
}

/** Without what is not there, and with numbers for INT64: sizes and times are safe integers. */
function plainOf(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(known.map(([name, one]) => [name, plainOf(one)]));
}

/** A map is an object, or a list of pairs, as the library has read it. */
function recordOf(value: unknown): Record<string, string | null> {
  if (!Array.isArray(value)) return (value ?? {}) as Record<string, string | null>;
  return Object.fromEntries(value.map((pair) => [pair.key ?? pair[0], pair.value ?? pair[1] ?? null]));
}
