import { feedersOf } from "../feeds.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { BatchPage, BatchQuery } from "./details.ts";
import { type Ended, endTimeOf } from "./ended.ts";
import type { BatchSummary } from "./overview.ts";

/** A batch and what became of it: one object of bronze, or of silver that no split wrote. */
export interface Batch extends Omit<End, "size" | "started" | "written" | "puts" | "streamed" | "madeBy" | "silver"> {
  /** Milliseconds since the epoch. */
  readonly ended: number;
  /** Devices in gold; 0 where it has none yet. */
  readonly goldDevices: number;
}

/** A receipt that ends a batch: silver that nothing can rebuild is none, what became of it was said when it had bronze. */
type End = Ended & Pick<BatchSummary, "outcome">;

function isEnd(receipt: Ended): receipt is End {
  return receipt.outcome !== "not_rebuildable";
}

/**
 * Brings the receipts of both functions together, newest batch first. Of several receipts of one function and path (a
 * crash between writing one and removing the older) the one that was written last counts.
 */
export function batchesOf(receipts: Iterable<Ended>, now: number): Batch[] {
  const paths = new Map<string, { first?: End; second?: End }>();
  for (const receipt of receipts) {
    if (!isEnd(receipt)) continue;
    const path = batchPathOf(receipt.key);
    const pair = paths.get(path) ?? {};
    const side = feedersOf(receipt.function).length === 0 ? "first" : "second";
    const other = pair[side];
    if (other === undefined || other.written < receipt.written) pair[side] = receipt;
    paths.set(path, pair);
  }
  const batches: Batch[] = [];
  for (const { first, second } of paths.values()) {
    const one = batchOf(first, second !== undefined && follows(first, second) ? second : undefined, now);
    if (one !== null) batches.push(one);
  }
  return batches.sort((a, b) => b.ended - a.ended || (a.key < b.key ? -1 : 1));
}

/**
 * Whether the second function's receipt is of this batch, and not of the silver that an older version of it had. In a
 * bucket the same silver again is no new work, so that its receipt may be the older one.
 */
function follows(first: End | undefined, second: End): boolean {
  if (first === undefined) return true;
  if (first.silver !== "" && second.silver !== "") return first.silver === second.silver;
  return second.started >= first.started;
}

function batchOf(first: End | undefined, second: End | undefined, now: number): Batch | null {
  const [ground, other] = first === undefined ? [second, undefined] : [first, second];
  if (ground === undefined) return null;
  // What went wrong last is what became of the batch.
  const decisive = ground.outcome === "done" && other !== undefined && other.outcome !== "done" ? other : ground;
  const gold = other ?? (ground === second ? ground : undefined);
  return {
    function: decisive.function,
    key: ground.key,
    outcome: decisive.outcome,
    ended: Math.max(endTimeOf(ground, now), other === undefined ? 0 : endTimeOf(other, now)),
    durationMs: durationOf(ground, other),
    rows: ground.rows,
    isUnterminated: ground.isUnterminated,
    devices: ground.devices,
    goldDevices: gold?.outcome === "done" ? gold.devices : 0,
    attempts: decisive.attempts,
    error: decisive.error,
  };
}

/** One pass over bronze began once and wrote both receipts; else each function took its own time. */
function durationOf(ground: Ended, other: Ended | undefined): number {
  if (other === undefined) return ground.durationMs;
  const isOnePass = ground.started === other.started;
  return isOnePass ? Math.max(ground.durationMs, other.durationMs) : ground.durationMs + other.durationMs;
}

export function summaryOf(batch: Batch): BatchSummary {
  return {
    key: batch.key,
    function: batch.function,
    outcome: batch.outcome,
    ended: new Date(batch.ended).toISOString(),
    duration_ms: batch.durationMs,
    rows: batch.rows,
    devices: batch.devices,
    attempts: batch.attempts,
    error: batch.error,
  };
}

/** What a page holds at most, and unless somebody says otherwise. */
const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 200;

/** A part of a list; a limit or offset that is none counts as absent. */
export function pageOf<T>(
  items: readonly T[],
  { limit = DEFAULT_LIMIT, offset = 0 }: { readonly limit?: number | undefined; readonly offset?: number | undefined },
): T[] {
  const size = Number.isFinite(limit) ? Math.min(Math.max(1, Math.floor(limit)), MAX_LIMIT) : DEFAULT_LIMIT;
  const from = Number.isFinite(offset) ? Math.max(0, Math.floor(offset)) : 0;
  return items.slice(from, from + size);
}

export function batchPage(batches: readonly Batch[], query: BatchQuery): BatchPage {
  const { contains = "", outcome } = query;
  const matching = batches.filter(
    (batch) => batch.key.includes(contains) && (outcome === undefined || batch.outcome === outcome),
  );
  return { version: 1, total: matching.length, batches: pageOf(matching, query).map(summaryOf) };
}
