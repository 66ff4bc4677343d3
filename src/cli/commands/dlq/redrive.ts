import { type Redrive, redrive, redrivesOf, rehearse } from "../../../engine/redrive.ts";
import { createRunLog } from "../../../engine/run-log.ts";
import type { BatchResult } from "../../../functions/result.ts";
import type { Failure } from "../../../ledger/failures.ts";
import { topology } from "../../../topology.ts";
import { exitCodeOf, flushLog, printBatches, summarize } from "../../batches.ts";
import type { FlagsOf } from "../../command.ts";
import { type DeadLetters, namedFailures, openDeadLetters, sayReplaced } from "../../failures.ts";
import { type GlobalFlags, type Io, notice, printJson } from "../../io.ts";
import { createProgress } from "../../progress.ts";
import { interruptible } from "../../signals.ts";
import { printTable } from "../../table.ts";
import type { command } from "./redrive.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>, ids: string[]): Promise<number> {
  const opened = await openDeadLetters(io, flags);
  const { lake, context } = opened;
  const redrives = redrivesOf(chosenOf(io, flags, opened, ids));
  // What was named and is left out has been told of already.
  const untold = ids.length === 0 ? opened.failures : [];
  if (flags.dryRun) {
    await dryRun(io, flags, opened, redrives);
    sayReplaced(io, flags, lake, untold);
    return 0;
  }

  const progress = createProgress(io, flags);
  progress.expect(redrives.length, 0);
  const log = createRunLog(context.storage, "redrive", io.now);
  const { results, interrupted } = await interruptible(io, flags, async (stopped) => {
    const done: BatchResult[] = [];
    for (const one of redrives) {
      if (stopped()) break;
      const result = await redrive({ ...context, onProgress: progress.read }, one);
      progress.finished();
      if (result === null) continue;
      log.addResult(result);
      done.push(result);
    }
    return done;
  });
  progress.end();
  await flushLog(io, log);
  await printBatches(io, flags, lake, results);
  if (redrives.length > 0) await summarize(io, flags, context.storage, results);
  else if (ids.length === 0) notice(io, flags, `Nothing to redrive in ${lake}: no failure is open.`);
  sayReplaced(io, flags, lake, untold);
  return interrupted ?? exitCodeOf(results, false);
}

/** What to run again: what is open, or what was named and has not been settled by the file itself. */
function chosenOf(io: Io, flags: GlobalFlags, { failures, lake }: DeadLetters, ids: readonly string[]): Failure[] {
  if (ids.length === 0) return failures.filter(({ state }) => state === "open");
  const chosen = ids.flatMap((id) => namedFailures(io, failures, id, lake, "redrive"));
  const isSettled = ({ state }: Failure) => state !== "open" && state !== "dismissed";
  sayReplaced(io, flags, lake, chosen);
  const reasons = chosen.flatMap((one) => {
    const { id, key, functionId, state, isWork } = one;
    if (key === null || functionId === null) {
      return [`Left out ${id}: it names no file of a function that is known here. Dismiss it when it is settled.`];
    }
    return isSettled(one) && !isWork ? [`Left out ${id}: ${key} was ${state}.`] : [];
  });
  for (const reason of new Set(reasons)) notice(io, flags, reason);
  return chosen.filter((one) => !isSettled(one));
}

async function dryRun(io: Io, flags: GlobalFlags, opened: DeadLetters, redrives: readonly Redrive[]): Promise<void> {
  const { lake, context } = opened;
  const rows = [];
  for (const one of redrives) {
    const { name } = topology.functions[one.function];
    rows.push({ key: one.key, function: name, ...(await rehearse(context, one)) });
  }
  if (flags.json) await printJson(io, { version: 1, lake, rehearsals: rows });
  else {
    const heads = ["file", "function", "outcome", "why"].map((head) => ({ head }));
    const cells = rows.map((row) => [row.key, row.function, row.outcome, row.error?.message ?? ""]);
    await printTable(io, flags, heads, cells, (cell, head, colors) => {
      if (head !== "outcome") return cell;
      return cell === "would_pass" ? colors.green(cell) : colors.red(cell);
    });
  }
  const passing = rows.filter(({ outcome }) => outcome === "would_pass").length;
  notice(io, flags, `${passing} of ${rows.length} would pass in ${lake}. Nothing was written.`);
}
