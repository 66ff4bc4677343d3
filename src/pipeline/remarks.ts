import type { ReadContract } from "../ledger/read-contract.ts";
import type { RowCounts, RowNotes } from "../ledger/receipts.ts";
import type { Scanned } from "./scan.ts";
import type { Terms } from "./terms.ts";

/** By which contract a batch was read, and what it was before: nothing of the built-in one, which takes rows as they are. */
export function contractOf(
  { contract }: Terms,
  { records, absent, ruled, unmet, remarks }: Scanned,
): { contract?: ReadContract } {
  if (contract === null) return {};
  return {
    contract: {
      ...contract,
      ...(records === null ? {} : { records }),
      absent,
      ...(remarks === null || remarks.left === 0 ? {} : { left: remarks.left }),
      ...(remarks === null || remarks.unseen.length === 0 ? {} : { unseen: remarks.unseen }),
      ...(remarks === null || remarks.assumed === 0 ? {} : { assumed: remarks.assumed }),
      ...(ruled === null ? {} : { rules: ruled }),
      ...(unmet.length === 0 ? {} : { unmet }),
    },
  };
}

/** What is worth a look; nothing where there is nothing. */
export function notesOf(scanned: Scanned): { notes?: RowNotes } {
  const { isLastUnterminated, multilineRows: count, firstMultilineRow: first_line } = scanned;
  if (!isLastUnterminated && count === 0) return {};
  return {
    notes: {
      ...(isLastUnterminated ? { last_line_unterminated: true } : {}),
      ...(count > 0 ? { multiline_rows: { count, first_line } } : {}),
    },
  };
}

/** What two objects of one batch hold together: no rejects, which are in neither. */
export function countsOf(a: Scanned, b: Scanned): RowCounts {
  return {
    in: a.counts.in + b.counts.in,
    silver: a.counts.silver + b.counts.silver,
    anomalies: a.counts.anomalies + b.counts.anomalies,
    rejects: 0,
    blank: a.counts.blank + b.counts.blank,
  };
}
