import { messageOf } from "../errors.ts";
import type { Monitor } from "../monitor/monitor.ts";
import type { Overview } from "../monitor/overview.ts";
import type { Look } from "./routes.ts";

/** One look at the lake, written out once for everybody. */
interface Snapshot extends Look {
  /** Its overview as an event of the stream, behind one that says how soon the next can come. */
  readonly event: Uint8Array<ArrayBuffer>;
}

/** Somebody who follows the lake. */
export interface Follower {
  readonly intervalMs: number;
  /** Take an event of the stream; they never wait and never throw. Trouble is over with the next overview. */
  readonly overview: (event: Uint8Array<ArrayBuffer>) => void;
  readonly trouble: (event: Uint8Array<ArrayBuffer>) => void;
}

export type Updates = ReturnType<typeof createUpdates>;

interface UpdatesOptions {
  readonly monitor: Pick<Monitor, "refresh">;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** How old an answer may be, and how often a follower is told who does not say otherwise. */
  readonly intervalMs: number;
}

/** A refresh that took a second is followed by nine of rest: looking at a lake must not become its main load. */
const REST = 9;
/** A refresh that hung once must not silence the page for hours. */
const LONGEST_REST_MS = 300_000;

interface Looked {
  readonly started: number;
  readonly tookMs: number;
  readonly failure: { readonly error: unknown; readonly event: Uint8Array<ArrayBuffer> } | null;
}

/**
 * Refreshes the monitor while somebody follows or asks, at the smallest interval that anybody wants, but never more often
 * than a tenth of the time allows; and hands every look to every follower.
 */
export function createUpdates({ monitor, clock, intervalMs: usualMs }: UpdatesOptions) {
  const followers = new Set<Follower>();
  let snapshot: Snapshot | null = null;
  let last: Looked | null = null;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function dueIn(intervalMs: number): number {
    if (last === null) return 0;
    const { started, tookMs } = last;
    return started + Math.max(intervalMs, paceOf(tookMs)) - clock();
  }

  async function look(): Promise<void> {
    const started = clock();
    try {
      const overview = await monitor.refresh();
      // The first look reads everything, the others what is new: it says nothing about what they take.
      const tookMs = snapshot === null ? 0 : clock() - started;
      snapshot = snapshotOf(overview, { paceMs: paceOf(tookMs), usualMs });
      last = { started, tookMs, failure: null };
    } catch (error) {
      const event = encode(eventText("trouble", JSON.stringify({ message: messageOf(error) })));
      last = { started, tookMs: clock() - started, failure: { error, event } };
    }
    running = null;
    for (const follower of followers) tell(follower, last.failure === null);
    plan();
  }

  function tell(follower: Follower, withOverview: boolean): void {
    if (withOverview && snapshot !== null) follower.overview(snapshot.event);
    if (last?.failure) follower.trouble(last.failure.event);
  }

  function refresh(): Promise<void> {
    running ??= look();
    return running;
  }

  function plan(): void {
    clearTimeout(timer);
    if (closed || followers.size === 0 || running !== null) return;
    const intervalMs = Math.min(...Array.from(followers, (follower) => follower.intervalMs));
    timer = setTimeout(refresh, Math.max(0, dueIn(intervalMs)));
  }

  return {
    intervalMs: usualMs,

    /** A look that is young enough, or a new one. Throws what the newest one failed with. */
    async current(): Promise<Snapshot> {
      if (dueIn(usualMs) <= 0) await refresh();
      if (last?.failure) throw last.failure.error;
      return snapshot!;
    },

    /** Hands over what is known, then each look; until the returned function is called. */
    follow(follower: Follower): () => void {
      followers.add(follower);
      tell(follower, true);
      plan();
      return () => {
        followers.delete(follower);
        plan();
      };
    },

    /** Refreshes no more. A refresh under way is left to itself. */
    close(): void {
      closed = true;
      followers.clear();
      clearTimeout(timer);
    },
  };
}

/** From the start of a look that took so long to that of the next, at least. Milliseconds. */
function paceOf(tookMs: number): number {
  return tookMs + Math.min(REST * tookMs, LONGEST_REST_MS);
}

function snapshotOf(overview: Overview, { paceMs, usualMs }: { paceMs: number; usualMs: number }): Snapshot {
  const text = JSON.stringify(overview);
  const pace = eventText("pace", JSON.stringify({ seconds: Math.ceil(paceMs / 1000), interval: usualMs / 1000 }));
  return { overview, json: encode(text), event: encode(pace + eventText("overview", text)) };
}

/** JSON has no line breaks, so that an event is two lines (WHATWG HTML, "Server-sent events"). */
function eventText(name: "pace" | "overview" | "trouble", json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
