import { VantageflowError } from "../errors.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { openText } from "../pipeline/source.ts";
import { BUILT_IN, type Terms } from "../pipeline/terms.ts";
import { encodingOf } from "./charset/encodings.ts";
import { isOfDataContract } from "./checks/reading.ts";
import { type Parsed, parseContract } from "./contract.ts";
import { judgeOf } from "./contract-judge.ts";
import { contractDigest } from "./digest.ts";
import { isNamedZone } from "./fields/clock.ts";
import { loadZones, type ZoneRules } from "./fields/zones.ts";
import type { KnownNames } from "./known.ts";
import { problemText } from "./problem.ts";
import type { Contract } from "./vocabulary.ts";

/** A contract that sources can be read by. */
export interface ReadableContract {
  readonly contract: Contract;
  readonly digest: string;
  /** As it was written. */
  readonly text: string;
  /** The rules of the named zone that it is judged by; null where it names none. */
  readonly zones: ZoneRules | null;
  /** How a batch is read by it; of a large one rows are made in a thread of their own, where there is a script for that. */
  terms(settings: PipelineSettings, threads?: URL): Terms;
}

/** What this version knows of zones and encodings. */
export async function loadKnown(): Promise<KnownNames & { readonly zones: ZoneRules }> {
  return { zones: await loadZones(), isEncoding };
}

function isEncoding(name: string): boolean {
  return encodingOf(name) !== null;
}

/** Reads a contract of any origin by that. Never throws. The rules of zones are loaded where one is named. */
export async function parseKnown(text: string): Promise<Parsed & { readonly zones: ZoneRules | null }> {
  const unzoned = parseContract(text, { zones: null, isEncoding });
  if (unzoned.contract !== null) return { ...unzoned, zones: null };
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
  const opener = isPlain ? null : await openerOf(contract, zones);
  const source = isPlain ? BUILT_IN.source : contractDigest(JSON.parse(JSON.stringify({ format, reading, suffixes })));
  const name = { name: contract.name, digest, ...(isZoned && zones !== null ? { tz: zones.version } : {}) };
  return {
    contract,
    digest,
    text,
    zones,
    terms: (settings, threads) => ({
      source,
      openRows: opener === null ? openText : opener(settings.maxRowBytes, threads),
      contract: name,
      judge: judgeOf(contract, settings.anomalyThreshold),
    }),
  };
}

/** What cuts and makes rows is loaded where a contract is of rows of its own. */
async function openerOf(contract: Contract, zones: ZoneRules | null) {
  const { openerFor } = await import("./opener.ts");
  return openerFor(contract, zones);
}
