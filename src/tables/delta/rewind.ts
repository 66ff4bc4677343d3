import { hasCode, VantageflowError } from "../../errors.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { listLog } from "./log.ts";
import { lastCheckpointKey, logPrefix } from "./names.ts";
import { readSnapshotAt } from "./travel.ts";

/** Which version was the newest that the log names, and which it is now. */
export interface Rewound {
  readonly from: number;
  readonly to: number;
}

/**
 * Puts a table of which not all has arrived back to the newest version that is whole: the log says what it is, and each of its files is
 * there in its size. Of the log, what comes behind is removed, the newest first, so that it is that of an older version wherever this is
 * killed. For a table that nobody writes to meanwhile. Null where there is no log; throws `table_damaged` where no version is whole.
 */
export async function rewindTable(storage: LakeStorage, table: string): Promise<Rewound | null> {
  const logged: { readonly version: number; readonly object: ObjectInfo }[] = [];
  for await (const { file, object } of listLog(storage, table)) logged.push({ version: file.version, object });
  const versions = [...new Set(logged.map(({ version }) => version))].sort((a, b) => b - a);
  const [from] = versions;
  if (from === undefined) return null;
  const sizes = new Map<string, number>();
  for await (const { key, size } of storage.list(table)) sizes.set(key, size);
  for (const to of versions) {
    if (!(await isWhole(storage, table, to, sizes))) continue;
    const behind = logged.filter(({ version }) => version > to).reverse();
    if (behind.length > 0) await storage.remove(lastCheckpointKey(table));
    for (const { object } of behind) await storage.remove(object.key);
    return { from, to };
  }
  const advice = "Make the table anew: vantageflow tables sync --rebuild";
  const message = `Cannot put "${table}" back: no version of it is whole. ${advice}.`;
  throw new VantageflowError("table_damaged", message, { key: logPrefix(table) });
}

async function isWhole(
  storage: LakeStorage,
  table: string,
  version: number,
  sizes: ReadonlyMap<string, number>,
): Promise<boolean> {
  try {
    const { files } = await readSnapshotAt(storage, table, version);
    return [...files].every(([path, { size }]) => sizes.get(`${table}${path}`) === size);
  } catch (error) {
    if (hasCode(error, "table_damaged", "not_found")) return false;
    throw error;
  }
}
