import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** The dependency rules of the code's layout (CONTRIBUTING.md), held by reading every import of `src/`. */

interface Import {
  readonly from: string;
  /** A package or `node:` name, or a file of `src/` relative to it. */
  readonly to: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
const sources = new Map(files.map((file) => [file, readFileSync(join("src", file), "utf8")]));
const imports = files.flatMap((file) => importsOf(file, sources.get(file) ?? ""));

function importsOf(from: string, source: string): Import[] {
  const found: Import[] = [];
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?([^;'"]*?)from\s+"([^"]+)"/gm);
  for (const [, type, names, to] of statements) {
    const typeOnly = type !== undefined || /^\{(\s*type\s[^,}]+,?)+\s*\}\s*$/.test(names);
    found.push({ from, to: resolve(from, to), typeOnly, dynamic: false });
  }
  for (const [, to] of source.matchAll(/^import\s+"([^"]+)"/gm)) {
    found.push({ from, to: resolve(from, to), typeOnly: false, dynamic: false });
  }
  for (const [, to] of source.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) {
    found.push({ from, to: resolve(from, to), typeOnly: false, dynamic: true });
  }
  return found;
}

function resolve(from: string, to: string): string {
  return to.startsWith(".") ? normalize(join(dirname(from), to)) : to;
}

const inFolder = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
const offenders = (rule: (one: Import) => boolean) => imports.filter(rule).map(({ from, to }) => `${from} -> ${to}`);

describe("the dependency rules", () => {
  it("sees the imports that there are", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.some(({ dynamic }) => dynamic)).toBe(true);
    expect(imports.some(({ typeOnly }) => typeOnly)).toBe(true);
  });

  it("pipeline/ imports itself, errors.ts, node:crypto, node:buffer, the rules of keys and types of storage/", () => {
    const allowed = (one: Import) =>
      inFolder("pipeline")(one.to) ||
      ["errors.ts", "node:crypto", "node:buffer", "storage/keys.ts"].includes(one.to) ||
      (one.typeOnly && inFolder("storage")(one.to));
    expect(offenders((one) => inFolder("pipeline")(one.from) && !allowed(one))).toEqual([]);
  });

  it("the AWS SDK is used only in storage/s3, storage/open.ts and lambda/", () => {
    const allowed = /^(storage\/(s3|open\.ts)|lambda\/)/;
    expect(offenders(({ from, to }) => to.startsWith("@aws-sdk/") && !allowed.test(from))).toEqual([]);
  });

  it("chokidar is used only in the watcher", () => {
    expect(offenders(({ from, to }) => to === "chokidar" && from !== "storage/watcher.ts")).toEqual([]);
  });

  it("commander, chalk and cli-table3 are used only in cli/", () => {
    const terminal = ["commander", "chalk", "cli-table3"];
    expect(offenders(({ from, to }) => terminal.includes(to) && !inFolder("cli")(from))).toEqual([]);
  });

  it("the page is a program of its own: of the rest it uses types, and what is as pure as it must be in a browser", () => {
    const page = inFolder("dashboard/page");
    const pure = ["monitor/overview.ts", "report/merge.ts", "pipeline/average.ts", "shell.ts", "escape.ts"];
    const packages = /^(preact(\/hooks)?|@observablehq\/plot)$/;
    const allowed = ({ to, typeOnly }: Import) => page(to) || typeOnly || pure.includes(to) || packages.test(to);
    expect(offenders((one) => page(one.from) && !allowed(one))).toEqual([]);
    expect(offenders(({ from, to, typeOnly }) => pure.includes(from) && !typeOnly && !pure.includes(to))).toEqual([]);
    expect(offenders(({ from, to }) => page(to) && !page(from))).toEqual([]);
  });

  it("the page never makes markup of a text", () => {
    const making = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|eval\(/;
    expect(files.filter((file) => inFolder("dashboard/page")(file) && making.test(sources.get(file) ?? ""))).toEqual(
      [],
    );
  });

  it("cli/ and lambda/ are roots: nobody imports them and they do not import each other", () => {
    for (const root of ["cli", "lambda"]) {
      expect(offenders(({ from, to }) => inFolder(root)(to) && !inFolder(root)(from))).toEqual([]);
    }
  });

  it("only storage/open.ts chooses an adapter; lambda/ has but one, and the others are given one", () => {
    const adapters = ["storage/s3.ts"];
    const allowed = /^(storage\/open\.ts|index\.ts|lambda\/.*)$/;
    expect(offenders(({ from, to }) => adapters.includes(to) && !allowed.test(from))).toEqual([]);
  });

  it("only cli/ and lambda/ touch stdout, stderr, the exit code and the environment", () => {
    // Wherever a client of the SDK is made, it reads AWS's variables itself, all but AWS_CA_BUNDLE.
    const isOfAws = (file: string) => file === "storage/s3/authorities.ts";
    const edge = (file: string) => inFolder("cli")(file) || inFolder("lambda")(file) || isOfAws(file);
    const touching = files.filter(
      (file) =>
        !edge(file) &&
        /\bconsole\.|process\.(stdout|stderr|env|exit|exitCode|argv|on)\b/.test(
          withoutComments(sources.get(file) ?? ""),
        ),
    );
    expect(touching).toEqual([]);
  });

  it("the stages know no clock, randomness, locale or time zone", () => {
    // The hash seed of the device table is random on purpose; no output depends on it.
    const impure = files.filter(
      (file) =>
        inFolder("pipeline")(file) &&
        /Date\.now|new Date\(|performance\.|Math\.random|randomUUID|toLocale|Intl\./.test(
          withoutComments(sources.get(file) ?? ""),
        ),
    );
    expect(impure).toEqual([]);
  });

  it("there are no import cycles", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) {
      if (!typeOnly && sources.has(to)) graph.set(from, [...(graph.get(from) ?? []), to]);
    }
    expect(files.flatMap((file) => cycleFrom(graph, file, []))).toEqual([]);
  });
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}

function cycleFrom(graph: ReadonlyMap<string, string[]>, file: string, path: readonly string[]): string[] {
  if (path.includes(file)) return path[0] === file ? [[...path, file].join(" -> ")] : [];
  return (graph.get(file) ?? []).flatMap((next) => cycleFrom(graph, next, [...path, file]));
}
