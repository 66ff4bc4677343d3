import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Owner, ownerName, ownerOf, parseOwnerName } from "../../../storage/local/owner.ts";
import { replaceFile, type SpoolFiles } from "../../spool-files.ts";

/** A file for each session: several doors may have one spool. */
function fileOf(name: SessionName): string {
  return `subscribed-${sessionDigest(name)}.json`;
}

export function sessionDigest({ place, clientId }: SessionName): string {
  return createHash("sha256").update(`${place}\n${clientId}`).digest("hex").slice(0, 16);
}

/** Which session it is. */
export interface SessionName {
  /** The broker. */
  readonly place: string;
  readonly clientId: string;
}

/** What a start has subscribed to in a session, and which process it was; null where that is not told. */
export interface Subscribed {
  readonly filters: readonly string[];
  readonly owner: Owner | null;
}

/**
 * What an earlier start has subscribed to in this session: a broker keeps that, and does not tell. Null where there was none; a file
 * that is no such is as good as none.
 */
export async function readSubscribed(
  files: SpoolFiles,
  folder: string,
  { place, clientId }: SessionName,
): Promise<Subscribed | null> {
  const bytes = await files.read(join(folder, fileOf({ place, clientId })));
  try {
    const known = JSON.parse(bytes?.toString() ?? "null");
    if (known.place !== place || known.clientId !== clientId) return null;
    return { filters: known.filters.map(String), owner: parseOwnerName(String(known.owner)) };
  } catch {
    return null;
  }
}

/** Keeps what this process subscribes to, before it does. */
export async function writeSubscribed(
  files: SpoolFiles,
  folder: string,
  name: SessionName,
  filters: readonly string[],
): Promise<void> {
  await files.makeFolder(folder);
  await replaceFile(
    files,
    join(folder, fileOf(name)),
    Buffer.from(JSON.stringify({ ...name, filters, owner: ownerName(ownerOf()) })),
  );
}
