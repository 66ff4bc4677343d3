import { createHash } from "node:crypto";
import { join } from "node:path";
import { VantageflowError } from "../../errors.ts";
import type { Claims } from "../port.ts";
import { storageError } from "./errors.ts";
import { createLocks, type Locks } from "./lock.ts";
import { isSameOwner, mayBeWaitedFor, ownerOf } from "./owner.ts";
import { PRIVATE } from "./paths.ts";
import { createTemporary } from "./temporary.ts";

/**
 * Claims a role in a local lake that only one process may have, until the returned function gives it back; the claim of
 * a process that is gone counts for nothing. Throws `busy` with the holder's number.
 */
export function claimRole(root: string, role: string, url: string): () => void {
  const locks = locksOf(root);
  const claim = claimOrFail(() => locks.claim(role), url);
  if (typeof claim === "function") {
    return () => {
      claim();
      locks.close();
    };
  }
  locks.close();
  const why = `process ${claim.pid} on ${claim.host} does it already. Stop that one (kill ${claim.pid}), or use another lake`;
  throw new VantageflowError("busy", `Cannot ${role} "${url}": ${why}.`);
}

/**
 * Claims on the batches of a local lake: a link to take one and its removal to give it back, nothing of it synced. Who has
 * one may claim it again, and gives it back as often.
 */
export function createClaims(root: string): Claims {
  const locks = locksOf(root);
  const mine = new Map<string, { times: number; readonly giveBack: () => void }>();

  function again(name: string): (() => void) | undefined {
    const held = mine.get(name);
    if (held === undefined) return undefined;
    held.times++;
    return () => {
      if (--held.times > 0) return;
      mine.delete(name);
      held.giveBack();
    };
  }

  return {
    claim(path) {
      try {
        const name = createHash("sha256").update(path).digest("hex").slice(0, 32);
        const release = again(name);
        if (release !== undefined) return release;
        const claim = locks.claim(`batch-${name}`);
        if (typeof claim === "function") {
          mine.set(name, { times: 0, giveBack: claim });
          return again(name) ?? claim;
        }
        return mayBeWaitedFor(claim) && !isSameOwner(claim, ownerOf()) ? null : () => {};
      } catch {
        // A lake that cannot be written to: the work itself will say so.
        return () => {};
      }
    },
    turn: async () => 0,
    async close() {
      locks.close();
    },
  };
}

function locksOf(root: string): Locks {
  return createLocks(join(root, PRIVATE, "locks"), createTemporary(join(root, PRIVATE, "owners")));
}

function claimOrFail<T>(claim: () => T, url: string): T {
  try {
    return claim();
  } catch (error) {
    throw storageError(error, "write", PRIVATE, url);
  }
}
