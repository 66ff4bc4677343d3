import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { createLocalStorage } from "./local.ts";
import type { LakeStorage } from "./port.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  if (/^s3:/i.test(url)) throw cannotOpen(url, "this version works on directories only");
  return createLocalStorage({ root: /^file:/i.test(url) ? pathOf(url) : url, url });
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw cannotOpen(url, "it names no file of this machine", error);
  }
}

function cannotOpen(url: string, why: string, cause?: unknown): VantageflowError {
  return new VantageflowError("usage", `Cannot open ${JSON.stringify(url)}: ${why}. Use --lake <dir>.`, { cause });
}
