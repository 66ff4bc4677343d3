import { resolve } from "node:path";
import { watchLake } from "../../emulator/watch.ts";
import { createWorkerRuntime } from "../../emulator/worker-runtime.ts";
import { createRunLog } from "../../engine/run-log.ts";
import { bucketOf } from "../../ledger/s3-event.ts";
import { openWatchable } from "../../storage/open.ts";
import { absoluteUrl } from "../../storage/url.ts";
import { FUNCTION_IDS, topology } from "../../topology.ts";
import { flushLog } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import type { Io } from "../io.ts";
import { checkFolders, concurrencyOf, loadSettings, openLake, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import { printWatchEvent } from "../watch-events.ts";
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
      onEvent: (event) => void printWatchEvent(io, flags, config.lake, event),
    });
    const code = await signal;
    await watching.stop();
    return code;
  } finally {
    clearInterval(flushing);
    await flushLog(io, log);
    release?.();
  }
}
