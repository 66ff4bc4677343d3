import { billOf } from "../cost/cost.ts";
import { readUsage } from "../cost/lake-usage.ts";
import { hasCode, messageOf } from "../errors.ts";
import type { HandlerContext } from "../functions/handler.ts";
import type { BatchResult } from "../functions/result.ts";
import { outputsBy } from "../ledger/outputs.ts";
import type { Work } from "../ledger/pending.ts";
import { CONTRACTS } from "../ledger/sources.ts";
import type { AlarmState } from "../monitor/overview.ts";
import type { Watchable } from "../storage/kind.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { Watcher } from "../storage/watcher.ts";
import { FUNCTION_IDS, otherSuffix, topology, triggeredBy } from "../topology.ts";
import { alarmLine, createAlarms } from "./alarms.ts";
import { createWholeBatches } from "./batch-results.ts";
import { createDispatcher } from "./dispatcher.ts";
import { createHints } from "./hints.ts";
import type { FunctionRuntime } from "./runtime.ts";
import { createSweeps } from "./sweeps.ts";
import { createUploads } from "./upload-gate.ts";

/** What a watch tells its reader; times in milliseconds. */
export type WatchEvent =
  | { readonly type: "watching"; readonly how: "events" | "polling"; readonly reason: string | null }
  | { readonly type: "batch"; readonly result: BatchResult }
  | { readonly type: "waiting" | "ignored"; readonly key: string; readonly reason: string }
  | {
      readonly type: "retry";
      readonly key: string;
      readonly function: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: unknown;
    }
  /** An alarm has gone off, or is over. */
  | { readonly type: "alarm"; readonly alarm: AlarmState }
  | { readonly type: "trouble"; readonly error: unknown };

export interface WatchOptions {
  readonly context: HandlerContext;
  readonly runtime: FunctionRuntime;
  /** Null where there is nothing but listings. */
  readonly watchable: Watchable | null;
  readonly poll: boolean;
  readonly concurrency: number;
  readonly retryDelayMs: number;
  /** Between two sweeps, at least. */
  readonly intervalMs: number;
  /** See `unfinishedUploads`. */
  readonly settleMs: number;
  readonly now: () => number;
  readonly onEvent: (event: WatchEvent) => void;
}

export interface Watching {
  /** Settles when nothing is queued, running or to be tried again. */
  idle(): Promise<void>;
  /** Finishes what is in flight; the rest is found again by whoever comes next. */
  stop(): Promise<void>;
}

/** See {@link Sweeps}: listing is all there is to a poll, and next to nothing beside events. */
const REST = { polling: 10, events: 200 } as const;
/** An odd name may be a temporary one; it is looked at again after this. */
const ODD_NAME_MS = 1000;

/**
 * Follows a lake: catches up on all that has no receipt, then takes the watcher's hints as they come and sweeps at an
 * interval, for events are hints and listings are the truth. Each object is an event for its function, as S3 would send
 * it; what one function writes is an event for the next.
 */
