import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { beforeVersion, type LogFile, logFileOf, logPrefix } from "./names.ts";

/** A commit or a checkpoint, and the object that it is. */
export interface Logged {
  readonly file: LogFile;
  readonly object: ObjectInfo;
}

/** The log of a table in the order of its versions, from one on if that is said; what is no commit and no checkpoint is passed over. */
export async function* listLog(storage: LakeStorage, table: string, from?: number): AsyncGenerator<Logged> {
  const prefix = logPrefix(table);
  const after = from === undefined ? undefined : beforeVersion(table, from);
  for await (const object of storage.list(prefix, { after })) {
    const file = logFileOf(object.key.slice(prefix.length));
    if (file !== null) yield { file, object };
  }
}
