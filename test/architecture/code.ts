import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  readonly from: string;
  /** A package or `node:` name, or a file of `src/` relative to it. */
  readonly to: string;
  /** It names a file. */
  readonly isOwn: boolean;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

/** The code that rules are held to: files of `src/` by their path there, and every import of theirs. */
export interface Code {
  readonly files: ReadonlyMap<string, string>;
  readonly imports: readonly Import[];
}

export function readCode(): Code {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
  return codeOf(new Map(names.map((file) => [file, readFileSync(join("src", file), "utf8")])));
}

export function codeOf(files: ReadonlyMap<string, string>): Code {
  return { files, imports: [...files].flatMap(([file, source]) => importsOf(file, source)) };
}

function importsOf(from: string, source: string): Import[] {
  const found: Import[] = [];
  const add = (to: string, typeOnly: boolean, dynamic: boolean) => {
    const isOwn = to.startsWith(".");
    found.push({ from, to: isOwn ? normalize(join(dirname(from), to)) : to, isOwn, typeOnly, dynamic });
  };
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?([^;'"]*?)from\s+"([^"]+)"/gm);
  for (const [, type, names, to] of statements) {
    add(to, type !== undefined || /^\{(\s*type\s[^,}]+,?)+\s*\}\s*$/.test(names), false);
  }
  for (const [, to] of source.matchAll(/^import\s+"([^"]+)"/gm)) add(to, false, false);
  for (const [, to] of source.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) add(to, false, true);
  return found;
}

/** Names that a file declares and exports; a name exported again from where it is declared is none. Overloads count once. */
export function exportsOf(source: string): Set<string> {
  const declarations =
    /^export (?:(?:abstract|async|declare) )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
  return new Set([...source.matchAll(declarations)].map(([, name]) => name));
}

export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}

/** Strongly connected components of more than one file (R. Tarjan, "Depth-first search and linear graph algorithms", 1972). */
export function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string) => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (open.includes(next)) low.set(file, Math.min(low.get(file) ?? own, low.get(next) ?? own));
    }
    if (low.get(file) !== own) return;
    const component = open.splice(open.indexOf(file));
    if (component.length > 1 || graph.get(file)?.includes(file)) circles.push(component.toSorted());
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return circles;
}
