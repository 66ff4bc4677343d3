import type { ProcessContext } from "../functions/context.ts";
import { type Landing, processLanding } from "../functions/process.ts";
import type { BatchResult } from "../functions/result.ts";
import { BRONZE } from "../ledger/layers.ts";
import { readReceipts } from "../ledger/receipts.ts";
import type { Pull } from "../pipeline/source.ts";
import { pullChunks } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import { onceUnclaimed, processObject } from "./foreground.ts";
import { land } from "./land.ts";

/** The function of what lands. */
const LANDED: FunctionId = "bronzeToSilver";

/**
 * Lands a batch as `bronze/<name>` and processes it to gold. A new one is read once: what the stages read goes up to
 * bronze on its way, and no output is published before bronze is. Whatever goes wrong in that pass, bronze is landed to
 * its end and processed as any other object; so is a name that is taken.
 *
 * `size` is that of what comes, where it is known. Throws what {@link land} throws, and what `pull` does: then nothing has landed.
 */
export async function ingestBatch(
  context: ProcessContext,
  name: string,
  pull: Pull,
  overwrite: boolean,
  size?: number,
): Promise<BatchResult> {
  const started = context.now();
  const key = `${BRONZE}${name}`;
  // Before it lands: a run or a watch beside this would begin with it at once.
  const result = await onceUnclaimed(context, key, () => landAndProcess(context, name, pull, overwrite, size));
  return { ...result, durationMs: context.now() - started };
}

async function landAndProcess(
  context: ProcessContext,
  name: string,
  pull: Pull,
  overwrite: boolean,
  size: number | undefined,
) {
  const { storage } = context;
  const key = `${BRONZE}${name}`;
  const before = await storage.head(key);
  const isNew = before === null && !(await hasReceipts(storage, key));
  const object = isNew ? await inOnePass(context, key, pull, size) : await land(storage, name, pull, overwrite, before);
  return "outcome" in object ? object : processObject(context, LANDED, object);
}

/** Of a former object of this key: what was made of that one has to be looked at first. */
async function hasReceipts(storage: LakeStorage, key: string): Promise<boolean> {
  return (await readReceipts(storage, topology.functions[LANDED].name, key)).length > 0;
}

/** The result; or the object, where it landed and the rest is still to do. */
async function inOnePass(
  context: ProcessContext,
  key: string,
  pull: Pull,
  size: number | undefined,
): Promise<BatchResult | ObjectInfo> {
  const landing = { ...(await createLanding(context.storage, key, pull, size)), size };
  try {
    try {
      return await processLanding(context, LANDED, landing);
    } catch {
      // Whatever it was: if it is not the landing itself, it comes again.
      return await landing.finish();
    }
  } finally {
    await landing.abort();
  }
}

/** What comes in, teed: whoever pulls it writes it to bronze on its way, which is complete when nothing follows. */
async function createLanding(
  storage: LakeStorage,
  key: string,
  pull: Pull,
  size: number | undefined,
): Promise<Landing & Abortable> {
  const writer = await storage.create(key, { size });
  let landed: ObjectInfo | null = null;
  let failure: { readonly error: unknown } | null = null;

  /** Keeps what the source or bronze fails with: it cannot be told from the stages' own errors otherwise. */
  async function kept<T>(work: () => Promise<T>): Promise<T> {
    if (failure !== null) throw failure.error;
    try {
      return await work();
    } catch (error) {
      failure = { error };
      throw error;
    }
  }

  async function took(into: Uint8Array, pulled: number | Promise<number>): Promise<number> {
    const length = await pulled;
    if (length > 0) await writer.write(into.subarray(0, length));
    else landed ??= await writer.commit({ ifToken: null });
    return length;
  }

  async function next(into: Uint8Array): Promise<number> {
    return landed === null ? kept(async () => took(into, pull(into))) : 0;
  }

  return {
    key,
    pull: next,
    digest: writer.digest?.bind(writer),
    object() {
      if (landed === null) throw new Error(`"${key}" is still landing`);
      return landed;
    },
    async finish() {
      for await (const _ of pullChunks({ pull: next }));
      if (landed === null) throw new Error(`"${key}" was read and has not landed`);
      return landed;
    },
    isJustSeen: () => landed !== null,
    abort: () => writer.abort(),
  };
}

interface Abortable {
  /** Harmless once it has landed. */
  abort(): Promise<void>;
}
