import { isSameObject, type Pair, pairObjects } from "../compare/objects.ts";
import { ANOMALIES, GOLD, SILVER } from "../ledger/layers.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { isHidden } from "./case.ts";
import { unifiedDiff } from "./unified-diff.ts";

const OUTPUT_LAYERS = [SILVER, ANOMALIES, GOLD];

export interface Difference {
  readonly key: string;
  readonly kind: "missing" | "unexpected" | "changed" | "not_refused" | "refused";
  /** A unified diff, or a sentence where there is nothing to diff. */
  readonly diff: string;
}

/** Above this a diff helps nobody, and would be held in memory. */
const MAX_DIFF_BYTES = 4 * 1024 * 1024;

/** Every difference between two lakes' outputs, in key order per layer. */
export async function compareOutputs(expected: LakeStorage, actual: LakeStorage): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const layer of OUTPUT_LAYERS) {
    for await (const pair of pairObjects(expected.list(layer), actual.list(layer))) {
      const difference = isHidden(pair.key) ? null : await compareObject(expected, actual, pair);
      if (difference !== null) differences.push(difference);
    }
  }
  return differences;
}

async function compareObject(
  expected: LakeStorage,
  actual: LakeStorage,
  { key, a: want, b: have }: Pair,
): Promise<Difference | null> {
  if (want !== null && have !== null && (await isSameObject(expected, actual, want, have))) return null;
  const kind = want === null ? "unexpected" : have === null ? "missing" : "changed";
  if (Math.max(want?.size ?? 0, have?.size ?? 0) > MAX_DIFF_BYTES) {
    return {
      key,
      kind,
      diff: `${key}: ${want?.size ?? 0} bytes expected, ${have?.size ?? 0} came out; too large to diff.\n`,
    };
  }
  const [before, after] = [want && (await textOf(expected, key)), have && (await textOf(actual, key))];
  return { key, kind, diff: unifiedDiff(key, before ?? "", after ?? "") };
}

async function textOf(storage: LakeStorage, key: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(storage, key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
