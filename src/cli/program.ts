import { Command, CommanderError, type Option } from "commander";
import { errorClass, hasCode, messageOf } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import { VERSION } from "../version.ts";
import type { Listed } from "./command.ts";
import { COMMANDS } from "./command-list.ts";
import { complain, type GlobalFlags, type Io, printJson } from "./io.ts";

/** Runs one command line and returns its exit code: the only place that maps errors to codes (INTERFACES: 0, 1, 2, 130). */
export async function main(args: readonly string[], io: Io, commands = COMMANDS): Promise<number> {
  let code = 0;
  const program = createProgram(io);
  // Where the first word is a command, commander has to know no other: it takes longer to be told of all than to read the line.
  const [named] = commands.filter(({ command }) => command.signature.split(" ", 1)[0] === args[0]);
  for (const one of named === undefined ? commands : [named]) {
    addCommand(program, one, io, (exitCode) => {
      code = exitCode;
    });
  }
  try {
    // "--help dlq list" asks for the help of that; commander would show its own.
    const asksAbout = ["--help", "-h"].includes(args[0]) && args.length > 1;
    await program.parseAsync(asksAbout ? [...args.slice(1), "--help"] : [...args], { from: "user" });
    return code;
  } catch (error) {
    const wantsJson = args.includes("--json");
    if (error instanceof CommanderError) {
      const usage = { code: "usage", message: error.message.replace(/^error: /, "") };
      if (error.exitCode !== 0 && wantsJson) await printJson(io, { version: 1, error: usage });
      return error.exitCode === 0 ? 0 : 2;
    }
    // All that is wrong with a contract, a line each, in which what others wrote stands in quotes.
    complain(io, messageOf(error), { keepLines: hasCode(error, "contract_invalid") });
    if (wantsJson) await printJson(io, { version: 1, error: errorJson(error) });
    return errorClass(error) === "usage" ? 2 : 1;
  } finally {
    // What cannot be closed any more is left to the end of the process.
    await Promise.allSettled(io.opened.map((opened) => opened.close()));
  }
}

function errorJson(error: unknown) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
  return { code, message: messageOf(error) };
}

function createProgram(io: Io): Command {
  return (
    new Command("vantageflow")
      .description("An IoT data lake on your machine: CSV in, silver, anomalies and gold out, every row accounted for.")
      .version(VERSION, "-V, --version")
      .option("--lake <where>", "a directory or s3://bucket[/prefix] (default: ./lake)")
      .option("--json", "one JSON document on stdout")
      .option("--quiet", "no notices on stderr")
      // In this order commander leaves the flag undefined when neither is given.
      .option("--color", "colours, terminal or not")
      .option("--no-color", "no colours")
      .option("--anomaly-threshold <score>", "a reading with a higher anomaly_score is an anomaly (default: 0.5)")
      .option("--max-row-bytes <n>", "the longest row; a longer one refuses its file (default: 1048576)")
      .showSuggestionAfterError()
      .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: globalOptions })
      .configureOutput({
        writeOut: (text) => void io.stdout.write(text),
        writeErr: (text) => void io.stderr.write(escapeTerminal(text, { keepLines: true })),
      })
      .exitOverride()
      .addHelpText("before", examplesText(EXAMPLES))
  );
}

/** Adds a command, or a group of them, with its examples first. Its code is loaded when it runs. */
function addCommand(parent: Command, one: Listed, io: Io, exit: (code: number) => void): void {
  const { signature, summary, options = {}, examples } = one.command;
  const command = parent.command(signature).summary(summary).description(summary);
  command.addHelpText("before", examplesText(examples));
  for (const [flag, option] of Object.entries(options)) {
    if (typeof option === "string") command.option(flag, option);
    else if ("default" in option) command.option(flag, option.description, option.default);
    else command.requiredOption(flag, option.description);
  }
  for (const child of one.commands ?? []) addCommand(command, child, io, exit);
  const { load } = one;
  if (load !== undefined) {
    command.action(async (...args: unknown[]) => {
      refuseOptionsOf(parent, command);
      const { action } = await load();
      const flags: GlobalFlags = command.optsWithGlobals();
      io.lake = flags.lake;
      exit(await action(io, flags as never, ...(args.slice(0, -2) as never[])));
    });
  }
}

/** Those of the program: what a command has beside the commands under it is not theirs. */
function globalOptions(command: Command): Option[] {
  const { parent } = command;
  if (parent === null) return [];
  return parent.parent === null ? parent.options.filter(({ hidden }) => !hidden) : globalOptions(parent);
}

/** What was given to the command that another is under would be passed over. */
function refuseOptionsOf(parent: Command, command: Command): void {
  if (parent.parent === null) return;
  const given = parent.options.find((option) => parent.getOptionValueSource(option.attributeName()) === "cli");
  if (given !== undefined)
    command.error(`error: option '${given.flags}' is none of ${parent.name()} ${command.name()}`);
}

const EXAMPLES = ["vantageflow demo", "vantageflow ingest readings.csv", "vantageflow report --device FAB-TEM-001"];

function examplesText(examples: readonly string[]): string {
  return `Examples:\n${examples.map((line) => `  $ ${line}\n`).join("")}\n`;
}
