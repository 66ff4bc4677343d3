import { isError } from "../cost/invocation.ts";
import { type Measured, measure } from "../cost/usage.ts";
import { SILVER } from "../ledger/layers.ts";
import { receiptKey } from "../ledger/names.ts";
import { pathOfReceipt } from "../ledger/orphans.ts";
import type { ReadContract } from "../ledger/read-contract.ts";
import { type Fault, parseReceipt, type Receipt, type RowCounts, tallyOf } from "../ledger/receipts.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import { FUNCTION_IDS, type FunctionId, functionNamed, topology } from "../topology.ts";
import type { Listing } from "./listing.ts";

/** What is kept of a receipt: it is read once, and a lake may have a hundred thousand. */
export interface Ended {
  readonly function: FunctionId;
  /** Of the object that was processed. */
  readonly key: string;
  /** Its bytes. */
  readonly size: number;
  readonly outcome: Receipt["outcome"];
  /** Milliseconds since the epoch, by the clock of the machine that did it. */
  readonly started: number;
  readonly durationMs: number;
  /** When the receipt was put there, by the clock of the store. */
  readonly written: number;
  readonly rows: RowCounts;
  /** Its last row has no line end and is a reading all the same. */
  readonly isUnterminated: boolean;
  readonly devices: number;
  readonly attempts: number;
  /** S3 requests that are charged as PUT, of one attempt. */
  readonly puts: number;
  readonly streamed: number;
  readonly error: Fault | null;
  /** What it was read by; null: the built-in contract. One object for all that are of one. */
  readonly madeBy: MadeBy | null;
  /** Of the silver that it wrote or was made of: what tells whether two receipts are of one batch. Empty where none is told. */
  readonly silver: string;
}

/** A version of a contract, and the release of the time zone database that judged with it; "" where none did. */
type MadeBy = Readonly<Pick<ReadContract, "name" | "digest"> & { tz: string }>;

/** Enough of a SHA-256 to tell the versions of one batch apart. */
const DIGEST_CHARACTERS = 16;
/** Messages are cut off behind so many characters: what is kept of a receipt is small, whatever it says. */
const MESSAGE_CHARACTERS = 1000;

/** What a receipt says that stands under `key`; null where that is not what a receipt of this name would say. */
export function endedOf(key: string, text: string, written: number): Ended | null {
  const receipt = parseReceipt(text);
  const tally = receipt === null ? null : tallyOf(receipt);
  if (receipt === null || tally === null) return null;
  const { source, outcome, attempts, error } = receipt;
  const { rows, devices } = tally;
  const { puts, streamed } = measure(receipt) ?? { puts: Number.NaN, streamed: 0 };
  const id = functionNamed(receipt.function);
  if (id === null) return null;
  const { name, startedBy } = topology.functions[id];
  const started = Date.parse(receipt.started);
  const isOwn = source.key.startsWith(startedBy.prefix) && receiptKey(name, source.key, source.token) === key;
  const { in: all, silver, anomalies, rejects, blank } = rows;
  const areCounts = [all, silver, anomalies, rejects, blank, devices, attempts, puts].every(isCount);
  if (!isOwn || receipt.function !== name || !Number.isFinite(started) || !areCounts) return null;
  return {
    function: id,
    key: source.key,
    size: source.size,
    outcome,
    started,
    // A clock that was set back in between makes it negative.
    durationMs: Math.min(Math.max(0, receipt.duration_ms), Number.MAX_SAFE_INTEGER),
    written,
    rows: { in: all, silver, anomalies, rejects, blank },
    isUnterminated: receipt.split?.notes?.last_line_unterminated === true,
    devices,
    attempts,
    puts,
    streamed,
    error: error === null ? null : cut(error),
    madeBy: madeByOf(receipt),
    silver: silverOf(receipt).slice(0, DIGEST_CHARACTERS),
  };
}

/** Contracts that receipts have named: there are few, and many receipts of each. */
const MADE_BY = new Map<string, MadeBy>();
/** More of them are no contracts that somebody wrote; they are told apart all the same. */
const MOST_KNOWN = 1000;

function madeByOf({ split }: Receipt): MadeBy | null {
  if (split?.contract === undefined) return null;
  const { name, digest, tz = "" } = split.contract;
  const said = [name, digest, tz].map((text) => text.slice(0, MESSAGE_CHARACTERS));
  const known = MADE_BY.get(said.join("\n"));
  if (known !== undefined) return known;
  if (MADE_BY.size >= MOST_KNOWN) MADE_BY.clear();
  const made = { name: said[0], digest: said[1], tz: said[2] };
  MADE_BY.set(said.join("\n"), made);
  return made;
}

function silverOf({ source, outputs }: Receipt): string {
  if (source.key.startsWith(SILVER)) return source.sha256 ?? "";
  return outputs.find(({ key }) => key.startsWith(SILVER))?.sha256 ?? "";
}

/**
 * When it ended, never later than now. Where the clock of the machine that did it is ahead, the store says when the
 * receipt was written.
 */
export function endTimeOf({ started, durationMs, written }: Ended, now: number): number {
  const ended = started + durationMs;
  return ended <= now ? ended : Math.min(ended, written, now);
}

/** How much later than an object's end, by the clock that tells it, the store may say that its receipt was written. */
const SKEW_MS = HOUR_MS;
/** Batches that are told of however long ago they ended. */
const NEWEST = 50;

/**
 * The receipts that an overview needs of all there are: those of the last day and those of the newest batches, always
 * both of a batch.
 */
export function recentOf(receipts: Listing, now: number): ObjectInfo[] {
  const dated = FUNCTION_IDS.flatMap((id) => {
    return receipts[id].map((object) => ({ object, path: pathOfReceipt(object.key) ?? "" }));
  });
  const paths = new Set<string>();
  for (const { object, path } of dated.toSorted((a, b) => b.object.modified - a.object.modified)) {
    if (object.modified < now - DAY_MS - SKEW_MS && paths.size >= NEWEST) break;
    paths.add(path);
  }
  return dated.filter(({ path }) => paths.has(path)).map(({ object }) => object);
}

/** What alarms and cost are made of. */
export function measuredOf(receipt: Ended, now: number): Measured {
  const { function: id, durationMs, outcome, attempts, puts, streamed } = receipt;
  const ended = endTimeOf(receipt, now);
  return { function: id, ended, durationMs, isError: isError(outcome), attempts, puts, streamed };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function cut({ code, message, line, column }: Fault): Fault {
  return {
    code: code.slice(0, MESSAGE_CHARACTERS) as Fault["code"],
    message: message.slice(0, MESSAGE_CHARACTERS),
    line: typeof line === "number" ? line : null,
    column: typeof column === "string" ? column.slice(0, MESSAGE_CHARACTERS) : null,
  };
}
