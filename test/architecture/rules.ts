import { type Code, circlesOf, exportsOf, type Import, withoutComments } from "./code.ts";
import { ROOMS, SHARED_NAMES, TO_COME } from "./house.ts";

/** What a rule finds that is not as it says: nothing, where all is. */
type Rule = (code: Code) => readonly string[];

const inFolder = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
const page = inFolder("dashboard/page");

/** Imports that are against a rule. */
function importing(isWrong: (one: Import) => boolean): Rule {
  return ({ imports }) => imports.filter(isWrong).map(({ from, to }) => `${from} -> ${to}`);
}

/** Files of this kind whose code, comments left out, has what it may not have. */
function having(isHeld: (file: string) => boolean, forbidden: RegExp): Rule {
  return ({ files }) =>
    [...files].filter(([file, text]) => isHeld(file) && forbidden.test(withoutComments(text))).map(([file]) => file);
}

/** What of the rest is as pure as it must be in a browser. */
const PURE = [
  "monitor/overview.ts",
  "detection/reasons.ts",
  "detection/state.ts",
  "report/merge.ts",
  "pipeline/average.ts",
  "pipeline/percentage.ts",
  "shell.ts",
  "escape.ts",
];

export const RULES: Readonly<Record<string, Rule>> = {
  "rooms import down only, and what their row says": importing(
    ({ from, to, isOwn }) => isOwn && !mayImport(roomOf(from), roomOf(to)),
  ),

  "the table has every room that there is, and no other but those to come": ({ files }) => {
    const rooms = new Set([...files.keys()].map(roomOf));
    const missing = [...rooms].filter((room) => !(room in ROOMS));
    const absent = Object.keys(ROOMS).filter((room) => !rooms.has(room) && !TO_COME.includes(room));
    return [...missing, ...absent, ...TO_COME.filter((room) => rooms.has(room))];
  },

  "pipeline/ is bytes in, bytes out: of Node it takes node:crypto and node:buffer, of storage/ what goes through the port":
    importing(({ from, to, isOwn, typeOnly }) => {
      if (!inFolder("pipeline")(from)) return false;
      if (!isOwn) return !["node:crypto", "node:buffer"].includes(to);
      return roomOf(to) === "storage" && !typeOnly && !["storage/keys.ts", "storage/objects.ts"].includes(to);
    }),

  "the AWS SDK is used only in storage/s3, lambda/ and where Kinesis is read": importing(
    ({ from, to }) =>
      to.startsWith("@aws-sdk/") && !/^(storage\/s3|lambda\/|emulator\/streams\/kinesis\.ts)/.test(from),
  ),

  "chokidar is used only in the watcher": importing(
    ({ from, to }) => to === "chokidar" && from !== "storage/watcher.ts",
  ),

  "commander, chalk and cli-table3 are used only in cli/": importing(
    ({ from, to }) => ["commander", "chalk", "cli-table3"].includes(to) && !inFolder("cli")(from),
  ),

  "the page is a program of its own: of the rest it uses types, and what is as pure as it must be in a browser":
    importing(({ from, to, isOwn, typeOnly }) => {
      const packages = /^(preact(\/hooks)?|@observablehq\/plot)$/;
      if (page(from)) return !(isOwn ? page(to) || typeOnly || PURE.includes(to) : typeOnly || packages.test(to));
      if (PURE.includes(from)) return !typeOnly && !PURE.includes(to);
      return page(to);
    }),

  "the page never makes markup of a text": having(
    page,
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|eval\(/,
  ),

  "only storage/open.ts chooses a store, by its kind; lambda/ has but one, and the others are given one": importing(
    ({ from, to }) =>
      (["storage/bucket.ts", "storage/directory.ts"].includes(to) && from !== "storage/open.ts") ||
      (to === "storage/s3.ts" && !/^(storage\/bucket\.ts|index\.ts|lambda\/.*)$/.test(from)),
  ),

  // Wherever a client of the SDK is made, it reads AWS's variables itself, all but AWS_CA_BUNDLE.
  "only cli/ and lambda/ touch stdout, stderr, the exit code and the environment": having(
    (file) => !inFolder("cli")(file) && !inFolder("lambda")(file) && file !== "storage/s3/authorities.ts",
    /\bconsole\.|process\.(stdout|stderr|env|exit|exitCode|argv|on)\b/,
  ),

  // The hash seed of the device table is random on purpose; no output depends on it.
  "the stages know no clock, randomness, locale or time zone": having(
    inFolder("pipeline"),
    /Date\.now|new Date\(|performance\.|Math\.random|randomUUID|toLocale|Intl\./,
  ),

  "no file imports itself by way of others, types included": ({ files, imports }) => {
    const graph = new Map([...files.keys()].map((file) => [file, [] as string[]]));
    for (const { from, to } of imports) if (files.has(to)) graph.get(from)?.push(to);
    return circlesOf(graph).map((circle) => circle.join(", "));
  },

  "an exported name is declared in one file": ({ files }) => {
    const declared = new Map<string, string[]>();
    for (const [file, text] of files) {
      for (const name of exportsOf(text)) declared.set(name, [...(declared.get(name) ?? []), file]);
    }
    const isShared = (name: string, where: readonly string[]) =>
      where.every((file) => SHARED_NAMES[name]?.in.test(file));
    const twice = [...declared].filter(([, where]) => where.length > 1);
    const needless = Object.keys(SHARED_NAMES).filter((name) => !twice.some(([one]) => one === name));
    return [
      ...twice.filter(([name, where]) => !isShared(name, where)).map(([name, where]) => `${name}: ${where.join(", ")}`),
      ...needless.map((name) => `${name} is no exception any more`),
    ];
  },

  "no file is longer than 250 lines": ({ files }) =>
    [...files].filter(([, text]) => text.split("\n").length - 1 > 250).map(([file]) => file),
};

function roomOf(file: string): string {
  if (file.includes("/")) return file.slice(0, file.indexOf("/"));
  return file === "index.ts" ? "library" : file === "config.ts" ? "config" : "base";
}

function mayImport(from: string, to: string): boolean {
  return to === from || to === "base" || (ROOMS[from] ?? []).includes(to);
}
