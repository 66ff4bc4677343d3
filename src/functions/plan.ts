import { BRONZE, pathOf, RECEIPTS, SILVER_LAYER } from "../pipeline/layers.ts";
import { parseReceiptKey } from "../pipeline/receipts.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, matches, topology } from "../topology.ts";
import { isLetterOnly } from "./dead-letter.ts";

/** One object that a function has to process. */
export interface Work {
  readonly function: FunctionId;
  readonly object: ObjectInfo;
}

export interface Plan {
  readonly work: readonly Work[];
  /** Objects under the trigger's prefix that are not processed, with the reason. */
  readonly ignored: readonly { readonly key: string; readonly reason: string }[];
}

/**
 * What one function has to do: every object that its trigger matches and that has no receipt for its token, in key
 * order. Two listings and no object read; only keys that can hold no receipt are asked for their dead letter. With
 * `reprocess`, objects under that prefix (of the key or of the path) are work whatever their receipts say.
 */
export async function planFunction(storage: LakeStorage, id: FunctionId, reprocess?: string): Promise<Plan> {
  const fn = topology.functions[id];
  const { name, trigger } = fn;
  const receipts = reprocess === undefined ? await receiptTokens(storage, name) : new Map<string, string[]>();
  const work: Work[] = [];
  const ignored: { key: string; reason: string }[] = [];
  const skip = (key: string, reason: string) => void ignored.push({ key, reason });
  for await (const object of storage.list(trigger.prefix, skip)) {
    if (!matches(trigger, object.key)) {
      skip(object.key, `only names ending in "${trigger.suffix}" are processed`);
    } else if (reprocess !== undefined ? isUnder(object.key, reprocess) : !isDone(receipts, object)) {
      if (reprocess === undefined && (await isLetterOnly(storage, fn, object))) continue;
      work.push({ function: id, object });
    }
  }
  return { work, ignored };
}

/** Silver whose bronze is work too: processing bronze writes it anew. */
export function withoutRebuilt(silver: readonly Work[], bronze: readonly Work[]): Work[] {
  const paths = new Set(bronze.map(({ object }) => pathOf(object.key)));
  return silver.filter(({ object }) => !paths.has(pathOf(object.key)));
}

function isDone(receipts: ReadonlyMap<string, string[]>, object: ObjectInfo): boolean {
  return receipts.get(pathOf(object.key))?.includes(object.token) ?? false;
}

function isUnder(key: string, prefix: string): boolean {
  const whole = prefix.startsWith(BRONZE) || prefix.startsWith(SILVER_LAYER);
  return (whole ? key : pathOf(key)).startsWith(prefix);
}

async function receiptTokens(storage: LakeStorage, fn: string): Promise<Map<string, string[]>> {
  const tokens = new Map<string, string[]>();
  for await (const { key } of storage.list(`${RECEIPTS}${fn}/`)) {
    const parsed = parseReceiptKey(fn, key);
    if (parsed === null) continue;
    const known = tokens.get(parsed.path);
    if (known === undefined) tokens.set(parsed.path, [parsed.token]);
    else known.push(parsed.token);
  }
  return tokens;
}
