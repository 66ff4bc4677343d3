import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { StoreKind } from "./kind.ts";
import { claimRole, createClaims } from "./local/claim.ts";
import { createDigests } from "./local/digests.ts";
import { makeDirectory } from "./local/files.ts";
import { openLocalLake } from "./local/lake.ts";
import { checkLocalFolders, PRIVATE } from "./local/paths.ts";
import { sweepSideFiles } from "./local/side-files.ts";
import { unfinishedUploads } from "./local/unfinished.ts";
import { copyInput, createLocalVersions } from "./local/versions.ts";
import { clearAfterThread, createLocalStorage } from "./local.ts";
import { directoryOf } from "./url.ts";

const lakeOf = (url: string) => openLocalLake({ root: directoryOf(url), url });

/** Every URL that no other kind takes is that of a directory, or an error. */
export const directory: StoreKind = {
  isOf: () => true,
  openStorage(url, { digestScript } = {}) {
    const digests = digestScript === undefined ? undefined : createDigests(digestScript);
    return createLocalStorage({ root: directoryOf(url), url, digests });
  },
  openVersions: (url) => createLocalVersions(lakeOf(url)),
  openRemovals: (url) => createLocalVersions(lakeOf(url)),
  sweepMetadata: async (url, options) => sweepSideFiles(lakeOf(url), options),
  openInputCopies(url) {
    const lake = lakeOf(url);
    return ({ key, token }) => copyInput(lake, key, token);
  },
  /** By claims on batches. */
  openClaims: (url) => createClaims(resolve(directoryOf(url))),
  openWatchable(url) {
    const root = resolve(directoryOf(url));
    return {
      claim(prefixes) {
        const release = claimRole(root, "watch", url);
        for (const prefix of prefixes) makeDirectory(join(root, prefix));
        return release;
      },
      async watch(prefixes, events) {
        const { createWatcher } = await import("./watcher.ts");
        return createWatcher(root, prefixes, events);
      },
      unfinished: (objects, settleMs, now) => unfinishedUploads(root, objects, settleMs, now),
      clearAfterThread: (thread) => clearAfterThread(root, thread),
    };
  },
  checkFolders(url, folders) {
    checkLocalFolders({ root: resolve(directoryOf(url)), url }, [...folders, `${PRIVATE}/`]);
  },
  isThere: (url, folder) => existsSync(join(directoryOf(url), folder)),
  privateFolder: (url) => join(resolve(directoryOf(url)), PRIVATE),
};
