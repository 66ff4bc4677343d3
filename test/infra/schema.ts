import { readFileSync } from "node:fs";

/** What the real provider's arguments are; see scripts/extract-provider-schema.mjs. */
export interface BlockSchema {
  /** Type, then which of `required`, `optional`, `computed` it is: `string optional computed`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: Readonly<Record<string, NestedSchema>>;
}

export interface NestedSchema extends BlockSchema {
  readonly nesting: "list" | "set" | "single";
  readonly min?: number;
  readonly max?: number;
}

interface ProviderSchema {
  readonly source: { readonly package: string; readonly provider: string };
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly data: Readonly<Record<string, BlockSchema>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

export const schema: ProviderSchema = JSON.parse(readFileSync("test/infra/provider-schema.json", "utf8"));

/** `set(string) optional computed` → type and flags. */
export function attributeOf(text: string) {
  const [type, ...flags] = text.split(" ");
  return {
    type,
    required: flags.includes("required"),
    optional: flags.includes("optional"),
    computed: flags.includes("computed"),
  };
}
