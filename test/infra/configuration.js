import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertFiles, parse } from "@cdktn/hcl2json";
export const FOLDER = "infra/terraform";
/** The whole of infra/terraform. */
export const configuration = (await convertFiles(FOLDER));
export const locals = Object.assign({}, ...configuration.locals);
/** The text of every file, for what is easier to see there. */
export const sources = Object.fromEntries(readdirSync(FOLDER)
    .filter((name) => name.endsWith(".tf"))
    .map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));
/** The one block of that type and name. */
export function resource(type, name) {
    const [block, ...more] = configuration.resource[type]?.[name] ?? [];
    if (block === undefined || more.length > 0)
        throw new Error(`there is not one ${type}.${name}`);
    return block;
}
/** The names of the resources of a type. */
export function namesOf(type) {
    return Object.keys(configuration.resource[type] ?? {});
}
/** The nested blocks of that name, those of `dynamic` included. */
export function nested(block, name) {
    const dynamic = (block.dynamic ?? {})[name] ?? [];
    return [...(block[name] ?? []), ...dynamic.flatMap(({ content }) => content)];
}
/** What `jsonencode(...)` of an argument encodes, its own expressions still strings. */
export async function encoded(argument) {
    const [, inner] = /^\$\{jsonencode\(([\s\S]*)\)\}$/.exec(String(argument)) ?? [];
    const { locals: parsed } = (await parse("encoded.tf", `locals {\n  value = ${inner}\n}`));
    return parsed[0].value;
}
