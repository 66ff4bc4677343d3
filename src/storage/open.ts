import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { keyProblem } from "./keys.ts";
import { createLazyStorage } from "./lazy.ts";
import { createLocalStorage } from "./local.ts";
import type { LakeStorage, LakeVersions } from "./port.ts";

/**
 * Opens the lake of a directory, a file: URL or `s3://bucket[/prefix]`: the only place that chooses an adapter. A bucket
 * is connected by its first use. Throws `usage`.
 */
export function openStorage(url: string): LakeStorage {
  if (!isS3(url)) return createLocalStorage({ root: directoryOf(url), url });
  const place = parseS3Url(url);
  return createLazyStorage(url, async () => {
    const { createS3Client, createS3Storage } = await s3();
    const client = await createS3Client();
    const close = async () => client.destroy();
    return { ...createS3Storage({ client, ...place, url }), close };
  });
}

/** Opens what a lake retains of overwritten and removed objects. Throws `usage`. */
export function openVersions(url: string): LakeVersions {
  if (!isS3(url)) throw cannotOpen(url, "a directory retains no versions", "Use --lake s3://bucket.");
  const place = parseS3Url(url);
  let opened: Promise<LakeVersions> | undefined;
  const versions = () => {
    opened ??= s3().then(async ({ createS3Client, createS3Versions }) => {
      return createS3Versions({ client: await createS3Client(), ...place });
    });
    return opened;
  };
  return {
    versions: async (key) => (await versions()).versions(key),
    readVersion: async (key, versionId) => (await versions()).readVersion(key, versionId),
    async *retained(prefix) {
      yield* (await versions()).retained(prefix);
    },
    purge: async (key, versionId) => (await versions()).purge(key, versionId),
  };
}

/** The AWS SDK takes a fifth of a second to load: only lakes in a bucket pay for it. */
async function s3() {
  const [{ createS3Client }, { createS3Storage }, { createS3Versions }] = await Promise.all([
    import("./s3/client.ts"),
    import("./s3.ts"),
    import("./s3/versions.ts"),
  ]);
  return { createS3Client, createS3Storage, createS3Versions };
}

/** Whether a lake's URL names a bucket. */
export function isS3(url: string): boolean {
  return /^s3:/i.test(url);
}

/** Amazon S3 user guide, "General purpose bucket naming rules"; older buckets have capitals and underscores. */
const BUCKET = /^[A-Za-z0-9][\w.-]{1,253}[A-Za-z0-9]$/;

/** Bucket and prefix (`""`, or ending in `/`) of `s3://bucket[/prefix]`. Throws `usage`. */
function parseS3Url(url: string): { bucket: string; prefix: string } {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*?)\/?$/is.exec(url) ?? [];
  const why = !BUCKET.test(bucket) ? "there is no bucket name in it" : path === "" ? null : keyProblem(path);
  if (why !== null) throw cannotOpen(url, why, "Use --lake s3://bucket or s3://bucket/prefix.");
  return { bucket, prefix: path === "" ? "" : `${path}/` };
}

/** The directory that a lake's URL names. Throws `usage` where it names none. */
export function directoryOf(url: string): string {
  if (isS3(url)) throw cannotOpen(url, "it is a bucket and no directory");
  if (!/^file:/i.test(url)) return url;
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw cannotOpen(url, "it names no file of this machine", "Use --lake <dir>.", error);
  }
}

function cannotOpen(url: string, why: string, advice = "Use --lake <dir>.", cause?: unknown): VantageflowError {
  return new VantageflowError("usage", `Cannot open ${JSON.stringify(url)}: ${why}. ${advice}`, { cause });
}
