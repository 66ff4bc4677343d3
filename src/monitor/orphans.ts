import { batchPathOf } from "../ledger/layers.ts";
import { type Listings, orphanCandidates, orphansOf, pathOfReceipt } from "../ledger/orphans.ts";
import type { LakeStorage, LakeVersions, ObjectInfo } from "../storage/port.ts";
import { HOUR_MS } from "../time.ts";

/** Outputs whose bronze somebody took away, by key; `complete` is false where more batches may have some. */
export interface Orphans {
  readonly keys: readonly string[];
  readonly complete: boolean;
}

export interface OrphanFinder {
  find(listings: Listings, now: number): Promise<Orphans>;
}

/** Batches that are looked at for their orphans: each takes some requests. */
const MAX_BATCHES = 100;

/** Looks at a batch again when something of it has changed, and once an hour: its bronze may have expired by then. */
export function createOrphanFinder(storage: LakeStorage, versions: LakeVersions | null): OrphanFinder {
  let known: ReadonlyMap<string, readonly string[]> = new Map();
  return {
    async find(listings, now) {
      const candidates = orphanCandidates(listings, now);
      const looked = candidates.slice(0, MAX_BATCHES);
      const states = looked.length === 0 ? new Map<string, string>() : statesOf(new Set(looked), listings);
      const found = new Map<string, readonly string[]>();
      for (const path of looked) {
        const state = `${path}\n${states.get(path) ?? ""}${Math.floor(now / HOUR_MS)}`;
        found.set(state, known.get(state) ?? (await keysOf(path, now)));
      }
      known = found;
      return { keys: [...found.values()].flat(), complete: looked.length === candidates.length };
    },
  };

  async function keysOf(path: string, now: number): Promise<readonly string[]> {
    return (await orphansOf({ storage, versions, now }, path)).map(({ key }) => key);
  }
}

/** Versions of all that these batches have, receipts included, as one text each. */
function statesOf(paths: ReadonlySet<string>, { receipts, ...layers }: Listings): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  const add = (path: string | undefined, { key, token }: ObjectInfo) => {
    if (path !== undefined && paths.has(path)) states.set(path, `${states.get(path) ?? ""}${key} ${token}\n`);
  };
  for (const object of Object.values(layers).flat()) add(batchPathOf(object.key), object);
  for (const object of receipts) add(pathOfReceipt(object.key), object);
  return states;
}
