import { createHash } from "node:crypto";
import { conflict } from "../storage/faults.ts";
import type { LakeStorage, ObjectInfo, ObjectReader } from "../storage/port.ts";
import type { Pull } from "./land.ts";

/** A pull that knows the SHA-256 of all it gave, lower-case hex. Ask once. */
export interface HashingPull {
  readonly pull: Pull;
  digest(): string;
}

export function hashing(pull: Pull): HashingPull {
  const hash = createHash("sha256");
  const took = (into: Uint8Array, length: number): number => {
    hash.update(into.subarray(0, length));
    return length;
  };
  return {
    pull(into) {
      const pulled = pull(into);
      return typeof pulled === "number" ? took(into, pulled) : pulled.then((length) => took(into, length));
    },
    digest: () => hash.digest("hex"),
  };
}

/**
 * A lake whose object that was just landed is read, once, from where it came from: what went up need not be fetched
 * back. `sha256` is that of what was landed. Where `pull` gives anything else, or fails, that is a `conflict` before
 * anything is published or refused, and the next attempt reads the lake.
 */
export function readingLanded(storage: LakeStorage, object: ObjectInfo, pull: Pull, sha256: string): LakeStorage {
  let used = false;
  return {
    ...storage,
    async read(key) {
      const head = key === object.key && !used ? await storage.head(key) : null;
      if (head === null || head.token !== object.token) return storage.read(key);
      used = true;
      return { head, ...checkedReader(key, hashing(pull), sha256) };
    },
  };
}

const CHUNK_BYTES = 256 * 1024;

function checkedReader(key: string, source: HashingPull, sha256: string): Pick<ObjectReader, "pull" | "close"> {
  let checked = false;

  async function pull(into: Uint8Array): Promise<number> {
    if (checked) return 0;
    const length = await Promise.resolve()
      .then(() => source.pull(into))
      .catch(() => -1);
    checked = length <= 0;
    if (length < 0 || (length === 0 && source.digest() !== sha256)) throw conflict(key);
    return length;
  }

  return {
    pull,
    /** Somebody who stops early (a file that is refused) must have seen what was landed too. */
    async close() {
      const rest = Buffer.allocUnsafe(CHUNK_BYTES);
      while (!checked) await pull(rest);
    },
  };
}
