import { setTimeout as sleep } from "node:timers/promises";
import { VantageflowError } from "../errors.ts";
import type { Owner } from "../storage/local/owner.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { DoorLook } from "./door-state.ts";
import { type DrainTarget, drainSegment, drainTaken, type Flushed, TAKE_OVER_MS, takeOver } from "./drain.ts";
import { FLUSH_LIMITS, type FlushLimits } from "./flush.ts";
import { READING_ROWS, type RowForm } from "./form.ts";
import { type FullSegment, Journal, type RequestRows, takenAway } from "./journal.ts";
import { type InletAnswer, type KeyUse, keptBytes, type Rejected, RequestKeys } from "./keys.ts";
import { LeftSegments } from "./left-segments.ts";
import type { SeenReadings } from "./seen.ts";
import { leaveShard, loadKeys, makeShard, othersShards } from "./spool.ts";
import { type SpoolFiles, spoolFiles } from "./spool-files.ts";

/** What is not in bronze yet, at most: more is refused until some of it is. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const LOOK_MS = 1000;
const [FIRST_DELAY_MS, LAST_DELAY_MS] = [1000, 60_000];

export interface InletOptions {
  readonly storage: LakeStorage;
  readonly source: string;
  /** The folder of the source's shards. */
  readonly folder: string;
  /** How what it takes stands in bronze; absent: as readings. */
  readonly form?: RowForm;
  readonly limits?: FlushLimits;
  /** Where it remembers readings by their {@link InletRequest.ids}. */
  readonly seen?: SeenReadings;
  readonly maxPendingBytes?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onFlushed: (flushed: Flushed) => void;
  /** What did not work, and is tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly files?: SpoolFiles;
  readonly owner?: Owner;
  /** Between attempts to reach the lake: the first, from which on they double. Milliseconds. */
  readonly retryMs?: number;
}

/** What came in one request, as it comes to stand in bronze. */
export interface InletRequest {
  /** In the form of the inlet, without their numbers. */
  readonly rows: readonly string[];
  readonly rejected: readonly Rejected[];
  readonly rejectedCount: number;
  /** By what it may come again; null where it does not say. */
  readonly use: KeyUse | null;
  /** By which readings of it are told when they come again. */
  readonly ids?: readonly string[];
}

/** Where a door hands over what comes in. */
export interface Inlet {
  /**
   * Settles when the readings are durable; bronze comes later, whatever happens. Throws `busy` where there is no room until the lake
   * has taken some, and when it is ending; `storage_failed` where the disk fails; `usage` for a key that came with something else.
   */
  accept(incoming: InletRequest): Promise<InletAnswer>;
  /** Whether there is no room for anything. */
  isFull(): boolean;
  readonly pendingBytes: number;
  /** How many readings it has taken, and what is not in bronze yet, of those too that processes which are gone have left. */
  look(): Pick<DoorLook, "readings" | "pending">;
  /** Settles with the error by which the inlet has ended for good; never where it was closed. */
  readonly ended: Promise<VantageflowError>;
  /** Takes no more, brings into bronze what there is, and says how many readings could not be, with those that it took over: they stay in the spool. */
  close(): Promise<number>;
}

