import { run } from "../../src/engine/run.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { sealLedger } from "../../src/seals/seal.ts";
import { verifyLedger } from "../../src/seals/verify.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, put } from "../pipeline/lake.ts";

export const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
export const row = (value: number) => `2025-01-01T00:00:00Z,A,${value},C,0.1\n`;
export const REFUSED = "no header\n";

/** A lake whose clock is a second further each time that it is asked, and how it is sealed and verified. */
export function sealedLake(lake: ProcessContext = createLake()) {
  let time = 0;
  const now = () => {
    time += 1000;
    return time;
  };
  const context = { ...lake, now };
  return {
    context,
    storage: context.storage,
    now,
    passes: (ms: number) => {
      time += ms;
    },
    async lands(path: string, content: string, options = {}): Promise<void> {
      await put(context.storage, `bronze/${path}`, content);
      await run(context, { concurrency: 1, ...options });
    },
    seal: (options: Partial<Parameters<typeof sealLedger>[0]> = {}) =>
      sealLedger({
        ...{ storage: context.storage, now: now(), code: "1.0.0", privateKey: null, accept: false, concurrency: 4 },
        ...options,
      }),
    verify: (options: Partial<Parameters<typeof verifyLedger>[0]> = {}) =>
      verifyLedger({ storage: context.storage, now: now(), concurrency: 4, ...options }),
  };
}

export type SealedLake = ReturnType<typeof sealedLake>;

/** Three batches, one of them refused. */
export async function threeBatches(lake: SealedLake): Promise<void> {
  for (const [path, content] of Object.entries({
    "a.csv": HEADER + row(1),
    "deep/b.csv": HEADER + row(2),
    "c.csv": REFUSED,
  }))
    await lake.lands(path, content);
}

export async function keysUnder(storage: LakeStorage, ...prefixes: readonly string[]): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of prefixes) for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}
