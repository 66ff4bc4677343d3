import { hasCode, VantageflowError } from "../errors.ts";
import { removeReceipts } from "../ledger/receipts.ts";
import { copyObject } from "../storage/copy.ts";
import { digestOf, sha256Of } from "../storage/objects.ts";
import type {
  LakeStorage,
  LakeVersions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  ObjectVersion,
} from "../storage/port.ts";
import { FUNCTION_IDS, matches, topology } from "../topology.ts";
import { whyNoVersion } from "./traces.ts";

/** So many versions are named in an error. */
const MAX_NAMED = 5;

/** Which version: by its id, or the one that was current at a time (milliseconds since the epoch). */
export type Wanted = { readonly versionId: string } | { readonly at: number };

export interface Restored {
  readonly key: string;
  /** `unchanged`: the current version has these very bytes, and nothing was written. */
  readonly outcome: "restored" | "unchanged";
  /** The version whose bytes are current now. */
  readonly version: ObjectVersion;
  /** The current object. */
  readonly object: ObjectInfo;
}

/**
 * Writes the bytes of an older version as a new current one, with the lineage that they had: history is never rewritten
 * (S3 user guide, "Restoring previous versions"). Compared and swapped with the version that is current now, and read back.
 * What a function processes is work for it again.
 *
 * Throws `not_found` when there is no such version (the message names those that there are), `conflict` when somebody
 * else writes the object meanwhile, `storage_failed` when the bytes are no longer those that were written.
 */
export async function restore(
  storage: LakeStorage,
  versions: LakeVersions,
  key: string,
  wanted: Wanted,
): Promise<Restored> {
  const known = await versions.versions(key);
  const current = await storage.head(key);
  if (known.every(({ deleted }) => deleted)) {
    const why = `${await whyNoVersion(storage, versions, key, known)}. Check the key, or look for it in a backup`;
    throw refuse(key, why);
  }
  const version = chooseVersion(key, known, wanted);
  if ("at" in wanted) await assertUnbroken(versions, key, version, wanted.at, known);
  if (current !== null && (version.current || (await holdsBytesOf(storage, versions, current, version)))) {
    return { key, outcome: "unchanged", version, object: withoutMetadata(current) };
  }
  const reader = await openVersion(versions, key, version.versionId);
  try {
    await forget(storage, key);
    return {
      key,
      outcome: "restored",
      version,
      object: await copyObject(reader, storage, key, current?.token ?? null),
    };
  } finally {
    await reader.close();
  }
}

/**
 * A bucket gives the same bytes the same token, and so the receipt that they had, though their outputs may have expired.
 * Before the write: killed in between, the object that is there is only done once more.
 */
async function forget(storage: LakeStorage, key: string): Promise<void> {
  for (const id of FUNCTION_IDS) {
    const { name, startedBy } = topology.functions[id];
    if (matches(startedBy, key)) await removeReceipts(storage, name, key);
  }
}

/** The version that is wanted, of those there are, newest first. Throws `not_found`. */
function chooseVersion(key: string, known: readonly ObjectVersion[], wanted: Wanted): ObjectVersion {
  if ("versionId" in wanted) {
    const version = known.find(({ versionId }) => versionId === wanted.versionId);
    if (version === undefined) throw refuse(key, `it has no version ${wanted.versionId}`, known);
    if (version.deleted) throw refuse(key, `${wanted.versionId} only says that it was removed then`, known);
    return version;
  }
  const version = known.find(({ time }) => time <= wanted.at);
  const when = new Date(wanted.at).toISOString();
  if (version === undefined) throw refuse(key, `there was none at ${when}, or it is not kept`, known);
  if (version.deleted) throw refuse(key, `it was removed ${iso(version.time)}, so there was none at ${when}`, known);
  return version;
}

/** A version that was replaced before the time is not the one of then: that one was purged since. Throws `not_found`. */
async function assertUnbroken(
  versions: LakeVersions,
  key: string,
  version: ObjectVersion,
  at: number,
  known: readonly ObjectVersion[],
): Promise<void> {
  if (version.current) return;
  for await (const retained of versions.retained(key)) {
    if (retained.key !== key || retained.versionId !== version.versionId || retained.replaced > at) continue;
    throw refuse(key, `the version of ${new Date(at).toISOString()} is no longer kept`, known);
  }
}

async function holdsBytesOf(
  storage: LakeStorage,
  versions: LakeVersions,
  current: ObjectHead,
  version: ObjectVersion,
): Promise<boolean> {
  if (current.size !== version.size) return false;
  const reader = await openVersion(versions, current.key, version.versionId);
  try {
    return (await digestOf(reader)) === (await sha256Of(storage, current.key));
  } finally {
    await reader.close();
  }
}

async function openVersion(versions: LakeVersions, key: string, versionId: string): Promise<ObjectReader> {
  try {
    return await versions.readVersion(key, versionId);
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    throw refuse(key, `version ${versionId} was purged just now. See vantageflow versions ${key}`);
  }
}

function withoutMetadata({ metadata: _, ...info }: ObjectHead): ObjectInfo {
  return info;
}

function refuse(key: string, why: string, known?: readonly ObjectVersion[]): VantageflowError {
  const advice = known === undefined ? "" : `. ${namesOf(known)}See vantageflow versions ${key}`;
  return new VantageflowError("not_found", `Cannot restore "${key}": ${why}${advice}.`, { key });
}

function namesOf(known: readonly ObjectVersion[]): string {
  const kept = known.filter(({ deleted }) => !deleted);
  const names = kept.slice(0, MAX_NAMED).map(({ versionId, time }) => `${versionId} of ${iso(time)}`);
  const more = kept.length > MAX_NAMED ? ` and ${kept.length - MAX_NAMED} older` : "";
  return `There ${kept.length === 1 ? "is" : "are"} ${names.join(", ")}${more}. `;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