/** Opens the inlet of a source with a shard of its own, and takes over what processes that are gone have left. */
export async function openInlet(options: InletOptions): Promise<Inlet> {
  const { limits = FLUSH_LIMITS, maxPendingBytes = MAX_PENDING_BYTES, form = READING_ROWS, now, onTrouble } = options;
  const files = options.files ?? spoolFiles;
  const spool = { files, folder: options.folder, form };
  const target: DrainTarget = { ...options, spool };
  const keys = new RequestKeys(now);
  await options.seen?.load(spool);
  const inherited = await takeOver(target, keys, now());
  await loadKeys(spool, await othersShards(spool), keys, options.seen);
  const left = new LeftSegments(files);
  await left.look(inherited);
  const own = await makeShard(spool, now(), options.owner);
  const full: FullSegment[] = [];
  let [pendingBytes, pendingReadings, taken] = [0, 0, 0];
  let closing: VantageflowError | null = null;
  let tellEnd: (error: VantageflowError) => void = () => {};
  const ended = new Promise<VantageflowError>((resolve) => {
    tellEnd = resolve;
  });
  const stop = new AbortController();
  let draining: Promise<void> | null = null;
  let recovering: Promise<void> | null = null;

  const journal = new Journal({
    files,
    folder: own.path,
    form,
    limits,
    clock: () => performance.now(),
    onFull(segment) {
      full.push(segment);
      drain();
    },
    onEnd(error) {
      stop.abort();
      tellEnd(error);
    },
  });

  function drain(): void {
    draining ??= drainFull().finally(() => {
      draining = null;
      if (full.length > 0 && !stop.signal.aborted) drain();
    });
  }

  /** Segment by segment, each until it is in bronze; when closing, an attempt each and none behind one that failed. */
  async function drainFull(): Promise<void> {
    const { retryMs = FIRST_DELAY_MS } = options;
    for (let delay = retryMs; full.length > 0; ) {
      try {
        const [{ path, bytes, records }] = full;
        if (!(await drainSegment(target, own, path))) return journal.end(takenAway());
        full.shift();
        pendingBytes -= bytes;
        pendingReadings -= records;
        delay = retryMs;
      } catch (error) {
        onTrouble(error);
        if (stop.signal.aborted) return;
        await sleep(delay, undefined, { signal: stop.signal }).catch(() => {});
        delay = Math.min(2 * delay, LAST_DELAY_MS);
      }
    }
  }

  async function recover(): Promise<void> {
    try {
      if (!(await files.touch(own.path))) return journal.end(takenAway());
      await drainTaken(target, await takeOver(target, keys, now()), left, now());
    } catch (error) {
      onTrouble(error);
    }
  }

  recovering = drainTaken(target, inherited, left, now());
  const looking = setInterval(() => void journal.cut(false), Math.min(LOOK_MS, limits.ms));
  const taking = setInterval(() => {
    if (recovering !== null) return;
    recovering = recover().finally(() => {
      recovering = null;
    });
  }, TAKE_OVER_MS);
  void recovering.finally(() => {
    recovering = null;
  });

  async function keep(rows: RequestRows, request: InletRequest): Promise<InletAnswer> {
    const { rejected, rejectedCount, use, ids = [] } = request;
    const { texts, bytes } = rows;
    const answer = { accepted: texts.length, rejected, rejectedCount };
    pendingBytes += bytes;
    try {
      await journal.append(rows, use && { ...use, time: now(), answer });
    } catch (error) {
      pendingBytes -= bytes;
      throw error;
    }
    taken += texts.length;
    pendingReadings += texts.length;
    for (const id of ids) options.seen?.add(id);
    return answer;
  }

  return {
    async accept(incoming) {
      const { use } = incoming;
      const known = use === null ? undefined : keys.find(use);
      if (known !== undefined) return known;
      if (closing !== null) throw closing;
      const rows = Journal.rowsOf(incoming.rows, use === null ? 0 : keptBytes(incoming));
      // One request may go beyond it: else a large one would never find room beside others.
      if (pendingBytes >= maxPendingBytes) throw noRoom();
      const kept = keep(rows, incoming);
      if (use !== null) keys.hold(use, kept);
      return kept;
    },
    isFull: () => pendingBytes >= maxPendingBytes,
    get pendingBytes() {
      return pendingBytes;
    },
    look() {
      const since = full[0]?.since ?? journal.since;
      const { readings, bytes, since: before } = left.sum();
      const ages = [since === null ? [] : performance.now() - since, before === null ? [] : now() - before].flat();
      const pending = {
        readings: pendingReadings + readings,
        bytes: pendingBytes + bytes,
        oldest_seconds: ages.length === 0 ? null : Math.max(0, ...ages) / 1000,
      };
      return { readings: taken, pending };
    },
    ended,
    async close() {
      closing = new VantageflowError("busy", "Cannot take readings: vantageflow listen is ending. Try again.");
      clearInterval(looking);
      clearInterval(taking);
      await journal.cut(true);
      stop.abort();
      await draining;
      // Once more for what waited for its next attempt.
      if (full.length > 0) await drainFull();
      await recovering;
      await leaveShard(spool, own, now());
      return full.reduce((sum, { records }) => sum + records, left.sum().readings);
    },
  };
}

function noRoom(): VantageflowError {
  const why = `the lake has not yet taken what came before. Try again in some seconds`;
  return new VantageflowError("busy", `Cannot take readings now: ${why}.`);
}
