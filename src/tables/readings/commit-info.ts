import type { CommitInfo } from "../delta/actions.ts";

/** A batch whose rows a commit has brought into the table: all that its receipt takes. */
export interface SyncedBatch {
  readonly path: string;
  /** See `versionOf` in `work.ts`. */
  readonly version: string;
  /** Of silver. */
  readonly token: string;
  readonly size: number;
  readonly sha256: string;
  /** When silver was put there, milliseconds since the epoch. */
  readonly modified: number;
  /** The anomalies that were read beside silver: bytes and SHA-256; null where silver stood alone. */
  readonly sibling: { readonly size: number; readonly sha256: string } | null;
  readonly rows: number;
}

/** What a sync has done, in its commit: who comes after it writes the receipts that it could not. */
export interface SyncInfo {
  /** Tells an attempt's own commit from another's where the answer to it was lost. */
  readonly attempt: string;
  readonly synced: readonly SyncedBatch[];
  /** Batches of which no rows are in the table any more. */
  readonly gone: readonly string[];
}

type Packed = readonly [
  ...[path: string, version: string, token: string, size: number, sha256: string, modified: number, rows: number],
  ...([siblingSize: number, siblingSha256: string] | []),
];

/** Where it stands in `commitInfo`, which every other reader passes over. */
const NAME = "vantageflow";

/** As JSON of few bytes: a commit may name 10,000 batches. */
export function packSync({ attempt, synced, gone }: SyncInfo): Record<string, unknown> {
  const packed = synced.map((one): Packed => {
    const { path, version, token, size, sha256, modified, rows, sibling } = one;
    const own = [path, version, token, size, sha256, Math.trunc(modified), rows] as const;
    return sibling === null ? own : [...own, sibling.size, sibling.sha256];
  });
  return { [NAME]: { attempt, synced: packed, gone } };
}

/** What a commit's information says of a sync; null where it was none. */
export function unpackSync(info: CommitInfo): SyncInfo | null {
  const { [NAME]: found } = info as {
    readonly [NAME]?: { attempt?: string; synced?: readonly Packed[]; gone?: string[] };
  };
  if (typeof found !== "object" || found === null || !Array.isArray(found.synced)) return null;
  const synced = found.synced.map(([path, version, token, size, sha256, modified, rows, ...sibling]: Packed) => {
    const [siblingSize, siblingSha256] = sibling;
    const read = siblingSize === undefined ? null : { size: siblingSize, sha256: siblingSha256 ?? "" };
    return { path, version, token, size, sha256, modified, rows, sibling: read };
  });
  return { attempt: String(found.attempt), synced, gone: found.gone ?? [] };
}
