import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { keyProblem } from "./keys.ts";

/** Whether a lake's URL names a bucket. */
export function isS3(url: string): boolean {
  return /^s3:/i.test(url);
}

/** Whether a lake's URL names a directory of this machine: a path or a `file:` URL. */
export function isDirectory(url: string): boolean {
  return !isS3(url) && !/^(?!file:)[a-z][a-z\d+.-]*:\/\//i.test(url);
}

/** The same lake's URL, whatever the current directory is. */
export function absoluteUrl(url: string, cwd: string): string {
  return isDirectory(url) ? resolve(cwd, directoryOf(url)) : url;
}

/** Amazon S3 user guide, "General purpose bucket naming rules"; older buckets have capitals and underscores. */
const BUCKET = /^[A-Za-z0-9][\w.-]{1,253}[A-Za-z0-9]$/;

/** Bucket and prefix (`""`, or ending in `/`) of `s3://bucket[/prefix]`. Throws `usage`. */
export function parseS3Url(url: string): { bucket: string; prefix: string } {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*?)\/?$/is.exec(url) ?? [];
  const why = !BUCKET.test(bucket) ? "there is no bucket name in it" : path === "" ? null : keyProblem(path);
  if (why !== null) throw cannotOpen(url, why, "Use --lake s3://bucket or s3://bucket/prefix.");
  return { bucket, prefix: path === "" ? "" : `${path}/` };
}

/** The directory that a lake's URL names. Throws `usage` where it names none. */
export function directoryOf(url: string): string {
  if (isS3(url)) throw cannotOpen(url, "it is a bucket and no directory");
  if (!isDirectory(url)) {
    throw cannotOpen(url, "a lake is a directory or an S3 bucket", "Use --lake <dir> or --lake s3://bucket/prefix.");
  }
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
