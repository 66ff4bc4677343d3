import type { KeyObject } from "node:crypto";
import { mapBounded } from "../bounded.ts";
import { hasCode, messageOf } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { readChain, type SealChain } from "./chain.ts";
import { CHANGES, type Compared, compareAgain, compareLedger, type LedgerChange } from "./compare.ts";

export interface LedgerOptions {
  readonly storage: LakeStorage;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Asked before each object; true ends the look. */
  readonly stopped?: (() => boolean) | undefined;
}

type ChangeCounts = Readonly<Record<LedgerChange, number>>;

export interface VerifiedLedger {
  readonly chain: SealChain;
  /** What is wrong with the chain or with the newest manifest. */
  readonly problems: readonly string[];
  /** Receipts and dead letters by what became of them. */
  readonly counts: ChangeCounts;
  /** The first ten thousand that are neither intact nor new nor expired. */
  readonly findings: readonly Compared[];
  /** False when it was stopped. */
  readonly complete: boolean;
}

/** Findings that are told; the others are counted. */
export const MAX_FINDINGS = 10_000;

/** What is of no interest by itself. */
const USUAL: readonly LedgerChange[] = ["intact", "came", "expired"];
const WRONG: readonly LedgerChange[] = ["removed", "rewritten"];

export function isWrong({ change }: Compared): boolean {
  return WRONG.includes(change);
}

/** Counts by change, none of anything. */
export function noCounts(): Record<LedgerChange, number> {
  return Object.fromEntries(CHANGES.map((change) => [change, 0])) as Record<LedgerChange, number>;
}

/**
 * Holds the ledger against its chain of seals: is the chain whole, and what became of everything that the newest seal names? Reads every
 * receipt and dead letter. What is wrong is looked at once more, for a run may have been in the middle of it. Throws `storage_failed`.
 */
export async function verifyLedger(
  options: LedgerOptions & { readonly publicKey?: KeyObject | null; readonly kept?: readonly string[] },
): Promise<VerifiedLedger> {
  const { storage, concurrency, stopped = () => false } = options;
  const chain = await readChain(storage, options);
  const problems = [...chain.problems];
  const context = { ...options, newest: chain.newest };
  const counts = noCounts();
  const findings: Compared[] = [];
  let complete = true;
  try {
    for await (const one of compareLedger(context)) {
      counts[one.change]++;
      if (!USUAL.includes(one.change) && findings.length < MAX_FINDINGS) findings.push(one);
      complete = !stopped();
      if (!complete) break;
    }
    const looked = await mapBounded(findings, concurrency, async (one) =>
      isWrong(one) ? compareAgain(context, one) : one,
    );
    for (const [i, again] of looked.entries()) {
      if (again === null) continue;
      counts[findings[i].change]--;
      counts[again.change]++;
      findings[i] = again;
    }
  } catch (error) {
    if (!hasCode(error, "input_invalid", "not_found")) throw error;
    problems.push(messageOf(error));
  }
  return { chain, problems, counts, findings: findings.filter(({ change }) => !USUAL.includes(change)), complete };
}
