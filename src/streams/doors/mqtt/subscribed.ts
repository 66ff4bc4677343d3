import { join } from "node:path";
import { replaceFile, type SpoolFiles } from "../../spool-files.ts";

const FILE = "subscribed.json";

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
  const bytes = await files.read(join(folder, FILE));
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
  await replaceFile(files, join(folder, FILE), Buffer.from(JSON.stringify({ ...name, filters })));
}
