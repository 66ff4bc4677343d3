import { quote } from "../../errors.ts";
import { unsupported } from "./state.ts";

/** A column as the log's schema names it ("Schema Serialization Format"). */
export interface Field {
  readonly name: string;
  /** A primitive type's name; nested types are objects. */
  readonly type: string | object;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A schema as text for `metaData.schemaString`. */
export function schemaText(fields: readonly Field[]): string {
  return JSON.stringify({ type: "struct", fields });
}

/** The columns of a schema. Throws `table_unsupported` for what is none. */
export function fieldsOf(table: string, text: string): Field[] {
  try {
    const { type, fields } = JSON.parse(text);
    if (type === "struct" && Array.isArray(fields))
      return fields.map((field) => ({ ...field, metadata: field.metadata ?? {} }));
  } catch {
    // Told below.
  }
  throw unsupported(table, `its schema is none: ${quote(text)}`);
}
