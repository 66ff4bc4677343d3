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

/**
 * The house: each room, and which of those above it a file of it may import, beside its own and `base` (the files directly
 * under `src/` that nothing else is needed for). A new room is a row; what it may import is decided here and nowhere else.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  storage: [],
  ledger: ["storage"],
  pipeline: ["ledger", "storage"],
  config: ["pipeline", "storage"],
  contracts: ["pipeline", "ledger", "storage"],
  convert: ["pipeline"],
  generator: [],
  report: ["pipeline", "ledger", "storage"],
  compare: ["pipeline", "ledger", "storage"],
  preview: ["contracts", "compare", "report", "pipeline", "ledger", "storage"],
  functions: ["contracts", "pipeline", "ledger", "storage"],
  retention: ["ledger", "storage"],
  versions: ["ledger", "storage"],
  backup: ["compare", "storage"],
  engine: ["functions", "pipeline", "ledger", "storage"],
  replay: ["engine", "functions", "compare", "ledger", "storage"],
  verify: ["engine", "functions", "ledger", "storage"],
  tables: ["pipeline", "ledger", "storage"],
  detection: ["tables", "pipeline", "ledger", "storage"],
  streams: ["contracts", "ledger", "storage"],
  sql: ["tables", "storage"],
  cost: ["ledger", "storage"],
  monitor: ["cost", "verify", "detection", "tables", "report", "pipeline", "ledger", "storage"],
  api: ["monitor", "cost", "verify", "tables", "report", "ledger"],
  dashboard: ["api", "monitor", "cost", "report", "ledger", "pipeline"],
  emulator: ["engine", "functions", "streams", "monitor", "cost", "pipeline", "ledger", "storage"],
  library: ["engine", "functions", "monitor", "config", "pipeline", "ledger", "storage"],
  lambda: ["functions", "streams", "config", "pipeline", "ledger", "storage"],
  cli: [
    ...["emulator", "dashboard", "monitor", "cost", "sql", "verify", "replay", "engine", "backup", "versions"],
    ...["retention", "functions", "preview", "compare", "report", "generator", "convert", "contracts", "config"],
    ...["pipeline", "ledger", "storage"],
  ],
};

/** Rows of the table whose rooms are planned and not yet built. */
const TO_COME: readonly string[] = ["contracts", "preview", "tables", "detection", "streams", "sql"];

/** Exported names that stand for one thing in several files; all others are declared once. */
const SHARED_NAMES: Readonly<Record<string, { readonly in: RegExp; readonly why: string }>> = {
  Place: { in: /^storage\/(local\/paths|s3\/place)\.ts$/, why: "where a lake is, as each adapter needs it" },
  PRIVATE: { in: /^storage\/(local\/paths|s3\/place)\.ts$/, why: "the folder that no listing shows, of each adapter" },
  openReader: { in: /^storage\/(local|s3)\/reader\.ts$/, why: "the same part of the port in each adapter" },
  tokenOf: { in: /^storage\/(local\/files|s3\/head)\.ts$/, why: "the version of an object in each adapter" },
  handler: { in: /^lambda\//, why: "the entry of a function: its name is a setting of the deployment" },
  command: { in: /^cli\/commands\/.*\.command\.ts$/, why: "the declaration of each command" },
  action: { in: /^cli\/commands\//, why: "the code of each command" },
};

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

  it("rooms import down only, and what their row says", () => {
    expect(offenders(({ from, to }) => !mayImport(roomOf(from), roomOf(to)))).toEqual([]);
  });

  it("the table has every room that there is, and no other but those to come", () => {
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
    expect(Object.keys(ROOMS).filter((room) => !rooms.has(room))).toEqual([...TO_COME]);
  });

  it("a room's row names only rooms above it in the table, so that rooms cannot go in a circle", () => {
    const order = Object.keys(ROOMS);
    const upwards = order.flatMap((room, i) => ROOMS[room].filter((other) => order.indexOf(other) >= i));
    expect(upwards).toEqual([]);
  });

  it("pipeline/ is bytes in, bytes out: of Node it takes node:crypto and node:buffer, of storage/ what goes through the port", () => {
    const allowed = (one: Import) =>
      ["node:crypto", "node:buffer", "storage/keys.ts", "storage/objects.ts"].includes(one.to) ||
      (sources.has(one.to) && (one.typeOnly || roomOf(one.to) !== "storage"));
    expect(offenders((one) => inFolder("pipeline")(one.from) && !allowed(one))).toEqual([]);
  });

  it("the AWS SDK is used only in storage/s3 and lambda/", () => {
    const allowed = /^(storage\/s3|lambda\/)/;
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
    const pure = [
      "monitor/overview.ts",
      "report/merge.ts",
      "pipeline/average.ts",
      "pipeline/percentage.ts",
      "shell.ts",
      "escape.ts",
    ];
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

  it("only storage/open.ts chooses a store, by its kind; lambda/ has but one, and the others are given one", () => {
    const kinds = ["storage/bucket.ts", "storage/directory.ts"];
    expect(offenders(({ from, to }) => kinds.includes(to) && from !== "storage/open.ts")).toEqual([]);
    const allowed = /^(storage\/bucket\.ts|index\.ts|lambda\/.*)$/;
    expect(offenders(({ from, to }) => to === "storage/s3.ts" && !allowed.test(from))).toEqual([]);
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

  it("no file imports itself by way of others, types included", () => {
    const graph = new Map(files.map((file) => [file, [] as string[]]));
    for (const { from, to } of imports) if (sources.has(to)) graph.get(from)?.push(to);
    expect(circlesOf(graph)).toEqual([]);
  });

  it("an exported name is declared in one file", () => {
    const declared = new Map<string, string[]>();
    for (const file of files) {
      for (const name of exportsOf(sources.get(file) ?? "")) declared.set(name, [...(declared.get(name) ?? []), file]);
    }
    expect(declared.size).toBeGreaterThan(500);
    const twice = [...declared].filter(([, where]) => where.length > 1);
    const isShared = ([name, where]: [string, string[]]) => where.every((file) => SHARED_NAMES[name]?.in.test(file));
    expect(twice.filter((one) => !isShared(one)).map(([name, where]) => `${name}: ${where.join(", ")}`)).toEqual([]);
    expect(Object.keys(SHARED_NAMES).filter((name) => !twice.some(([one]) => one === name))).toEqual([]);
  });

  it("no file is longer than 250 lines", () => {
    const long = files.filter((file) => (sources.get(file) ?? "").split("\n").length - 1 > 250);
    expect(long).toEqual([]);
  });
});

/** Names that a file declares and exports; a name exported again from where it is declared is none. Overloads count once. */
function exportsOf(source: string): Set<string> {
  const declarations =
    /^export (?:(?:abstract|async|declare) )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
  return new Set([...source.matchAll(declarations)].map(([, name]) => name));
}

function roomOf(file: string): string {
  if (!sources.has(file) && !file.startsWith("topology")) return "outside";
  if (file.includes("/")) return file.slice(0, file.indexOf("/"));
  return file === "index.ts" ? "library" : file === "config.ts" ? "config" : "base";
}

function mayImport(from: string, to: string): boolean {
  return to === "outside" || to === from || to === "base" || (ROOMS[from] ?? []).includes(to);
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}

/** Strongly connected components of more than one file (R. Tarjan, "Depth-first search and linear graph algorithms", 1972). */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
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
