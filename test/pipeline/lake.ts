import { processObject } from "../../src/engine/foreground.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { draftReceipt, type Receipt } from "../../src/ledger/receipts.ts";
import { DEFAULT_SETTINGS, type PipelineSettings } from "../../src/pipeline/settings.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";

/** A lake (in memory unless another is given) with a fixed clock, for tests of what becomes of bytes. */
export function createLake(
  settings: Partial<PipelineSettings> = {},
  storage: LakeStorage = createMemoryStorage(),
): ProcessContext {
  return { storage, settings: { ...DEFAULT_SETTINGS, ...settings }, code: "test", now: () => 0 };
}

export async function put(storage: LakeStorage, key: string, content: string | Uint8Array): Promise<void> {
  const writer = await storage.create(key);
  try {
    await writer.write(typeof content === "string" ? Buffer.from(content) : content);
    await writer.commit();
  } finally {
    await writer.abort();
  }
}

/** The object's bytes, or null where there is none. */
export async function bytesOf(storage: LakeStorage, key: string): Promise<Buffer | null> {
  const head = await storage.head(key);
  if (head === null) return null;
  const reader = await storage.read(key);
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const pulled = await reader.pull(chunk);
    if (pulled === 0) break;
    chunks.push(chunk.subarray(0, pulled));
  }
  await reader.close();
  return Buffer.concat(chunks);
}

export async function textOf(storage: LakeStorage, key: string): Promise<string | null> {
  return (await bytesOf(storage, key))?.toString("utf8") ?? null;
}

export async function keysOf(storage: LakeStorage, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

/** What became of one bronze file. */
export interface Outcome {
  readonly result: BatchResult;
  readonly silver: string | null;
  readonly anomalies: string | null;
  readonly rejects: string | null;
  readonly gold: string | null;
  readonly deadLetters: string[];
  readonly receipts: string[];
}

/** Puts the bytes into bronze and runs them to gold. */
export async function process(
  content: string | Uint8Array,
  {
    key = "bronze/b.csv",
    settings = {},
    storage: given,
  }: { key?: string; settings?: Partial<PipelineSettings>; storage?: LakeStorage } = {},
): Promise<Outcome> {
  const lake = createLake(settings, given);
  const { storage } = lake;
  await put(storage, key, content);
  const head = await storage.head(key);
  if (head === null) throw new Error("bronze was just written");
  const result = await processObject(lake, "bronzeToSilver", head);
  const path = key.slice("bronze/".length);
  return {
    result,
    silver: await textOf(storage, `silver/${path}`),
    anomalies: await textOf(storage, `anomalies/${path}`),
    rejects: await textOf(storage, `anomalies/${path.replace(/\.csv$/, ".rejects.csv")}`),
    gold: await textOf(storage, `gold/${path}`),
    deadLetters: await keysOf(storage, "dead-letter/"),
    receipts: await keysOf(storage, "receipts/vantageflow-"),
  };
}

/** Writes a receipt as it is, whatever is there. */
export async function writeReceipt(storage: LakeStorage, receipt: Receipt): Promise<void> {
  await (await draftReceipt(storage, receipt)).writer.commit();
}
