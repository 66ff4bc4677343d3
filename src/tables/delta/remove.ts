import type { LakeStorage } from "../../storage/port.ts";
import { logPrefix } from "./names.ts";

/** Takes a table away for good, whatever state it is in: first its log, with which nobody sees it any more, then its files. */
export async function removeTable(storage: LakeStorage, table: string): Promise<void> {
  for (const prefix of [logPrefix(table), table]) {
    const keys: string[] = [];
    for await (const { key } of storage.list(prefix, { keysOnly: true })) keys.push(key);
    // The newest commit first: killed in between, the log is that of an older version.
    for (const key of keys.reverse()) await storage.remove(key);
  }
}
