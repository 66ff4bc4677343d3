import { VantageflowError } from "../errors.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { type OpenRows, openText } from "../pipeline/source.ts";
import { BUILT_IN, type Terms } from "../pipeline/terms.ts";
import { encodingOf } from "./charset/encodings.ts";
import { isOfDataContract } from "./checks/reading.ts";
import { type Parsed, parseContract } from "./contract.ts";
import { judgeOf } from "./contract-judge.ts";
import { contractDigest } from "./digest.ts";
import { isNamedZone } from "./fields/clock.ts";
import { loadZones, type ZoneRules } from "./fields/zones.ts";
import type { KnownNames } from "./known.ts";
import { openContract } from "./open.ts";
import { problemText } from "./problem.ts";
import { openInThread } from "./threads/open.ts";
import type { Contract } from "./vocabulary.ts";

/** A contract that sources can be read by. */
export interface ReadableContract {
  readonly contract: Contract;
  readonly digest: string;
  /** As it was written. */
  readonly text: string;
  /** The rules of named zones that it is judged by. */
  readonly zones: ZoneRules;
  /** How a batch is read by it; of a large one rows are made in a thread of their own, where there is a script for that. */
  terms(settings: PipelineSettings, threads?: URL): Terms;
}

/** What this version knows of zones and encodings. */
export async function loadKnown(): Promise<KnownNames & { readonly zones: ZoneRules }> {
  return { zones: await loadZones(), isEncoding: (name) => encodingOf(name) !== null };
}

/** Reads a contract of any origin by that. Never throws. */
export async function parseKnown(text: string): Promise<Parsed & { readonly zones: ZoneRules }> {
  const known = await loadKnown();
  return { ...parseContract(text, known), zones: known.zones };
}

/** Throws `contract_invalid` with every problem; `from` is where it came from, for messages. */
export async function readableContract(text: string, from: string): Promise<ReadableContract> {
  const parsed = await parseKnown(text);
  if (parsed.contract === null) {
    const lines = parsed.problems.map((one) => `\n  ${problemText(one)}`).join("");
    throw new VantageflowError("contract_invalid", `Cannot use the contract "${from}":${lines}`, { key: from });
  }
  const { contract, digest, zones } = parsed;
  const { timestamp } = contract.reading;
  const isZoned = timestamp !== undefined && isNamedZone(timestamp.zone);
  const isPlain = isOfDataContract(contract.format, contract.reading);
  const { format, reading, suffixes } = contract;
  const rowsOf = (maxRowBytes: number, threads: URL | undefined): OpenRows => {
    const open = openContract({ contract, zones, maxRowBytes });
    return threads === undefined ? open : openInThread({ script: threads, contract, text, from, maxRowBytes }, open);
  };
  const source = isPlain ? BUILT_IN.source : contractDigest(JSON.parse(JSON.stringify({ format, reading, suffixes })));
  const name = { name: contract.name, digest, ...(isZoned ? { tz: zones.version } : {}) };
  return {
    contract,
    digest,
    text,
    zones,
    terms: (settings, threads) => ({
      source,
      openRows: isPlain ? openText : rowsOf(settings.maxRowBytes, threads),
      contract: name,
      judge: judgeOf(contract, settings.anomalyThreshold),
    }),
  };
}
