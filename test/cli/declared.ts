import type { Declaration, Listed } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/command-list.ts";

export interface Declared {
  /** What is typed: `["dlq", "list"]`. */
  readonly path: readonly string[];
  readonly command: Declaration;
  /** Absent for a group. */
  readonly load?: () => Promise<object>;
}

/** Every command and group of them that is listed, in the order of `--help`. */
export const DECLARED: readonly Declared[] = flattened(COMMANDS, []);

function flattened(commands: readonly Listed[], parent: readonly string[]): Declared[] {
  return commands.flatMap((one) => {
    const path = [...parent, one.command.signature.split(" ")[0]];
    const { command, load, commands = [] } = one;
    return [load === undefined ? { path, command } : { path, command, load }, ...flattened(commands, path)];
  });
}
