import { pipeline, Readable } from "node:stream";
import { parse } from "fast-csv";
import { hasCode } from "../errors.ts";
import { readChunks } from "../pipeline/objects.ts";
import type { LakeStorage } from "../storage/port.ts";

/** Bytes that may still be read for one answer. */
export interface Budget {
  bytes: number;
}

/** The cell of a row in the column of this name; undefined where there is none. */
export type Cell = (column: string) => string | undefined;

/** Whether the next row is wanted. */
type Each = (cell: Cell) => boolean;

/**
 * Reads the rows of a CSV with a header until one is the last that is wanted, the budget is spent, or something in it is
 * no CSV. What is not there has no rows. Throws `storage_failed`.
 */
export async function readCsvRows(storage: LakeStorage, key: string, budget: Budget, each: Each): Promise<void> {
  let columns: ReadonlyMap<string, number> | null = null;
  let last: readonly string[] | null = null;
  let isCut = false;
  const hand = (row: readonly string[]) => each((column) => row[columns?.get(column) ?? -1]);

  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const chunk of readChunks(storage, key)) {
      isCut = chunk.length > budget.bytes;
      const part = chunk.subarray(0, budget.bytes);
      budget.bytes -= part.length;
      if (part.length > 0) yield part;
      if (isCut) return;
    }
  }

  const source = Readable.from(bytes(), { objectMode: false });
  const rows = pipeline(source, parse<string[], string[]>({ headers: false }), () => {});
  try {
    for await (const row of rows as AsyncIterable<string[]>) {
      if (columns === null) columns = new Map(row.map((name, i) => [name, i]));
      else if (last !== null && !hand(last)) return;
      else last = row;
    }
    // Where the budget ended, the last row may be a part of one.
    if (last !== null && !isCut) hand(last);
  } catch (error) {
    if (!hasCode(error, "not_found", "key_invalid") && !isNoCsv(error)) throw error;
  }
}

/** As fast-csv says it. */
function isNoCsv(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Parse Error");
}
