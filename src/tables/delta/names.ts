/** Every name in the log of a table: how it is made, and what it is of. Nothing here reads a lake. */

/** The folder of a table's log, in the table's. */
const LOG = "_delta_log/";

/** A file of the log; of the parts of a checkpoint in several, `part` counts from 1. */
export type LogFile =
  | { readonly kind: "commit"; readonly version: number }
  | { readonly kind: "checkpoint"; readonly version: number; readonly part: number; readonly parts: number };

/** Where the log of a table is, by the table's prefix: `tables/readings/`. */
export function logPrefix(table: string): string {
  return `${table}${LOG}`;
}

export function commitKey(table: string, version: number): string {
  return `${logPrefix(table)}${padded(version)}.json`;
}

export function checkpointKey(table: string, version: number): string {
  return `${logPrefix(table)}${padded(version)}.checkpoint.parquet`;
}

/** Names the newest checkpoint, for those who would otherwise have to list the whole log. */
export function lastCheckpointKey(table: string): string {
  return `${logPrefix(table)}_last_checkpoint`;
}

/** A text that all names of this version, and those of later ones, come behind in a listing. */
export function beforeVersion(table: string, version: number): string {
  return `${logPrefix(table)}${padded(version)}`;
}

/** What a name in the log is of; null for what is no commit and no checkpoint of this protocol, as what a killed writer left. */
export function logFileOf(name: string): LogFile | null {
  const [, version, , part = "1", parts = "1"] =
    /^(\d{20})\.(json|checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet)$/.exec(name) ?? [];
  if (version === undefined) return null;
  if (name.endsWith(".json")) return { kind: "commit", version: Number(version) };
  return { kind: "checkpoint", version: Number(version), part: Number(part), parts: Number(parts) };
}

function padded(version: number): string {
  return String(version).padStart(20, "0");
}
