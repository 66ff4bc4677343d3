import { hasCode } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type Add, damagedTable } from "../delta/actions.ts";
import { openParquet, type ParquetFile } from "../parquet/read.ts";

/** Opens a file of a table, by the prefix of that and its path in it. Throws `table_damaged`, also where it is not there. */
export async function openTableFile(
  storage: LakeStorage,
  table: string,
  path: string,
  { size }: Pick<Add, "size">,
): Promise<ParquetFile> {
  const key = `${table}${path}`;
  try {
    return await openParquet(storage, key, size);
  } catch (error) {
    if (hasCode(error, "not_found")) throw damagedTable(key, "the log of the table names it, and it is not there");
    throw error;
  }
}
