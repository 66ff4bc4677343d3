import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { createLocalStorage } from "./local.ts";
import type { LakeStorage } from "./port.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  return createLocalStorage({ root: directoryOf(url), url });
}

/** The directory that a lake's URL names. Throws `usage` where it names none. */
export function directoryOf(url: string): string {
  if (/^s3:/i.test(url)) throw cannotOpen(url, "this version works on directories only");
  if (!/^file:/i.test(url)) return url;
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw cannotOpen(url, "it names no file of this machine", error);
  }
}

function cannotOpen(url: string, why: string, cause?: unknown): VantageflowError {
  return new VantageflowError("usage", `Cannot open ${JSON.stringify(url)}: ${why}. Use --lake <dir>.`, { cause });
}
