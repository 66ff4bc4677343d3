import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { openLocalLake } from "./local/lake.ts";
import { copyInput, createLocalVersions } from "./local/versions.ts";
import { createLocalStorage } from "./local.ts";
import type { LakeStorage, LakeVersions } from "./port.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  return createLocalStorage({ root: directoryOf(url), url });
}

/** Opens the retained versions of the lake of a URL or directory. Throws `usage`. */
export function openVersions(url: string): LakeVersions {
  return createLocalVersions(openLocalLake({ root: directoryOf(url), url }));
}

/**
 * How the lake of a URL keeps a copy of an input that was processed (the setting `copyInputs`), so that it can be restored
 * after a foreign program has overwritten it. Does nothing for a version that is no longer current.
 */
export function openInputCopies(
  url: string,
): (input: { readonly key: string; readonly token: string }) => Promise<void> {
  const lake = openLocalLake({ root: directoryOf(url), url });
  return ({ key, token }) => copyInput(lake, key, token);
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
