import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Listed } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/command-list.ts";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/program.ts";
import { DECLARED } from "./declared.ts";
import { CLI, cli, folder } from "./run-cli.ts";

/** What holds of every command that is declared: a new one is held to it without a line here. */

const FOLDER = "src/cli/commands";
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const moduleOf = (file: string) => resolve(FOLDER, file);
const sourceOf = (file: string) => readFileSync(join(FOLDER, file), "utf8");

/** Reads a command line without doing anything: what was printed, and the commands whose code was loaded. */
async function read(args: readonly string[]) {
  const loaded: string[] = [];
  const stubbed = (commands: readonly Listed[], parent: string): Listed[] =>
    commands.map((one) => {
      const path = `${parent}${one.command.signature.split(" ")[0]}`;
      const load = async () => {
        loaded.push(path);
        return { action: async () => 0 };
      };
      const { command, commands = [] } = one;
      return { command, commands: stubbed(commands, `${path} `), ...(one.load && { load }) };
    });
  const [stdout, stderr] = [[], []] as string[][];
  const stream = (into: string[]) => ({ write: (text: string) => into.push(text) > 0 });
  const io = { stdout: stream(stdout), stderr: stream(stderr), opened: [] } as unknown as Io;
  const code = await main(args, io, stubbed(COMMANDS, ""));
  return { code, loaded, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** What a line of shell would run `vantageflow` with, each time that it does. */
function callsOf(line: string): string[][] {
  const script = `vantageflow() { printf '%s\\0' "$#" "$@" >&3; }\n${line}`;
  const { output } = spawnSync("bash", ["-c", script], { cwd: folder(), stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const words = String(output[3]).split("\0");
  const calls: string[][] = [];
  for (let at = 0; at < words.length - 1; ) {
    const count = Number(words[at]);
    calls.push(words.slice(at + 1, at + 1 + count));
    at += 1 + count;
  }
  return calls;
}

/** The modules that a call of the built command line loads. */
async function modulesOf(args: readonly string[], cwd: string): Promise<string[]> {
  const hooks = `import { writeSync } from "node:fs";
    export const load = (url, context, next) => (writeSync(2, "loads " + url + "\\n"), next(url, context));`;
  const data = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(data(hooks))});`;
  const { stderr } = await cli(args, { cwd, env: { NODE_OPTIONS: `--import=${data(register)}` } });
  return [...stderr.matchAll(/^loads file:.*\/(.+)$/gm)].map(([, name]) => name);
}

describe("the files in commands/", () => {
  it("are the declarations of the commands that are listed, and their code, and no other", () => {
    const listed = DECLARED.flatMap(({ path, load }) => {
      const file = path.join("/");
      return load === undefined ? [`${file}.command.ts`] : [`${file}.command.ts`, `${file}.ts`];
    });
    expect(files.toSorted()).toEqual(listed.toSorted());
  });

  it("of a declaration say nothing but the declaration, and load nothing", async () => {
    for (const { path, command } of DECLARED) {
      const file = `${path.join("/")}.command.ts`;
      expect([file, { ...(await import(moduleOf(file))) }]).toEqual([file, { command }]);
      expect([file, sourceOf(file).match(/\bimport\b(?! type\b).*/g)]).toEqual([file, null]);
    }
  });

  it("of code have one door, and are listed under the name that they have", async () => {
    for (const { path, load } of DECLARED.filter((one) => one.load !== undefined)) {
      const code = await import(moduleOf(`${path.join("/")}.ts`));
      expect([path, Object.keys(code)]).toEqual([path, ["action"]]);
      expect([path, (await load?.()) === code]).toEqual([path, true]);
    }
  });
});

describe.each(DECLARED.map((one) => ({ ...one, name: one.path.join(" ") })))(
  "$name",
  ({ name, path, command, load }) => {
    it("says what it does, and what each of its flags does", () => {
      expect(command.summary).toMatch(/^\S.*[^\s.]$/);
      for (const [flag, option] of Object.entries(command.options ?? {})) {
        expect(flag).toMatch(/^--[a-z]+(-[a-z]+)*( <[a-z-]+(\.\.\.)?>| \[[a-z-]+\])?$/);
        expect([flag, typeof option === "string" ? option : option.description]).toEqual([
          flag,
          expect.stringMatching(/^\S.*[^\s.]$/),
        ]);
      }
    });

    it("has examples of itself, and each of them can be read", async () => {
      const shown: string[] = [];
      for (const line of command.examples) {
        const calls = callsOf(line);
        expect([line, calls.length]).not.toEqual([line, 0]);
        for (const args of calls) {
          const { code, loaded, stderr } = await read(args);
          expect([line, code, stderr]).toEqual([line, 0, ""]);
          shown.push(...loaded);
        }
      }
      expect(shown.some((one) => one === name || (load === undefined && one.startsWith(`${name} `)))).toBe(true);
    });

    it("refuses a flag that it does not know with exit code 2, the nearest that it knows, and JSON where that is asked for", async () => {
      const options = Object.entries(command.options ?? {});
      const needed = options.filter(([, option]) => typeof option === "object" && "required" in option);
      const given = needed.flatMap(([flag]) => [flag.split(" ")[0], "x"]);
      for (const flag of [...options.map(([one]) => one.split(" ")[0]), "--quiet"]) {
        const typo = `${flag.slice(0, -1)}${flag.at(-1) === "z" ? "y" : "z"}`;
        const { code, loaded, stdout, stderr } = await read([...path, ...given, typo, "--json"]);
        expect([code, loaded, stderr]).toEqual([2, [], expect.stringContaining(`Did you mean ${flag}?`)]);
        const { version, error } = JSON.parse(stdout);
        expect([version, error.code, error.message]).toEqual([1, "usage", expect.stringContaining(`'${typo}'`)]);
      }
    });

    it("shows its help without loading code", async () => {
      for (const args of [
        [...path, "--help"],
        ["--help", ...path],
      ]) {
        const { code, loaded, stdout } = await read(args);
        expect([code, loaded]).toEqual([0, []]);
        expect(stdout).toContain(command.signature.split(" ").slice(1).join(" "));
      }
    });
  },
);

describe("the built command line", () => {
  const chunks = DECLARED.filter((one) => one.load !== undefined).map(({ path }) => path[path.length - 1]);
  const isCode = (module: string) => chunks.some((name) => new RegExp(`^${name}-[A-Z0-9]{8}\\.js$`).test(module));

  it("has a chunk for the code of each command", () => {
    const built = readdirSync(join(CLI, "../chunks"));
    expect(built.filter(isCode).length).toBeGreaterThanOrEqual(chunks.length);
  });

  it("loads none of them for --help, and for a command its own", async () => {
    const cwd = folder();
    for (const args of [["--help"], ["--version"], ["report", "--help"]]) {
      const modules = await modulesOf(args, cwd);
      expect([args, modules.includes("cli.js"), modules.filter(isCode)]).toEqual([args, true, []]);
    }
    expect((await modulesOf(["init"], cwd)).filter(isCode)).toEqual([expect.stringMatching(/^init-/)]);
  });
});
