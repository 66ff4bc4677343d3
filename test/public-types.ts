import { posix } from "node:path";

/** A declaration at the top of a module, without `export` and `declare`, as tsc writes it. */
interface Declaration {
  readonly module: string;
  readonly name: string;
  text: string;
}

interface Module {
  readonly declarations: Map<string, Declaration>;
  /** Where what is imported or passed on comes from: a declaration file, or a package. */
  readonly imports: Map<string, string>;
  readonly passedOn: { readonly name: string; readonly typeOnly: boolean }[];
}

const STARTS_STATEMENT = /^(?=(?:import|export|declare|interface|type|const|abstract|class|function|enum)\b)/m;
const IMPORT = /^(import|export)( type)? \{([\s\S]*)\} from "([^"]+)";$/;
const DECLARED = /^(?:(?:export|declare|abstract) )*(?:interface|type|const|let|function|class|enum) (\w+)/;

/**
 * Everything that the entry's declarations make public, and what those are made of, sorted by name: the same whatever
 * file a declaration stands in. `modules` are declaration files of tsc without comments, by path. Throws for a form that
 * it would leave out, such as `export *`.
 */
export function flattenTypes(modules: ReadonlyMap<string, string>, entry: string): string {
  const parsed = new Map<string, Module>();
  const moduleOf = (path: string) => {
    const text = modules.get(path);
    if (text === undefined) throw new Error(`Cannot flatten "${path}": no such declaration file. Emit it too.`);
    const known = parsed.get(path) ?? parse(path, text);
    parsed.set(path, known);
    return known;
  };
  const packages = new Map<string, Declaration>();
  const reached = new Set<Declaration>();
  const reach = (path: string, name: string): void => {
    const module = moduleOf(path);
    const from = module.imports.get(name);
    if (from?.endsWith(".d.ts")) {
      reach(from, name);
      return;
    }
    if (from !== undefined) module.declarations.set(name, ofPackage(packages, name, from));
    const declaration = module.declarations.get(name);
    if (declaration === undefined) throw new Error(`Cannot flatten "${name}" of "${path}": it is not declared there.`);
    if (reached.has(declaration)) return;
    reached.add(declaration);
    for (const [, target, of] of declaration.text.matchAll(/import\("(\.[^"]+)"\)\.(\w+)/g)) {
      reach(fileOf(path, target), of);
    }
    for (const [word] of declaration.text.matchAll(/\w+/g)) {
      if (word !== name && (module.declarations.has(word) || module.imports.has(word))) reach(path, word);
    }
  };
  const { passedOn } = moduleOf(entry);
  for (const { name } of passedOn) reach(entry, name);
  const names = passedOn.map(({ name, typeOnly }) => `  ${typeOnly ? "type " : ""}${name},\n`).toSorted(byName);
  return [`export {\n${names.join("")}};\n`, ...printed([...reached])].join("\n");
}

function parse(path: string, text: string): Module {
  const module: Module = { declarations: new Map(), imports: new Map(), passedOn: [] };
  for (const statement of text.split(STARTS_STATEMENT).map((one) => one.trim())) {
    if (statement === "" || statement === "export {};") continue;
    const [imported, kind, typeOnly, list, from] = IMPORT.exec(statement) ?? [];
    const name = DECLARED.exec(statement)?.[1];
    if (imported !== undefined) {
      const target = from.startsWith(".") ? fileOf(path, from) : from;
      for (const item of list.split(",").map((one) => one.trim())) {
        if (item === "") continue;
        const [, type, name] = /^(type )?(\w+)$/.exec(item) ?? [];
        if (name === undefined)
          throw new Error(`Cannot flatten "${item}" of "${path}": it is no plain name. Keep it one.`);
        module.imports.set(name, target);
        if (kind === "export") module.passedOn.push({ name, typeOnly: Boolean(typeOnly ?? type) });
      }
    } else if (name !== undefined) {
      const text = statement.replace(/^(?:(?:export|declare) )+/, "");
      const before = module.declarations.get(name);
      if (before !== undefined) before.text += `\n${text}`;
      else module.declarations.set(name, { module: path, name, text });
      if (statement.startsWith("export ")) module.passedOn.push({ name, typeOnly: /^(?:interface|type)\b/.test(text) });
    } else {
      throw new Error(
        `Cannot flatten "${statement.split("\n")[0]}" of "${path}": its form is not known. Add it to parse().`,
      );
    }
  }
  return module;
}

/** A name of a package is declared there; here stands from which it is, once. */
function ofPackage(known: Map<string, Declaration>, name: string, from: string): Declaration {
  const text = `import { ${name} } from "${from}";`;
  const declaration = known.get(text) ?? { module: from, name, text };
  known.set(text, declaration);
  return declaration;
}

/** Where two modules have a declaration of one name, each says whose it is. */
function printed(declarations: readonly Declaration[]): string[] {
  const count = (name: string) => declarations.filter((one) => one.name === name).length;
  return declarations
    .toSorted((a, b) => byName(a.name, b.name) || byName(a.module, b.module))
    .map(({ module, name, text }) => `${count(name) > 1 ? `// ${module}\n` : ""}${text}\n`);
}

function fileOf(from: string, target: string): string {
  return posix.join(posix.dirname(from), target.replace(/\.ts$/, ".d.ts"));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
