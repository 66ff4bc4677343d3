import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertFiles, parse } from "@cdktn/hcl2json";

export const FOLDER = "infra/terraform";

/** HCL as JSON: nested blocks are arrays, expressions are strings such as `${local.name}`. */
export type Block = { readonly [argument: string]: Value };
export type Value = string | number | boolean | null | readonly Value[] | Block;
type Declared = Readonly<Record<string, readonly Block[]>>;

interface Configuration {
  readonly terraform: readonly Block[];
  readonly provider: Declared;
  readonly variable: Declared;
  readonly output: Declared;
  readonly locals: readonly Block[];
  /** By type, then by name. */
  readonly resource: Readonly<Record<string, Declared>>;
  readonly data: Readonly<Record<string, Declared>>;
}

/** The whole of infra/terraform. */
export const configuration = (await convertFiles(FOLDER)) as unknown as Configuration;

export const locals: Block = Object.assign({}, ...configuration.locals);

/** The text of every file, for what is easier to see there. */
export const sources: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".tf"))
    .map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]),
);

/** The one block of that type and name. */
export function resource(type: string, name: string): Block {
  const [block, ...more] = configuration.resource[type]?.[name] ?? [];
  if (block === undefined || more.length > 0) throw new Error(`there is not one ${type}.${name}`);
  return block;
}

/** The names of the resources of a type. */
export function namesOf(type: string): string[] {
  return Object.keys(configuration.resource[type] ?? {});
}

/** The nested blocks of that name, those of `dynamic` included. */
export function nested(block: Block, name: string): Block[] {
  const dynamic = ((block.dynamic ?? {}) as Record<string, Block[]>)[name] ?? [];
  return [...((block[name] ?? []) as Block[]), ...dynamic.flatMap(({ content }) => content as unknown as Block[])];
}

/** What `jsonencode(...)` of an argument encodes, its own expressions still strings. */
export async function encoded(argument: Value): Promise<Block> {
  const [, inner] = /^\$\{jsonencode\(([\s\S]*)\)\}$/.exec(String(argument)) ?? [];
  const { locals: parsed } = (await parse("encoded.tf", `locals {\n  value = ${inner}\n}`)) as { locals: Block[] };
  return parsed[0].value as Block;
}
