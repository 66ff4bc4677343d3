import { parse } from "csv-parse/sync";
import { processObject } from "../../src/engine/foreground.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { createLake, put, textOf } from "../pipeline/lake.ts";

/** A reading as the cases list it: time cut to milliseconds, device, value, unit. */
export type Listed = readonly [time: string, device: string, value: string, unit: string];

/** Readings of CSV with the data contract's columns, in an order of their own: what is silver and what is not does not count. */
export function listed(...texts: readonly (string | null)[]): Listed[] {
  return texts
    .flatMap((text) => parse(text ?? "", { columns: true, bom: true }) as Record<string, string>[])
    .map(({ timestamp, device_id, value, unit }): Listed => [millis(timestamp), device_id, value, unit])
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** The cases cut what is finer. */
function millis(timestamp: string): string {
  const [, front, digits = ""] = /^(.*?:\d\d)(?:\.(\d+))?Z$/.exec(timestamp) ?? [timestamp, timestamp];
  return `${front}.${digits.padEnd(3, "0").slice(0, 3)}Z`;
}

/** What a contract makes of a source, in a lake of its own. */
export async function readBy(contract: string, source: Uint8Array) {
  const { name, prefix, suffixes = [".csv"] } = JSON.parse(contract);
  const context = createLake();
  const { storage } = context;
  await put(storage, contractKey(name), contract);
  const key = `${prefix}source${suffixes[0]}`;
  await put(storage, key, source);
  const object = await storage.head(key);
  if (object === null) throw new Error("what was put is there");
  const { error } = await processObject(context, "bronzeToSilver", object);
  const keys = outputKeys(key);
  const [silver, anomalies, rejects] = await Promise.all(
    [keys.silver, keys.anomalies, keys.rejects].map((one) => textOf(storage, one)),
  );
  const [receipt] = await readReceipts(storage, "vantageflow-process-iot", key);
  return { error, rejects, readings: listed(silver, anomalies), split: receipt?.split };
}
