import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "./processes.mjs";

/** What every benchmark takes. */
const COMMON = /** @type {const} */ ({
  cli: { type: "string", default: fileURLToPath(new URL("../dist/cli.js", import.meta.url)) },
  dir: { type: "string", default: tmpdir() },
  markdown: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
});

export const COMMON_HELP = `  --cli FILE       the command line to measure (dist/cli.js), say of another build
  --dir DIR        where files are made and removed again (the system's temporary directory); not on a tmpfs
  --markdown FILE  writes the tables with machine and date
`;

/**
 * What was given on the command line, in the terms of node:util.
 * @param {import("node:util").ParseArgsOptionsConfig} own options beside the common ones
 */
export function optionsOf(own) {
  return parseArgs({ options: { ...own, ...COMMON } }).values;
}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A whole number of at least `least`; ends the process with 2 for anything else. */
export function count(values, name, least = 1) {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least) return number;
  say(`Cannot use --${name} "${values[name]}": it is not a whole number from ${least} on.`);
  process.exit(2);
}

/**
 * Runs a benchmark in a folder of its own that is removed again, or prints its help. Returns the exit code.
 * @param {(work: string) => Promise<number>} run
 */
export async function benchmark(name, values, help, run) {
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!existsSync(values.cli)) {
    say(`Cannot measure "${values.cli}": there is no such file. Run npm run build first.`);
    return 2;
  }
  return await run(temporaryFolder(values.dir, name));
}
