import { join } from "node:path";
import { VantageflowError } from "../../errors.ts";
import { storageError } from "./errors.ts";
import { createLocks } from "./lock.ts";
import { PRIVATE } from "./paths.ts";
import { createTemporary } from "./temporary.ts";

/**
 * Claims a role in a local lake that only one process may have, until the returned function gives it back; the claim of
 * a process that is gone counts for nothing. Throws `busy` with the holder's number.
 */
export function claimRole(root: string, role: string, url: string): () => void {
  const locks = createLocks(join(root, PRIVATE, "locks"), createTemporary(join(root, PRIVATE, "owners")));
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

function claimOrFail<T>(claim: () => T, url: string): T {
  try {
    return claim();
  } catch (error) {
    throw storageError(error, "write", PRIVATE, url);
  }
}
