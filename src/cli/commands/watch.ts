import { resolve } from "node:path";
import type { Config } from "../../config.ts";
import { watchLake } from "../../emulator/watch.ts";
import { createWorkerRuntime } from "../../emulator/worker-runtime.ts";
import { createRunLog } from "../../engine/run-log.ts";
import { messageOf } from "../../errors.ts";
import type { ProcessContext } from "../../functions/context.ts";
import { bucketOf } from "../../ledger/s3-event.ts";
import { openWatchable } from "../../storage/open.ts";
import { absoluteUrl } from "../../storage/url.ts";
import { hasReadings } from "../../tables/readings/expired-silver.ts";
import { FUNCTION_IDS, topology } from "../../topology.ts";
import { flushLog } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type Io } from "../io.ts";
import { checkFolders, concurrencyOf, loadSettings, openLake, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import { createTableKeeper } from "../table-keeper.ts";
import { tableContext, viewContext } from "../tables.ts";
import { printDetectionsKept, printTableKept, printWatchEvent } from "../watch-events.ts";
import type { command } from "./watch.command.ts";

type WatchFlags = FlagsOf<typeof command>;

const LOG_FLUSH_MS = 60_000;
/** Seconds between two listings where they are all there is, unless somebody says otherwise. */
const POLL_INTERVAL = 2;

export async function action(io: Io, flags: WatchFlags, lake?: string): Promise<number> {
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config, origins } = settings;
  checkFolders(config.lake);
  const context = openLake(io, settings);
  const watchable = openWatchable(config.lake);
  const release = watchable?.claim(FUNCTION_IDS.map((id) => topology.functions[id].startedBy.prefix));
  const signal = untilSignal(io, flags);
  const log = createRunLog(context.storage, "watch", io.now);
  const flushing = setInterval(() => void log.flush().catch(() => {}), LOG_FLUSH_MS);
  const keeper = createTableKeeper({
    keep: (stopped) => keepTable(io, flags, settings, context, stopped),
    now: io.now,
  });
  const poll = flags.poll === true || watchable === null;
  const isDefault = origins.some(({ name, source }) => name === "interval" && source === "default");
  try {
    const watching = await watchLake({
      context: { ...context, bucket: bucketOf(config.lake), stage: topology.stage, log: log.add },
      runtime: createWorkerRuntime({
        script: io.workerScript,
        lake: absoluteUrl(config.lake, resolve(io.cwd)),
        settings: config.pipeline,
        code: context.code,
        copyInputs: config.copyInputs,
        environment: io.environment,
        log: log.add,
        onGone: (thread) => watchable?.clearAfterThread(thread),
      }),
      watchable,
      poll,
      // A thread each, whatever the lake is.
      concurrency: concurrencyOf(settings),
      retryDelayMs: config.retryDelay * 1000,
      intervalMs: (poll && isDefault ? POLL_INTERVAL : config.interval) * 1000,
      settleMs: config.settle * 1000,
      now: io.now,
      onEvent: (event) => {
        if (event.type === "batch") keeper.noticed();
        void printWatchEvent(io, flags, config.lake, event);
      },
    });
    // What was done while nobody watched.
    keeper.noticed();
    const code = await signal;
    await watching.stop();
    await keeper.stop();
    return code;
  } finally {
    clearInterval(flushing);
    await flushLog(io, log);
    release?.();
  }
}

/** A lake whose table nobody has ever made pays one short listing for it. What fails is said, and tried again with the next work. */
async function keepTable(
  io: Io,
  flags: WatchFlags,
  { config }: { readonly config: Config },
  { storage }: ProcessContext,
  stopped: () => boolean,
): Promise<void> {
  try {
    if (!(await hasReadings(storage))) return;
    // Parquet takes much code, and most watches never need it.
    const { keepReadings } = await import("../../tables/readings/keep.ts");
    const kept = await keepReadings(tableContext(io, config, storage), { stopped });
    for (const { message } of kept.refused) complain(io, `not in the table: ${message}`);
    if (kept.commits > 0 || kept.compacted !== null) await printTableKept(io, flags, kept);
    const context = viewContext(io, storage);
    const { hasDetections } = await import("../../tables/detections/keep.ts");
    if (stopped() || !(await hasDetections(context))) return;
    const { syncDetections } = await import("../../tables/detections/sync.ts");
    const seen = await syncDetections(context, { oneIn: config.detectOneIn ?? undefined, stopped });
    if (seen !== null) await printDetectionsKept(io, flags, config.lake, seen);
  } catch (error) {
    complain(io, messageOf(error));
  }
}
