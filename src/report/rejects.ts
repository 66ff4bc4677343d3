import type { RowCounts } from "../ledger/receipts.ts";
import { reasonText } from "../pipeline/rejects.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";

/** Whether a batch has rows and not one of them is valid. */
export function isAllRejected({ silver, anomalies, rejects }: RowCounts): boolean {
  return rejects > 0 && silver + anomalies === 0;
}

/** Of batches, at least one, that have not one valid row; `why` the first row of the first of them has none. */
export function allRejectedText(
  [first, ...others]: readonly { readonly key: string; readonly rows: RowCounts }[],
  why: string | null = null,
): string {
  const reason = why === null ? "" : `: ${why}`;
  const { key, rows } = first;
  if (others.length > 0) return `All rows of ${others.length + 1} batches were rejected, as those of ${key}${reason}`;
  const what = rows.rejects === 1 ? "The only row" : `All ${rows.rejects} rows`;
  return `${what} of ${key} ${rows.rejects === 1 ? "was" : "were"} rejected${reason}`;
}

/** Line and reason of the first row in a rejects file; null where it says none. Reads its beginning only. Throws `not_found`. */
export async function firstReject(storage: LakeStorage, key: string): Promise<string | null> {
  for await (const chunk of readChunks(storage, key)) {
    const [, line, name, said] = /^[^\n]*\n(\d+),\d+,[^,\n]*,(\w+),([^,\n]*)/.exec(chunk.toString("latin1")) ?? [];
    const reason = name === undefined ? null : reasonText(name, said);
    return reason === null ? null : `line ${line}: ${reason}`;
  }
  return null;
}
