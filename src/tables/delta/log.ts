import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { beforeVersion, type LogFile, logFileOf, logPrefix } from "./names.ts";

/** A commit or a checkpoint, and the object that it is. */
export interface Logged {
  readonly file: LogFile;
  readonly object: ObjectInfo;
}

/** A commit as the listing of the log shows it; another version or object has another stamp. */
export interface NewestCommit {
  readonly version: number;
  readonly object: ObjectInfo;
  readonly stamp: string;
}

/** The newest commit of a table, by a listing from a version on; null where that one is not there any more, and no later one. */
export async function newestCommit(storage: LakeStorage, table: string, from: number): Promise<NewestCommit | null> {
  let newest: NewestCommit | null = null;
  for await (const { file, object } of listLog(storage, table, from)) {
    if (file.kind === "commit") newest = { version: file.version, object, stamp: `${object.key} ${object.token}` };
  }
  return newest;
}

/** Whether somebody has ever made the table: a lake without one owes it nothing. */
export async function hasTable(storage: LakeStorage, table: string): Promise<boolean> {
  for await (const _ of storage.list(logPrefix(table), { keysOnly: true })) return true;
  return false;
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
