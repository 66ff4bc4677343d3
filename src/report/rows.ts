import { messageOf, VantageflowError } from "../errors.ts";
import { MAX_MAGNITUDE } from "../pipeline/decimal.ts";
import { GOLD_HEADER } from "../pipeline/gold.ts";
import { readChunks, readText } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** What a batch says of a device. */
export interface GoldRow {
  readonly device_id: string;
  readonly total: number;
  readonly average: number;
  readonly min: number;
  readonly max: number;
  readonly anomalies: number;
}

/** Gold up to this size is read at once: most of a lake's gold is a few kilobytes. */
const SMALL_BYTES = 512 * 1024;

/**
 * Reads the rows of a gold object, in their order and in constant memory beyond half a megabyte. Throws `not_found`, and
 * `input_invalid` for an object that is no gold, after some of its rows.
 */
export async function readGoldRows(
  storage: LakeStorage,
  { key, size }: Pick<ObjectInfo, "key" | "size">,
  each: (row: GoldRow) => void,
): Promise<void> {
  const read = rowReader(key, each);
  if (size > SMALL_BYTES) return parseCsv(readChunks(storage, key), key, read);
  const text = await readText(storage, key);
  // Without quotes, and with the line ends that gold has, a CSV is what stands between line feeds and commas.
  if (/["\r\ufeff]/.test(text)) return parseCsv([Buffer.from(text)], key, read);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) read(line.split(","));
}

/** What parses CSV is seldom needed, and longer to load than all that reads gold without it. */
async function parseCsv(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  key: string,
  read: (row: readonly string[]) => void,
): Promise<void> {
  const { csvRows } = await import("../csv-rows.ts");
  try {
    for await (const row of csvRows(chunks)) read(row);
  } catch (error) {
    if (error instanceof VantageflowError) throw error;
    const why = `it is no CSV (${messageOf(error)}). Rebuild it with vantageflow run --reprocess`;
    throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key, cause: error });
  }
}

function rowReader(key: string, each: (row: GoldRow) => void): (row: readonly string[]) => void {
  let first = true;
  return (row) => {
    if (!first) return each(rowOf(row, key));
    first = false;
    if (row.join(",") === GOLD_HEADER) return;
    const why = "its header is not that of gold. Remove it, or rebuild it with vantageflow run --reprocess";
    throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key, line: 1 });
  };
}

function rowOf(row: readonly string[], key: string): GoldRow {
  const [device_id] = row;
  const [total, average, min, max, anomalies] = [row[1], row[2], row[3], row[4], row[5]].map(Number);
  const areCounts = [total, anomalies].every(Number.isSafeInteger) && total >= 1 && anomalies >= 0;
  const areValues = [average, min, max].every((value) => Math.abs(value) <= MAX_MAGNITUDE);
  const isRow = row.length === 7 && !row.includes("") && areCounts && areValues;
  if (isRow) return { device_id, total, average, min, max, anomalies };
  const why = "a row of it is not one of gold. Rebuild it with vantageflow run --reprocess";
  throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
}
