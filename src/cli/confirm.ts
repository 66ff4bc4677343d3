import { createInterface } from "node:readline/promises";
import { VantageflowError } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import type { Io } from "./io.ts";

/** Throws `usage` where there is nobody to ask: without a terminal, what cannot be undone needs `--yes`. */
export function checkCanAsk(io: Io, what: string): void {
  if (io.stdin.isTTY && io.stderr.isTTY) return;
  throw new VantageflowError("usage", `Cannot ${what}: there is no terminal to ask for confirmation. Add --yes.`);
}

/** Asks on the terminal. Anything but `y` or `yes`, the end of input and Ctrl-C are a no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  const gone = new AbortController();
  prompt.on("SIGINT", () => gone.abort());
  prompt.on("close", () => gone.abort());
  try {
    const answer = await prompt.question(`${escapeTerminal(question)} [y/N] `, { signal: gone.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (gone.signal.aborted) return false;
    throw error;
  } finally {
    prompt.close();
  }
}
