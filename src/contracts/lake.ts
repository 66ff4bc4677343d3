import { VantageflowError } from "../errors.ts";
import { BRONZE } from "../ledger/layers.ts";
import { readSources, type StoredContract, sourcesSince } from "../ledger/sources.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { BUILT_IN, type Terms } from "../pipeline/terms.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { ReadableContract } from "./readable.ts";

/** Contracts that were read, by their version in a lake. */
const READ = new WeakMap<StoredContract, Promise<ReadableContract>>();

interface TermsContext {
  readonly storage: LakeStorage;
  readonly settings: PipelineSettings;
  /** The script of threads that make rows of large sources; absent where there is one core, or nobody waits. */
  readonly threads?: URL | undefined;
  /** An instant of `ledger/sources.ts`: a listing of contracts that others have made since then will do. Absent: none will. */
  readonly listedSince?: number | undefined;
}

/**
 * How a batch of this key is read and judged, by what the lake says now; by the built-in contract where nothing there claims
 * it, and what is not in bronze. Throws `contract_missing` for what waits, `contract_invalid` for a contract that is wrong.
 */
export async function termsFor(context: TermsContext, key: string): Promise<Terms> {
  if (!key.startsWith(BRONZE)) return BUILT_IN;
  const { storage, settings, threads, listedSince } = context;
  const sources = await (listedSince === undefined ? readSources(storage) : sourcesSince(storage, listedSince));
  const found = sources.readBy(key);
  if ("nobody" in found) {
    throw new VantageflowError("contract_missing", `${cannotProcess(key)}${found.nobody}.`, { key });
  }
  if (found.contract === null) return BUILT_IN;
  return (await readStored(found.contract)).terms(settings, threads);
}

/** Why nobody reads the batch of a key, by the `contract_missing` that {@link termsFor} throws: what a listing says of it. */
export function whyUnread(key: string, { message }: VantageflowError): string {
  return message.slice(cannotProcess(key).length, -".".length);
}

function cannotProcess(key: string): string {
  return `Cannot process "${key}": `;
}

/** A contract of the lake in full. Throws `contract_invalid`. */
export function readStored(stored: StoredContract): Promise<ReadableContract> {
  const known = READ.get(stored);
  if (known !== undefined) return known;
  const read = readWhole(stored);
  READ.set(stored, read);
  read.catch(() => READ.delete(stored));
  return read;
}

/** Digests of contracts as they lie in a lake. */
const DIGESTS = new WeakMap<StoredContract, Promise<string | null>>();

/** The digest of a contract of the lake, as receipts name it, whether or not it is in order; null for what is no JSON. */
export function digestOfStored(stored: StoredContract): Promise<string | null> {
  const known = DIGESTS.get(stored) ?? digestOfWhole(stored);
  DIGESTS.set(stored, known);
  return known;
}

async function digestOfWhole({ text }: StoredContract): Promise<string | null> {
  const { digestOfText } = await import("./text-digest.ts");
  return digestOfText(text);
}

/** What reads contracts is loaded where there is one. */
async function readWhole({ text, object }: StoredContract): Promise<ReadableContract> {
  const { readableContract } = await import("./readable.ts");
  return readableContract(text, object.key);
}
