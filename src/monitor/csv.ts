import { hasCode } from "../errors.ts";
import { fieldText, Row } from "../pipeline/row.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";

/** Bytes that may still be read for one answer. */
export interface Budget {
  bytes: number;
}

/** The cell of a row in the column of this name, read as the stages read it; undefined where there is none. */
export type Cell = (column: string) => string | undefined;

/** Whether the next row is wanted. */
type Each = (cell: Cell) => boolean;

/**
 * Reads the rows of a CSV with a header until one is the last that is wanted, or the budget is spent. What is not there
 * has no rows. Throws `storage_failed`.
 */
export async function readCsvRows(storage: LakeStorage, key: string, budget: Budget, each: Each): Promise<void> {
  const reader = createRowReader(each);
  try {
    for await (const chunk of readChunks(storage, key)) {
      const part = chunk.subarray(0, budget.bytes);
      budget.bytes -= part.length;
      if (!reader.take(part, false)) return;
      // Where the budget ended, the last row may be a part of one.
      if (part.length < chunk.length) return;
    }
    reader.take(Buffer.from("\n"), true);
  } catch (error) {
    if (!hasCode(error, "not_found", "key_invalid")) throw error;
  }
}

/** UTF-8's byte order mark. */
const MARK = Buffer.from("\ufeff");

function createRowReader(each: Each) {
  const row = new Row();
  let columns: ReadonlyMap<string, number> | null = null;
  let rest: Buffer = Buffer.alloc(0);

  function textAt(b: Buffer, i: number): string {
    row.trim(b, i);
    return fieldText(row, b, i);
  }

  return {
    /** Takes the next bytes, `final` when they are the last; false when no more rows are wanted. */
    take(bytes: Buffer, final: boolean): boolean {
      const b = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let p = columns === null && b.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
      for (; p < b.length && row.parse(b, p, b.length, final); p = row.next) {
        if (row.isBlank(b) || row.stray) continue;
        if (columns === null) {
          columns = new Map(Array.from({ length: row.fields }, (_, i) => [textAt(b, i), i]));
          continue;
        }
        const known = columns;
        const isWanted = each((column) => {
          const i = known.get(column) ?? row.fields;
          return i < row.fields ? textAt(b, i) : undefined;
        });
        if (!isWanted) return false;
      }
      rest = b.subarray(p);
      return true;
    },
  };
}
