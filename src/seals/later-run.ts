import { hasCode } from "../errors.ts";
import { BRONZE, batchPathOf, keysIn, SILVER, SPLIT_FUNCTION } from "../ledger/layers.ts";
import { parseDeadLetter } from "../ledger/letters.ts";
import { receiptName } from "../ledger/names.ts";
import { listReceipts, type Receipt, readReceipt } from "../ledger/receipts.ts";
import { recordsOf } from "../ledger/s3-event.ts";
import { readText } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";

/**
 * When, after `since`, a later run made anew what a receipt was of, as the receipts of that run say; null where none says so. Both in
 * milliseconds since the epoch. A batch that is replaced by one that is refused takes the receipts of its outputs with it, so the
 * receipt of its first function counts for all of them.
 */
export async function laterRunOf(storage: LakeStorage, key: string, since: number): Promise<number | null> {
  const name = receiptName(key);
  if (name === null) return null;
  const isFirst = name.function === SPLIT_FUNCTION;
  const batch = batchPathOf(`${isFirst ? BRONZE : SILVER}${name.path}`);
  const sources = keysIn(BRONZE, batch).map((bronze) => ({ fn: SPLIT_FUNCTION, source: bronze }));
  // Of an object's key only what is behind its layer stands in the name of a receipt.
  const own = { fn: name.function, source: `${isFirst ? BRONZE : SILVER}${name.path}` };
  for (const { fn, source } of [own, ...sources]) {
    for (const object of await listReceipts(storage, fn, source)) {
      const receipt = await readReceipt(storage, object.key);
      if (receipt === null) continue;
      const said = Math.max(endOf(receipt), timeOf(receipt.source.modified));
      // Of another one the store itself knows when it came.
      const time = object.key === key ? said : Math.max(said, object.modified);
      if (time >= since) return time;
    }
  }
  return null;
}

/** The same of a dead letter that is there: its function has failed once more on what it is of. */
export async function laterFailureOf(storage: LakeStorage, key: string, since: number): Promise<number | null> {
  try {
    const { function: fn, event } = parseDeadLetter(await readText(storage, key));
    for (const record of recordsOf(event)) {
      if (!("key" in record)) continue;
      for (const object of await listReceipts(storage, fn, record.key)) {
        const receipt = await readReceipt(storage, object.key);
        if (receipt !== null && endOf(receipt) >= since) return endOf(receipt);
      }
    }
    return null;
  } catch (error) {
    if (hasCode(error, "not_found", "input_invalid", "key_invalid")) return null;
    throw error;
  }
}

function endOf({ started, duration_ms: duration }: Receipt): number {
  return timeOf(started) + duration;
}

/** -Infinity for what is no time. */
function timeOf(text: string | undefined): number {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
