import { BRONZE, keysIn } from "../ledger/layers.ts";
import { RECEIPTS } from "../ledger/names.ts";
import type { LakeStorage } from "../storage/port.ts";

/**
 * A lake with the receipts of another one, to hold a mirror against what its source says. Only for reading what it has; what
 * is written goes to the lake itself.
 */
export function withLedger(lake: LakeStorage, ledger: LakeStorage): LakeStorage {
  const of = (key: string) => (key.startsWith(RECEIPTS) ? ledger : lake);
  return {
    ...lake,
    list: (prefix, options) => of(prefix).list(prefix, options),
    head: (key) => of(key).head(key),
    read: (key, range) => of(key).read(key, range),
  };
}

/** Whether a mirror lacks bronze that its source has: then nothing was renamed, and the copy is missing. */
export async function isInSource(ledger: LakeStorage | null, path: string): Promise<boolean> {
  if (ledger === null) return false;
  for (const key of keysIn(BRONZE, path)) if ((await ledger.head(key)) !== null) return true;
  return false;
}
