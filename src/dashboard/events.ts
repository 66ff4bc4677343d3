import type { Updates } from "../api/updates.ts";

/** The pace of one reader's stream. */
export interface StreamTiming {
  /** A comment after so long without an event, so that a dead connection is noticed. */
  readonly heartbeatMs: number;
  /** A reader that has taken nothing for so long is dropped. */
  readonly stalledMs: number;
}

export const STREAM_TIMING: StreamTiming = { heartbeatMs: 15_000, stalledMs: 30_000 };

const encoder = new TextEncoder();
/** First of all, so that the headers go out at once; and how soon a browser comes back after a break. */
const RETRY = encoder.encode("retry: 2000\n\n");
const HEARTBEAT = encoder.encode(": still here\n\n");

interface StreamOptions {
  readonly updates: Updates;
  readonly intervalMs: number;
  readonly timing: StreamTiming;
  /** Called for a reader that has stalled: the connection is to be destroyed. */
  readonly drop: () => void;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The events of one reader as a stream that is only ever asked for one more (high-water mark 0). So what a reader has not
 * taken is one event in its connection's buffer, and here the newest overview and the trouble since: nothing piles up.
 */
export function openEvents({ updates, intervalMs, timing, drop }: StreamOptions): {
  readonly stream: ReadableStream<Bytes>;
  /** To be called when the connection is gone. */
  readonly end: () => void;
} {
  const next: { overview: Bytes | null; trouble: Bytes | null } = { overview: null, trouble: null };
  /** Set while the reader waits. */
  let hand: ((event: Bytes) => void) | null = null;
  let unfollow: (() => void) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function handNext(): void {
    const kind = next.overview !== null ? "overview" : "trouble";
    const event = next[kind];
    if (hand === null || event === null) return;
    next[kind] = null;
    hand(event);
  }

  function begin(): void {
    hand?.(RETRY);
    unfollow = updates.follow({
      intervalMs,
      overview(event) {
        Object.assign(next, { overview: event, trouble: null });
        handNext();
      },
      trouble(event) {
        next.trouble = event;
        handNext();
      },
    });
  }

  function pull(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    clearTimeout(timer);
    return new Promise((resolve) => {
      if (ended) return;
      hand = (event) => {
        hand = null;
        clearTimeout(timer);
        timer = setTimeout(drop, timing.stalledMs);
        controller.enqueue(event);
        resolve();
      };
      timer = setTimeout(() => hand?.(HEARTBEAT), timing.heartbeatMs);
      if (unfollow === null) begin();
      else handNext();
    });
  }

  function end(): void {
    ended = true;
    clearTimeout(timer);
    unfollow?.();
    hand = null;
  }

  const stream = new ReadableStream<Bytes>({ pull, cancel: end }, { highWaterMark: 0 });
  return { stream, end };
}