export async function watchLake(options: WatchOptions): Promise<Watching> {
  const { context, watchable, onEvent } = options;
  const { storage } = context;
  const onTrouble = (error: unknown) => onEvent({ type: "trouble", error });
  const onIgnored = createIgnored(storage, onEvent);
  const batches = createWholeBatches((result) => onEvent({ type: "batch", result }));
  const alarms = createAlarms({
    now: options.now,
    estimate: async (signal) => billOf(await readUsage(storage, options.now(), signal)),
    onChange: (alarm) => {
      context.log(alarmLine(context, alarm));
      onEvent({ type: "alarm", alarm });
    },
    onTrouble,
  });
  let how: "events" | "polling" = options.poll || watchable === null ? "polling" : "events";
  let watcher: Watcher | null = null;
  /** By the clock of `performance`. */
  let contractsChanged = Number.NEGATIVE_INFINITY;
  let unreadable: string | null = null;

  const dispatcher = createDispatcher({
    runtime: options.runtime,
    context,
    concurrency: options.concurrency,
    retryDelayMs: options.retryDelayMs,
    onResult: async (id, result) => {
      batches.add(id, result);
      alarms.ended(id, result);
      onIgnored.forget(result.key);
      if (result.outcome === "done") for (const key of result.outputs) await offerOutput(key);
    },
    onIgnored: (key, reason) => void onIgnored.unlessGone(key, reason),
    onDone: async ({ function: id, object: { key } }) => batches.finished(id, key, await outputsBy(storage, id, key)),
    onChanged: (work) => consider([work]),
    onBlocked: ({ work, startedAt, error }) => {
      onIgnored.say(work.object.key, messageOf(error).replace(/\.$/, "").replace(/\n\s*/g, " "), "waiting");
      // The sweep that the change asked for has passed it over, for it was running.
      if (contractsChanged >= startedAt) sweeps.soon();
    },
    onRetry: ({ work, attempt, delayMs, error }) => {
      const { name } = topology.functions[work.function];
      onEvent({ type: "retry", key: work.object.key, function: name, attempt, delayMs, error });
    },
  });
  const uploads = createUploads({
    storage,
    unfinished: (objects) => watchable?.unfinished(objects, options.settleMs, options.now()) ?? new Set(),
    onComplete: (work) => dispatcher.offer(work),
    onWaiting: (key) => onEvent({ type: "waiting", key, reason: "it is still being written" }),
  });
  const consider = (works: readonly Work[]) => uploads.consider(works.filter((work) => !dispatcher.has(work)));
  const hints = createHints({ storage, onWork: consider, onOther: onIgnored.later, onTrouble });
  const sweeps = createSweeps({
    storage,
    intervalMs: options.intervalMs,
    rest: () => REST[how],
    onWork: (works) => {
      unreadable = null;
      alarms.swept(works);
      consider(works);
    },
    onIgnored: onIgnored.say,
    onTrouble(error) {
      // It stays until somebody mends it: said once, not at each sweep.
      const isTold = hasCode(error, "contract_invalid") && unreadable === messageOf(error);
      if (hasCode(error, "contract_invalid")) unreadable = messageOf(error);
      if (!isTold) onTrouble(error);
    },
  });

  /** What a function has just written is complete, and an event for the one that it starts. */
  async function offerOutput(key: string): Promise<void> {
    const id = triggeredBy(key);
    const object = id === null ? null : await storage.head(key).catch(() => null);
    if (id !== null && object !== null) dispatcher.offer({ function: id, object });
  }

  /** Hints may be missing from now on, so listings take their place. */
  async function fallBack(error: Error & { code?: string }): Promise<void> {
    if (how === "polling") return;
    how = "polling";
    onEvent({ type: "watching", how, reason: reasonOf(error) });
    await watcher?.close();
    await sweeps.sweep();
  }

  if (watchable !== null && how === "events") {
    const prefixes = FUNCTION_IDS.map((id) => topology.functions[id].startedBy.prefix);
    // What a contract changes is whose the batches are that there are already: a listing tells.
    const orSweep = (take: (key: string) => void) => (key: string) => {
      if (!key.startsWith(CONTRACTS)) return take(key);
      contractsChanged = performance.now();
      sweeps.soon();
    };
    watcher = await watchable.watch([...prefixes, CONTRACTS], {
      onKey: orSweep(hints.onKey),
      onFolder: orSweep(hints.onFolder),
      onTrouble: (error) => void fallBack(error),
    });
    await watcher.ready;
  }
  if (how === "events" || watcher === null) onEvent({ type: "watching", how, reason: null });
  await sweeps.sweep();
  alarms.start();
  return {
    idle: () => dispatcher.idle(),
    async stop() {
      hints.stop();
      uploads.stop();
      onIgnored.stop();
      await watcher?.close();
      await sweeps.stop();
      await alarms.stop();
      await dispatcher.stop();
      await options.runtime.close();
      for (const result of batches.rest()) onEvent({ type: "batch", result });
    },
  };
}

/** Says once of each key that no function takes why it is not processed, and once more where that has become another reason. */
function createIgnored(storage: LakeStorage, onEvent: WatchOptions["onEvent"]) {
  const said = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  const say = (key: string, reason: string, type: "ignored" | "waiting" = "ignored") => {
    if (said.get(key) === reason) return;
    said.set(key, reason);
    onEvent({ type, key, reason });
  };
  async function unlessGone(key: string, reason: string): Promise<void> {
    const head = await storage.head(key).catch(() => null);
    if (head !== null) say(key, reason);
  }
  return {
    say,
    unlessGone,
    forget: (key: string) => void said.delete(key),
    /** If it is still there in a second: uploads have temporary names. */
    later(key: string): void {
      const trigger = FUNCTION_IDS.map((id) => topology.functions[id].startedBy).find((one) =>
        key.startsWith(one.prefix),
      );
      if (trigger === undefined || said.has(key)) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        void unlessGone(key, otherSuffix(trigger));
      }, ODD_NAME_MS);
      timers.add(timer);
    },
    stop(): void {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function reasonOf({ code, message }: Error & { code?: string }): string {
  if (code === "ENOSPC") return "the system has no more file watches (raise fs.inotify.max_user_watches)";
  if (code === "EMFILE") return "the system has no more file watchers (raise fs.inotify.max_user_instances)";
  return message;
}
