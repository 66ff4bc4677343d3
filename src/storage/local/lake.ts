import { join, resolve } from "node:path";
import type { Digests } from "./digests.ts";
import { createLocks, type Locks } from "./lock.ts";
import { createMetadataFiles, METADATA, type MetadataFiles } from "./metadata.ts";
import { createParentChecks, PRIVATE } from "./paths.ts";
import { createSyncs, type Syncs } from "./syncs.ts";
import { createTemporary, type Temporary } from "./temporary.ts";

export interface LocalStorageOptions {
  /** The lake's directory; made by the first write. */
  readonly root: string;
  /** How its user wrote it; the root by default. */
  readonly url?: string;
  /** Whose file system it is, as Node calls it: Windows has names that it cannot hold. */
  readonly platform?: NodeJS.Platform;
  /** What hashes large files in another thread; whoever writes does where it is absent. */
  readonly digests?: Digests | undefined;
}

/** A lake's directory and what is in its private folder. */
export interface LocalLake {
  readonly root: string;
  readonly url: string;
  readonly platform: NodeJS.Platform;
  readonly temporary: Temporary;
  readonly locks: Locks;
  readonly metadata: MetadataFiles;
  readonly syncs: Syncs;
  readonly digests: Digests | undefined;
  /** See `checkParents`; a folder that was looked at in this turn of the event loop is not looked at again. */
  readonly checkParents: (key: string) => boolean;
}

export function openLocalLake(options: LocalStorageOptions): LocalLake {
  const root = resolve(options.root);
  const inside = (name: string) => join(root, PRIVATE, name);
  const syncs = createSyncs(root);
  const temporary = createTemporary(inside("tmp"), syncs.makeFolder);
  const url = options.url ?? options.root;
  return {
    root,
    url,
    platform: options.platform ?? process.platform,
    temporary,
    locks: createLocks(inside("locks"), createTemporary(inside("owners"))),
    metadata: createMetadataFiles(inside(METADATA)),
    syncs,
    digests: options.digests,
    checkParents: createParentChecks({ root, url }),
  };
}
