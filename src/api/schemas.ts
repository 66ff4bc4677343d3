import { PAGE_SCHEMAS } from "./detail-schemas.ts";
import { OVERVIEW_SCHEMAS } from "./overview-schemas.ts";
import { firstVersion, object, type Schema, type SchemaName, text } from "./schema.ts";
import { TABLE_SCHEMAS } from "./table-schemas.ts";

/** Everything that the API answers with, by the name it is described under. */
export const schemas: Readonly<Record<SchemaName, Schema>> = {
  ...OVERVIEW_SCHEMAS,
  ...PAGE_SCHEMAS,
  ...TABLE_SCHEMAS,
  Error: object<{ version: 1; error: unknown }>({
    version: firstVersion,
    error: object<{ code: string; message: string }>({ code: text, message: text }),
  }),
};
