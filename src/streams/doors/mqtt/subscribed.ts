import { createHash } from "node:crypto";
import { join } from "node:path";
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

/**
 * What an earlier start has subscribed to in this session: a broker keeps that, and does not tell. Null where there was none; a file
 * that is no such is as good as none.
 */
export async function readSubscribed(
  files: SpoolFiles,
  folder: string,
  { place, clientId }: SessionName,
): Promise<readonly string[] | null> {
  const bytes = await files.read(join(folder, fileOf({ place, clientId })));
  try {
    const known = JSON.parse(bytes?.toString() ?? "null");
    return known.place === place && known.clientId === clientId ? known.filters.map(String) : null;
  } catch {
    return null;
  }
}

/** Keeps what is subscribed to, before it is. */
export async function writeSubscribed(
  files: SpoolFiles,
  folder: string,
  name: SessionName,
  filters: readonly string[],
): Promise<void> {
  await files.makeFolder(folder);
  await replaceFile(files, join(folder, fileOf(name)), Buffer.from(JSON.stringify({ ...name, filters })));
}
