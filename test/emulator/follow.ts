import { afterEach, expect } from "vitest";
import { createInProcessRuntime } from "../../src/emulator/runtime.ts";
import { type WatchEvent, type Watching, type WatchOptions, watchLake } from "../../src/emulator/watch.ts";
import { createHandler, type HandlerContext } from "../../src/functions/handler.ts";
import type { Watchable } from "../../src/storage/kind.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import type { WatcherEvents } from "../../src/storage/watcher.ts";
import { createLake } from "../pipeline/lake.ts";

const started: Watching[] = [];
afterEach(async () => {
  for (const watching of started.splice(0)) await watching.stop();
});

/** A directory's watcher in the test's hands: it says only what the test says. */
export function createFakeWatchable() {
  const unfinished = new Set<string>();
  let events: WatcherEvents | null = null;
  const watchable: Watchable = {
    claim: () => () => {},
    async watch(_prefixes, given) {
      events = given;
      return { ready: Promise.resolve(), close: async () => {} };
    },
    unfinished: (objects) => new Set(objects.map(({ key }) => key).filter((key) => unfinished.has(key))),
    clearAfterThread: () => {},
  };
  return { watchable, unfinished, say: () => events as WatcherEvents };
}

/** Follows a lake until the test ends. */
export async function follow(
  storage: LakeStorage,
  change: Partial<WatchOptions> = {},
  heard: Partial<Pick<HandlerContext, "now" | "log">> = {},
) {
  const events: WatchEvent[] = [];
  const context: HandlerContext = {
    ...createLake(),
    storage,
    bucket: "vantageflow-local",
    stage: "dev",
    log: () => {},
    ...heard,
  };
  const watching = await watchLake({
    context,
    runtime: createInProcessRuntime({
      bronzeToSilver: createHandler(context, "bronzeToSilver"),
      silverToGold: createHandler(context, "silverToGold"),
    }),
    watchable: null,
    poll: false,
    concurrency: 2,
    retryDelayMs: 1,
    intervalMs: 3_600_000,
    settleMs: 1000,
    now: Date.now,
    onEvent: (event) => events.push(event),
    ...change,
  });
  started.push(watching);
  const batches = () => events.flatMap((event) => (event.type === "batch" ? [event.result] : []));
  const batch = (key: string) => expect.poll(() => batches().map((one) => one.key)).toContain(key);
  return {
    watching,
    events,
    batches,
    batch,
    ofType: (type: WatchEvent["type"]) => events.filter((event) => event.type === type),
  };
}
