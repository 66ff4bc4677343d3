import { mapBounded } from "../bounded.ts";
import { messageOf } from "../errors.ts";
import { BATCH_LAYERS, batchPathOf, isOfBatch } from "../ledger/layers.ts";
import { comparePaths, type ListedBatch, listBatches } from "./batches.ts";
import type { Checkpoint, Checkpoints } from "./checkpoint.ts";
import { type Examination, examine, examinePath } from "./examine.ts";
import type { Counts } from "./judge.ts";
import { type Finding, STATES, type State } from "./judge.ts";

interface Failure {
  /** The path of the batch. */
  readonly path: string;
  readonly message: string;
}

/** A batch that is not all intact, or could not be looked at. */
export interface Suspect {
  readonly path: string;
  readonly findings: readonly Finding[];
  readonly failure: Failure | null;
}

export interface Verified {
  /** When this verify was begun, before it was stopped and went on; milliseconds since the epoch. */
  readonly started: number;
  /** False where it was stopped, or has failed. */
  readonly complete: boolean;
  /** Objects, by their state. */
  readonly counts: Counts;
  /** Of these, those of batches that are all intact, or only counted. */
  readonly clean: Counts;
  /** Batches that are not all intact, by their paths; at most {@link MAX_SUSPECTS}. After mending, all that were. */
  readonly suspects: readonly Suspect[];
  /** Batches beyond, which are only counted. */
  readonly more: number;
  /** What ended it before its end; null where nothing did. */
  readonly error: unknown;
}

export interface VerifyOptions extends Examination {
  /** Only keys, or paths in every layer, that begin with it; "" is everything. */
  readonly prefix: string;
  /** Batches in flight at once. */
  readonly concurrency: number;
  readonly checkpoints: Checkpoints;
  /** Called when this one goes on where one of then (ms since the epoch) was stopped. */
  readonly onResume?: (started: number) => void;
  /** Asked before each batch; true starts no further one. */
  readonly stopped?: () => boolean;
}

export const MAX_SUSPECTS = 10_000;
/** Batches between two looks at the clock and at a signal. */
const CHUNK = 64;
const BETWEEN_CHECKPOINTS_MS = 5000;

/**
 * Holds every object of bronze and of what was made of it against the ledger. One batch that fails stops no other. What
 * was done is kept now and then, so that the next verify goes on where this one was stopped or killed. Never throws for
 * what the store does: `error` has it.
 */
export async function verify(options: VerifyOptions): Promise<Verified> {
  const { checkpoints, stopped = () => false } = options;
  const before = await checkpoints.read();
  if (before !== null) options.onResume?.(before.started);
  const tally = createTally(before);
  let position = before?.position ?? "";
  const started = before?.started ?? options.now;
  const keep = () => checkpoints.write({ started, position, ...tally.kept() });
  const result = (complete: boolean, error: unknown = null) => ({ started, complete, error, ...tally.result() });
  /** Takes as many of these batches as were looked at without a gap: the next verify goes on behind them. */
  async function take(batches: readonly ListedBatch[]): Promise<void> {
    const looked = await mapBounded(
      batches,
      options.concurrency,
      async (batch) => (stopped() ? null : suspectOf(batch.path, options.prefix, () => examine(options, batch))),
      ({ objects }) => objects.bronze?.size ?? 0,
    );
    for (const suspect of looked) {
      if (suspect === null) return;
      tally.add(suspect);
      position = suspect.path;
    }
  }
  try {
    for (const path of before?.suspects ?? []) {
      tally.add(await suspectOf(path, options.prefix, () => examinePath(options, path)));
    }
    let kept = Date.now();
    for await (const batches of chunksOf(
      batchesAfter(listBatches(options.storage, scopeOf(options.prefix).path), position),
    )) {
      await take(batches);
      if (stopped()) {
        await keep();
        return result(false);
      }
      if (Date.now() - kept < BETWEEN_CHECKPOINTS_MS) continue;
      await keep();
      kept = Date.now();
    }
    await checkpoints.clear();
    return result(true);
  } catch (error) {
    await keep().catch(() => {});
    return result(false, error);
  }
}

/** Which keys and which paths a prefix names. */
function scopeOf(prefix: string): { readonly path: string; readonly key: string } {
  const key = BATCH_LAYERS.includes(`${prefix}/`) ? `${prefix}/` : prefix;
  return isOfBatch(key) ? { path: batchPathOf(key), key } : { path: prefix, key: "" };
}

/** Looks at a batch; never throws. */
export async function suspectOf(
  path: string,
  prefix: string,
  look: () => Promise<readonly Finding[]>,
): Promise<Suspect> {
  const scope = scopeOf(prefix);
  try {
    const findings = (await look()).filter(({ key }) => key.startsWith(scope.key));
    return { path, findings, failure: null };
  } catch (error) {
    return { path, findings: [], failure: { path, message: messageOf(error) } };
  }
}

/** Counts what is intact, and keeps what is not. */
function createTally(before: Checkpoint | null) {
  const clean: Record<State, number> = before === null ? noCounts() : { ...before.clean };
  let more = before?.more ?? 0;
  const suspects: Suspect[] = [];
  return {
    add(suspect: Suspect): void {
      const isClean = suspect.failure === null && suspect.findings.every(({ state }) => state === "intact");
      if (!isClean && suspects.length < MAX_SUSPECTS) suspects.push(suspect);
      else {
        if (!isClean) more++;
        for (const { state } of suspect.findings) clean[state]++;
      }
    },
    kept: () => ({ clean, more, suspects: suspects.map(({ path }) => path) }),
    result() {
      const sorted = suspects.toSorted((a, b) => comparePaths(a.path, b.path));
      return { counts: withSuspects(clean, sorted), clean, suspects: sorted, more };
    },
  };
}

function noCounts(): Record<State, number> {
  return Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
}

/** The counts with those of the suspects. */
export function withSuspects(clean: Counts, suspects: readonly Suspect[]): Counts {
  const counts = { ...clean };
  for (const { findings } of suspects) for (const { state } of findings) counts[state]++;
  return counts;
}

async function* batchesAfter(
  batches: AsyncIterable<ListedBatch>,
  position: string,
): AsyncGenerator<ListedBatch, void, undefined> {
  for await (const batch of batches) {
    if (position === "" || comparePaths(batch.path, position) > 0) yield batch;
  }
}

async function* chunksOf(batches: AsyncIterable<ListedBatch>): AsyncGenerator<ListedBatch[], void, undefined> {
  let chunk: ListedBatch[] = [];
  for await (const batch of batches) {
    chunk.push(batch);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
