import { parse } from "csv-parse/sync";
import { processObject } from "../../src/engine/foreground.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import type { PipelineSettings } from "../../src/pipeline/settings.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const SUFFIXES = { csv: ".csv", json: ".json", ndjson: ".ndjson", senml: ".json", influx: ".lp" };

/** A contract of all of bronze, of which nobody needs to say what it is called. */
export function contractOf(one: {
  readonly format: { readonly type: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}): string {
  const suffix = SUFFIXES[one.format.type as keyof typeof SUFFIXES];
  return JSON.stringify({ version: 1, name: "proof", prefix: "bronze/", suffixes: [suffix], ...one });
}

/** A reject as its file tells it. */
interface ToldReject {
  readonly line: string;
  readonly byte_offset: string;
  readonly reason: string;
  readonly row: string;
}

/** What the stages make of a source by a contract, in a lake of its own: texts as they are written. */
export async function madeBy(
  contract: string,
  source: string | Uint8Array,
  settings: Partial<PipelineSettings> = {},
  seenBy: (storage: LakeStorage) => LakeStorage = (storage) => storage,
) {
  const { name, prefix, suffixes } = JSON.parse(contract);
  const context = createLake(settings);
  const { storage } = context;
  const read = { ...context, storage: seenBy(storage) };
  await put(storage, contractKey(name), contract);
  const key = `${prefix}source${suffixes[0]}`;
  await put(storage, key, source);
  const object = await storage.head(key);
  if (object === null) throw new Error("what was put is there");
  const { error, rows } = await processObject(read, "bronzeToSilver", object);
  const keys = outputKeys(key);
  const [silver, anomalies, rejects, gold] = await Promise.all(
    [keys.silver, keys.anomalies, keys.rejects, keys.gold].map((one) => textOf(storage, one)),
  );
  const [receipt] = await readReceipts(storage, "vantageflow-process-iot", key);
  return {
    ...{ error, rows, silver, anomalies, rejects, gold, split: receipt?.split },
    letters: await keysOf(storage, "dead-letter/"),
    told: parse(rejects ?? "", { columns: true, relax_quotes: false }) as ToldReject[],
  };
}

/** The lines of a text behind its header, without line ends. */
export function rowsOf(text: string | null): string[] {
  return (text ?? "").split("\n").slice(1, -1);
}
