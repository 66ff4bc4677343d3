import type { DoBatch } from "../../engine/batch-threads.ts";
import { run } from "../../engine/run.ts";
import { createRunLog } from "../../engine/run-log.ts";
import { type Plan, planRun } from "../../ledger/pending.ts";
import { openWatchable } from "../../storage/open.ts";
import { topology } from "../../topology.ts";
import { batchThreads } from "../batch-threads.ts";
import { exitCodeOf, flushLog, printBatches, summarize } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import { sayOpenFailures } from "../failures.ts";
import { type GlobalFlags, type Io, notice, printJson } from "../io.ts";
import { sayLeftBehind } from "../left-behind.ts";
import { createProgress } from "../progress.ts";
import { checkLake, loadSettings, openLake, withLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { printTable } from "../table.ts";
import type { command } from "./run.command.ts";

type RunFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: RunFlags, lake?: string): Promise<number> {
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config } = settings;
  checkLake(config.lake, "run");
  const progress = createProgress(io, flags);
  const context = { ...openLake(io, settings), onProgress: progress.read };
  const reprocess = flags.reprocess === true ? "" : flags.reprocess;
  if (flags.dryRun) return dryRun(io, flags, config.lake, await planRun(context.storage, reprocess));

  const watchable = openWatchable(config.lake);
  const log = createRunLog(context.storage, "run", io.now);
  let waiting = 0;
  let doBatch: DoBatch | undefined;
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    run(context, {
      concurrency: config.concurrency,
      reprocess,
      unfinished: (objects) => watchable?.unfinished(objects, 0, io.now()) ?? new Set(),
      stopped,
      doBatch: (task, size, here) => doBatch?.(task, size, here) ?? here(),
      onPlan: ({ work, ignored, unread }) => {
        waiting += unread.length;
        const bytes = work.reduce((sum, { object }) => sum + object.size, 0);
        progress.expect(work.length, bytes);
        doBatch ??= batchThreads(io, settings, context, work.length, bytes);
        sayIgnored(io, flags, ignored);
      },
      onWaiting: (left) => {
        const [{ object }] = left;
        const others = left.length === 1 ? "" : ` and ${left.length - 1} more`;
        notice(io, flags, `Waiting for ${object.key}${others}: another process is at work on it.`);
      },
      onResult: (result) => {
        log.addResult(result);
        progress.finished();
      },
    }),
  );
  progress.end();
  await flushLog(io, log);
  await printBatches(io, flags, config.lake, results);
  if (results.length === 0) {
    notice(io, flags, nothingToDo(config.lake, reprocess, waiting));
    await sayOpenFailures(io, flags, context.storage, settings);
  } else await summarize(io, flags, context.storage, results);
  await sayLeftBehind(io, flags, config.lake);
  return interrupted ?? exitCodeOf(results, flags.failOnRejects === true);
}

function nothingToDo(lake: string, reprocess: string | undefined, waiting: number): string {
  const verb = reprocess === undefined ? "do" : "reprocess";
  if (waiting > 0)
    return `Nothing to ${verb} in ${lake} but what nobody reads: ${waiting} wait${waiting === 1 ? "s" : ""}.`;
  if (reprocess === undefined) return `Nothing to do in ${lake}: no batch is without its receipt.`;
  const prefix = reprocess === "" ? "" : ` whose path begins with "${reprocess}"`;
  return `Nothing to reprocess in ${lake}: there is no batch${prefix}. Name another lake with --lake.`;
}

async function dryRun(io: Io, flags: RunFlags, lake: string, plan: Plan): Promise<number> {
  sayIgnored(io, flags, plan.ignored);
  if (flags.json) {
    const work = plan.work.map((item) => ({
      key: item.object.key,
      function: topology.functions[item.function].name,
      size: item.object.size,
    }));
    await printJson(io, { version: 1, lake, work, ignored: plan.ignored, passed_over: plan.passedOver });
    return 0;
  }
  const columns = [{ head: "batch" }, { head: "function" }, { head: "bytes", align: "right" as const }];
  const rows = plan.work.map((item) => [item.object.key, topology.functions[item.function].name, item.object.size]);
  await printTable(io, flags, columns, rows);
  if (plan.passedOver.length > 0) {
    const [{ key }] = plan.passedOver;
    notice(io, flags, `${plan.passedOver.length} passed over that programs leave beside other files, such as ${key}.`);
  }
  notice(io, flags, `${plan.work.length} to do in ${lake}. Nothing was written.`);
  return 0;
}

/** More that are ignored for one reason are told of together: a whole source may wait for its contract. */
const MOST_NAMED = 10;

function sayIgnored(io: Io, flags: GlobalFlags, ignored: Plan["ignored"]): void {
  const byReason = new Map<string, string[]>();
  for (const { key, reason } of ignored) {
    const keys = byReason.get(reason);
    if (keys === undefined) byReason.set(reason, [key]);
    else keys.push(key);
  }
  for (const [reason, keys] of byReason) {
    const named = keys.slice(0, keys.length > MOST_NAMED ? 1 : MOST_NAMED);
    const others = keys.length > named.length ? ` and ${keys.length - 1} more` : "";
    for (const key of named) notice(io, flags, `Ignored ${key}${others}: ${reason}.`);
  }
}
