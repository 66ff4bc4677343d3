import { bucket } from "./bucket.ts";
import { directory } from "./directory.ts";
import type { KeepInput, StoreKind, StoreOptions, Watchable } from "./kind.ts";
import type { SweepOptions, Swept } from "./local/side-files.ts";
import type { Claims, LakeStorage, LakeVersions } from "./port.ts";

/** Every kind of store, the first that a URL is of: a new one is named here and nowhere else, beside its own files. */
const KINDS: readonly StoreKind[] = [bucket, directory];

function kindOf(url: string): StoreKind {
  return KINDS.find(({ isOf }) => isOf(url)) ?? directory;
}

/** Opens the lake of a directory, a file: URL or `s3://bucket[/prefix]`: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string, options?: StoreOptions): LakeStorage {
  return kindOf(url).openStorage(url, options);
}

/** Opens what a lake retains of overwritten and removed objects. Throws `usage`. */
export function openVersions(url: string): LakeVersions {
  return kindOf(url).openVersions(url);
}

/** See {@link StoreKind.openRemovals}. Throws `usage`. */
export function openRemovals(url: string): LakeVersions | null {
  return kindOf(url).openRemovals(url);
}

/** Removes metadata whose object is gone, see `local/side-files.ts`. */
export async function sweepMetadata(url: string, options: SweepOptions): Promise<Swept> {
  return kindOf(url).sweepMetadata(url, options);
}

/** See {@link StoreKind.openInputCopies}. */
export function openInputCopies(url: string): KeepInput {
  return kindOf(url).openInputCopies(url);
}

/** How those who work on one lake share its work: by claims on batches; in a bucket by turns. Throws `usage`. */
export function openClaims(url: string): Claims {
  return kindOf(url).openClaims(url);
}

/** Null for a store that shows only whole objects and has nothing to watch. */
export function openWatchable(url: string): Watchable | null {
  return kindOf(url).openWatchable(url);
}

/** See {@link StoreKind.checkFolders}. Throws `storage_failed`. */
export function checkLakeFolders(url: string, folders: readonly string[]): void {
  kindOf(url).checkFolders(url, folders);
}

/** False for a directory that is not there, or has not this folder. A bucket that is not says so itself, when it is read. */
export function isThere(url: string, folder = ""): boolean {
  return kindOf(url).isThere(url, folder);
}

/** See {@link StoreKind.privateFolder}. Throws `usage`. */
export function privateFolder(url: string): string | null {
  return kindOf(url).privateFolder(url);
}
