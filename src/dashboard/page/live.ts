import type { Overview } from "../../monitor/overview.ts";
import type { Connection } from "./freshness.ts";
import { createStore, type Store } from "./store.ts";

interface LiveState extends Connection {
  readonly overview: Overview | null;
}

export interface Live extends Store<LiveState> {
  start(): void;
  pause(): void;
  resume(): void;
  setInterval(seconds: number): void;
}

export const INTERVALS = [5, 10, 15, 30, 60];

/** Until a stream that the server refused is tried again. The browser does it by itself where the server was only gone. */
const RETRY_MS = 3000;

/**
 * The lake as the server sees it, by server-sent events: `overview` has an Overview, `pace` before it says how soon
 * the next can come, `trouble` says why there is none. `chosen` in seconds; null is as the server has it.
 */
export function createLive(chosen: number | null): Live {
  const nothing = { overview: null, made: null, received: null, trouble: null, pace: 0 };
  const store = createStore<LiveState>({ ...nothing, link: "connecting", interval: chosen ?? INTERVALS[0] });
  let asked = chosen;
  let stream: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function close(): void {
    clearTimeout(retry);
    stream?.close();
    stream = null;
  }

  function open(): void {
    close();
    const opened = new EventSource(`/api/v1/events${asked === null ? "" : `?interval=${asked}`}`);
    stream = opened;
    opened.addEventListener("open", () => store.set({ link: "open" }));
    opened.addEventListener("pace", (event) => {
      const { seconds, interval } = JSON.parse(event.data) as { seconds: number; interval: number };
      store.set({ pace: seconds, interval: asked ?? interval });
    });
    opened.addEventListener("overview", (event) => {
      performance.mark("overview-received");
      const overview = JSON.parse(event.data) as Overview;
      store.set({ overview, made: Date.parse(overview.time), received: Date.now(), trouble: null, link: "open" });
    });
    opened.addEventListener("trouble", (event) => {
      store.set({ trouble: (JSON.parse(event.data) as { message: string }).message, link: "open" });
    });
    opened.addEventListener("error", () => lost(opened));
  }

  async function lost(broken: EventSource): Promise<void> {
    if (stream !== broken) return;
    if (store.get().link !== "signed-out") store.set({ link: "lost" });
    if (broken.readyState !== EventSource.CLOSED) return;
    const isSignedOut = await refused();
    if (stream !== broken) return;
    store.set({ link: isSignedOut ? "signed-out" : "lost" });
    retry = setTimeout(open, RETRY_MS);
  }

  return {
    get: store.get,
    set: store.set,
    subscribe: store.subscribe,
    start: open,
    pause() {
      close();
      store.set({ link: "paused" });
    },
    resume() {
      store.set({ link: "connecting" });
      open();
    },
    setInterval(seconds) {
      asked = seconds;
      store.set({ interval: seconds });
      if (store.get().link !== "paused") open();
    },
  };
}

/** An event stream does not tell its status: another request does. */
async function refused(): Promise<boolean> {
  try {
    return (await fetch("/api/v1/health", { cache: "no-store" })).status === 401;
  } catch {
    return false;
  }
}
