import { batchPathOf, keysIn } from "../ledger/layers.ts";
import { readReceipts } from "../ledger/receipts.ts";
import type { LakeStorage, LakeVersions, ObjectVersion } from "../storage/port.ts";
import { FUNCTION_IDS, layerOf, topology } from "../topology.ts";

/**
 * Why there is no version of a key to bring back, as far as can be known: what is purged leaves nothing behind but the
 * markers of a bucket (`known`), and a receipt may still tell that it was there. A clause without its end.
 */
export async function whyNoVersion(
  storage: LakeStorage,
  versions: LakeVersions,
  key: string,
  known: readonly ObjectVersion[],
): Promise<string> {
  const layer = layerOf(key);
  if (layer === undefined) return "it is in no layer of a lake, and nothing is there";
  if (!(await versions.keeps(key))) return `nothing is kept of what is replaced or removed under ${layer.prefix}`;
  const rule = `versions are kept for ${layer.noncurrentDays} days after they were replaced or removed`;
  if (known.length > 0) {
    return `it was removed ${new Date(known[0].time).toISOString()}, and nothing is kept of it any more: ${rule}`;
  }
  const told = await lastTold(storage, key);
  return told === null
    ? `it is not there, and nothing is kept of it: ${rule}`
    : `a receipt of ${told} tells of it, but nothing is kept of it any more: ${rule}`;
}

/** When a function last read or wrote a key, as its receipts tell (ISO 8601); null where none does. */
async function lastTold(storage: LakeStorage, key: string): Promise<string | null> {
  const times: string[] = [];
  for (const id of FUNCTION_IDS) {
    const { name, startedBy } = topology.functions[id];
    for (const input of keysIn(startedBy.prefix, batchPathOf(key))) {
      for (const { source, outputs, started } of await readReceipts(storage, name, input)) {
        if (source.key === key || outputs.some((output) => output.key === key)) times.push(started);
      }
    }
  }
  return times.sort().at(-1) ?? null;
}
