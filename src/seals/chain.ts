import { createHash, type KeyObject, sign, verify } from "node:crypto";
import { inBatches, mapBounded } from "../bounded.ts";
import { hasCode } from "../errors.ts";
import type { OutputRecord } from "../ledger/receipts.ts";
import { areNumbers, areStrings, isRecord } from "../ledger/shapes.ts";
import { readText } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { SEALS, sealKey, sealNumber } from "./names.ts";

/** What is wrong with the ledger when it is sealed, and was sealed all the same because somebody said so. */
interface Accepted {
  readonly removed: number;
  readonly rewritten: number;
  /** Their keys, the first thousand of them. */
  readonly keys: readonly string[];
}

/** A statement of what receipts and dead letters there are. */
export interface Seal {
  readonly version: 1;
  /** From 1 on, without a gap. */
  readonly number: number;
  /** SHA-256 of all bytes of the seal before it; null for the first. */
  readonly previous: string | null;
  /** When it was begun, ISO 8601, UTC: the ledger was so then or later. */
  readonly time: string;
  /** The version of vantageflow that wrote it. */
  readonly code: string;
  /** How many receipts and dead letters. */
  readonly entries: number;
  /** Where they are named, each with the SHA-256 of its bytes. */
  readonly manifest: OutputRecord;
  /** Null where nothing was wrong. */
  readonly accepted: Accepted | null;
}

/** A seal as it stands in the lake. */
export interface Link {
  readonly seal: Seal;
  readonly key: string;
  /** SHA-256 of all its bytes, lower-case hex: whoever keeps it elsewhere has all that was sealed until then. */
  readonly digest: string;
  readonly isSigned: boolean;
}

export interface SealChain {
  readonly newest: Link | null;
  readonly length: number;
  /** What is wrong with it, one line each. */
  readonly problems: readonly string[];
  /** Seals that were made over what was wrong. */
  readonly accepted: readonly Seal[];
}

interface Checks {
  /** Ed25519: the newest seal has to be signed with its other half, and of those before it each that is signed. */
  readonly publicKey?: KeyObject | null | undefined;
  /** Digests of seals that were kept elsewhere: the chain has to have them. */
  readonly kept?: readonly string[] | undefined;
}

/** Problems that are told; where there are more, the first tell enough. */
const MAX_PROBLEMS = 100;
const READ_AT_ONCE = 16;

/** Reads the chain from its beginning, in constant memory but for what is wrong with it. Throws `storage_failed`. */
export async function readChain(
  storage: LakeStorage,
  { publicKey = null, kept = [] }: Checks = {},
): Promise<SealChain> {
  const problems: string[] = [];
  const accepted: Seal[] = [];
  const tell = (problem: string) => void (problems.length < MAX_PROBLEMS && problems.push(problem));
  const missing = new Set(kept);
  let [newest, length] = [null as Link | null, 0];
  for await (const { key, number, text } of textsIn(storage)) {
    const read = text === null ? null : linkIn(key, text);
    if (text === null || read === null || read.link.seal.number !== number) {
      tell(`${key} is no seal`);
      length = number;
      continue;
    }
    const { link, body, signature } = read;
    for (let gap = length + 1; gap < number && problems.length < MAX_PROBLEMS; gap++) {
      tell(`${sealKey(gap)} is gone`);
    }
    const isNext = length + 1 === number && (newest?.seal.number ?? 0) === length;
    if (isNext && link.seal.previous !== (newest?.digest ?? null)) {
      const before = newest === null ? "is the first and names one before it" : `does not follow on ${newest.key}`;
      tell(`${key} ${before}: one of them was changed`);
    }
    if (publicKey !== null && signature !== null && !verify(null, Buffer.from(body, "utf8"), publicKey, signature)) {
      tell(`the signature of ${key} does not hold`);
    }
    missing.delete(link.digest);
    if (link.seal.accepted !== null) accepted.push(link.seal);
    newest = link;
    length = number;
  }
  if (publicKey !== null && newest !== null && !newest.isSigned) tell(`${newest.key}, the newest seal, is not signed`);
  for (const digest of missing) tell(`no seal has the digest ${digest}, which was kept: it was removed or changed`);
  return { newest, length, problems, accepted };
}

/** What stands where seals do, in the order of their numbers, read side by side. */
async function* textsIn(storage: LakeStorage) {
  for await (const objects of inBatches(storage.list(SEALS), READ_AT_ONCE)) {
    yield* await mapBounded(
      objects.flatMap(({ key }) => {
        const number = sealNumber(key);
        return number === null ? [] : [{ key, number }];
      }),
      READ_AT_ONCE,
      async (one) => ({ ...one, text: await textOf(storage, one.key) }),
    );
  }
}

/** Null for what is gone or larger than a seal is. */
async function textOf(storage: LakeStorage, key: string): Promise<string | null> {
  try {
    return await readText(storage, key);
  } catch (error) {
    if (hasCode(error, "not_found", "input_invalid")) return null;
    throw error;
  }
}

/** The bytes of a seal: a line that says it, and one with the signature of that line where there is a key. */
export function sealText(seal: Seal, privateKey: KeyObject | null): string {
  const body = JSON.stringify(seal);
  if (privateKey === null) return `${body}\n`;
  return `${body}\n${JSON.stringify({ ed25519: sign(null, Buffer.from(body, "utf8"), privateKey).toString("base64") })}\n`;
}

/** A seal by its text; null for what is none. */
export function linkIn(
  key: string,
  text: string,
): { readonly link: Link; readonly body: string; readonly signature: Buffer | null } | null {
  const [body = "", second = "", ...rest] = text.split("\n");
  const seal = jsonIn(body);
  const signed = second === "" ? null : jsonIn(second);
  const isWhole = second === "" ? rest.length === 0 : rest.length === 1 && rest[0] === "";
  if (!isWhole || !isSeal(seal) || !(signed === null || (isRecord(signed) && typeof signed.ed25519 === "string"))) {
    return null;
  }
  const signature = second === "" ? null : Buffer.from(String((signed as { ed25519: unknown }).ed25519), "base64");
  const digest = createHash("sha256").update(text, "utf8").digest("hex");
  return { link: { seal, key, digest, isSigned: signature !== null }, body, signature };
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isSeal(value: unknown): value is Seal {
  if (!isRecord(value) || value.version !== 1) return false;
  const { number, previous, time, code, entries, manifest, accepted } = value;
  const isManifest = isRecord(manifest) && areStrings(manifest.key, manifest.sha256) && areNumbers(manifest.size);
  const isAccepted =
    accepted === null ||
    (isRecord(accepted) &&
      areNumbers(accepted.removed, accepted.rewritten) &&
      Array.isArray(accepted.keys) &&
      areStrings(...accepted.keys));
  return (
    areNumbers(number, entries) &&
    areStrings(time, code) &&
    Number.isFinite(Date.parse(String(time))) &&
    (previous === null || typeof previous === "string") &&
    isManifest &&
    isAccepted
  );
}
