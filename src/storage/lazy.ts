import type { Claims, LakeStorage, LakeVersions } from "./port.ts";

/** A lake that is opened by its first use: what nobody uses costs nothing, and whoever opens it need not wait. */
export function createLazyStorage(url: string, open: () => Promise<LakeStorage>): LakeStorage {
  let opened: Promise<LakeStorage> | undefined;
  const storage = () => {
    opened ??= open();
    return opened;
  };
  return {
    url,
    async *list(prefix, options) {
      yield* (await storage()).list(prefix, options);
    },
    head: async (key) => (await storage()).head(key),
    read: async (key, range) => (await storage()).read(key, range),
    keptSha256: async (key) => (await storage()).keptSha256(key),
    create: async (key, options) => (await storage()).create(key, options),
    flush: async (keys) => (await storage()).flush(keys),
    remove: async (key, ifToken) => (await storage()).remove(key, ifToken),
    close: async () => (await opened)?.close(),
  };
}

/** The same for what a lake retains. */
export function createLazyVersions(open: () => Promise<LakeVersions>): LakeVersions {
  let opened: Promise<LakeVersions> | undefined;
  const versions = () => {
    opened ??= open();
    return opened;
  };
  return {
    versions: async (key) => (await versions()).versions(key),
    readVersion: async (key, versionId) => (await versions()).readVersion(key, versionId),
    async *retained(prefix, onFailed) {
      yield* (await versions()).retained(prefix, onFailed);
    },
    keeps: async (key) => (await versions()).keeps(key),
    purge: async (key, versionId) => (await versions()).purge(key, versionId),
  };
}

/** The same for the turns of those who work on a lake; it has no claims. */
export function createLazyTurns(open: () => Promise<Claims>): Claims {
  let opened: Promise<Claims> | undefined;
  return {
    claim: () => () => {},
    async turn() {
      opened ??= open();
      return (await opened).turn();
    },
    close: async () => (await opened)?.close(),
  };
}
