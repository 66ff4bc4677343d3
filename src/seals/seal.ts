import { type KeyObject, randomUUID } from "node:crypto";
import { hasCode, messageOf, VantageflowError } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type Link, linkIn, readChain, type Seal, sealText } from "./chain.ts";
import { type Compared, compareLedger, type LedgerChange } from "./compare.ts";
import { type SealedEntry, writeManifest } from "./manifest.ts";
import { manifestKey, manifestNumber, manifestsOf, SEALS, sealKey } from "./names.ts";
import { isWrong, type LedgerOptions, MAX_FINDINGS, noCounts } from "./verify.ts";

interface SealOptions extends LedgerOptions {
  /** The version of vantageflow. */
  readonly code: string;
  /** Ed25519; null for a seal without a signature. */
  readonly privateKey: KeyObject | null;
  /** Seal although receipts were removed or rewritten since the last seal. */
  readonly accept: boolean;
}

export interface Sealed {
  /** Null where it was refused or stopped. */
  readonly link: Link | null;
  /** What is wrong with the chain or with the newest manifest: then nothing was sealed, whatever is accepted. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<LedgerChange, number>>;
  /** What was removed and rewritten since the last seal, ten thousand at most: nothing was sealed, unless it is accepted. */
  readonly wrong: readonly Compared[];
}

/** Whoever loses a race looks at the chain anew, and follows on the seal of the other. */
const ATTEMPTS = 5;
/** Keys that a seal names which was made over them. */
const MAX_ACCEPTED = 1000;

/**
 * Writes the next seal of the chain: what receipts and dead letters there are, those that are not new with the digests of the last
 * seal. Refused where the chain is broken or where what was sealed was removed or rewritten. Killed at any moment it leaves the chain
 * as it was, or with the new seal. Throws `conflict` where other sealers are faster each time, and `storage_failed`.
 */
export async function sealLedger(options: SealOptions): Promise<Sealed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sealOnce(options);
    } catch (error) {
      if (!hasCode(error, "conflict") || attempt === ATTEMPTS) throw error;
    }
  }
}

async function sealOnce(options: SealOptions): Promise<Sealed> {
  const { storage, now, code, accept } = options;
  const { newest, problems } = await readChain(storage);
  const counts = noCounts();
  const wrong: Compared[] = [];
  if (problems.length > 0) return { link: null, problems, counts, wrong };
  const number = (newest?.seal.number ?? 0) + 1;
  let stopped = false;
  async function* entries(): AsyncGenerator<SealedEntry, void, undefined> {
    for await (const one of compareLedger({ ...options, newest, onlyNew: true })) {
      counts[one.change]++;
      if (isWrong(one) && wrong.length < MAX_FINDINGS) wrong.push(one);
      stopped = options.stopped?.() === true;
      // Nobody will name it.
      if (stopped) return;
      if (one.entry !== null) yield one.entry;
    }
  }
  const written = await writeManifest(storage, manifestKey(number, randomUUID()), entries()).catch((error: unknown) => {
    if (!hasCode(error, "input_invalid", "not_found")) throw error;
    return messageOf(error);
  });
  if (typeof written === "string") return { link: null, problems: [written], counts: noCounts(), wrong: [] };
  const { entries: count, ...manifest } = written;
  const isLeft = wrong.length > 0 && !accept;
  if (isLeft || stopped) {
    await storage.remove(manifest.key);
    return { link: null, problems, counts, wrong };
  }
  const accepted = {
    removed: counts.removed,
    rewritten: counts.rewritten,
    keys: wrong.slice(0, MAX_ACCEPTED).map(({ key }) => key),
  };
  const seal: Seal = {
    version: 1,
    number,
    previous: newest?.digest ?? null,
    time: new Date(now).toISOString(),
    code,
    entries: count,
    manifest,
    accepted: wrong.length > 0 ? accepted : null,
  };
  const link = await writeSeal(storage, seal, options.privateKey);
  await removeOldManifests(storage, number, [manifest.key, newest?.seal.manifest.key ?? ""]);
  return { link, problems, counts, wrong };
}

/** Throws `conflict` where there is a seal of this number already. */
async function writeSeal(storage: LakeStorage, seal: Seal, privateKey: KeyObject | null): Promise<Link> {
  const key = sealKey(seal.number);
  const text = sealText(seal, privateKey);
  const writer = await storage.create(key);
  try {
    await writer.write(Buffer.from(text, "utf8"));
    await writer.commit({ ifToken: null });
  } catch (error) {
    if (hasCode(error, "conflict")) await storage.remove(seal.manifest.key);
    throw error;
  } finally {
    await writer.abort();
  }
  const read = linkIn(key, text);
  if (read === null) throw new VantageflowError("input_invalid", `Cannot seal "${key}": what was written is no seal.`);
  return read.link;
}

/**
 * The newest seal is compared with, and whoever reads the chain just now may still compare with the one before it; the manifests of
 * others have done their work, as have those of sealers that were killed or too slow. One of a later number is somebody's at work.
 */
async function removeOldManifests(storage: LakeStorage, number: number, kept: readonly string[]): Promise<void> {
  for await (const { key } of storage.list(SEALS, { after: manifestsOf(0) })) {
    const of = manifestNumber(key);
    if (of !== null && of <= number && !kept.includes(key)) await storage.remove(key);
  }
}
