import { dismiss } from "../../../ledger/failures.ts";
import { failureJson, namedFailures, openDeadLetters } from "../../failures.ts";
import { type GlobalFlags, type Io, printJson } from "../../io.ts";
import { printTable } from "../../table.ts";

export async function action(io: Io, flags: GlobalFlags, ids: string[]): Promise<number> {
  const { lake, context, failures } = await openDeadLetters(io, flags);
  const chosen = ids.flatMap((id) => namedFailures(io, failures, id, lake, "dismiss"));
  for (const failure of chosen) await dismiss(context.storage, failure);
  const dismissed = chosen.map((one) => failureJson({ ...one, state: "dismissed" }));
  if (flags.json) await printJson(io, { version: 1, lake, dead_letters: dismissed });
  else {
    const heads = ["id", "file", "state"].map((head) => ({ head }));
    await printTable(
      io,
      flags,
      heads,
      chosen.map(({ id, key }) => [id, key ?? "", "dismissed"]),
    );
  }
  return 0;
}
