import { failureJson, namedFailures, openDeadLetters, sayReplaced } from "../../failures.ts";
import { type GlobalFlags, type Io, notice, print, printJson } from "../../io.ts";

export async function action(io: Io, flags: GlobalFlags, id: string): Promise<number> {
  const { lake, failures } = await openDeadLetters(io, flags);
  const [found] = namedFailures(io, failures, id, lake, "show");
  const { record } = found;
  if (flags.json) await printJson(io, { version: 1, lake, dead_letter: { ...failureJson(found), record } });
  else await print(io, `${JSON.stringify(record, null, 2)}\n`);
  notice(io, flags, found.state === "open" ? "It is open." : `It is closed: ${found.state}.`);
  sayReplaced(io, flags, lake, [found]);
  return 0;
}
