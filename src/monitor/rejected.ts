import { hasCode } from "../errors.ts";
import { outputKeys } from "../ledger/layers.ts";
import { fieldText, Row } from "../pipeline/row.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { RejectedRow } from "./details.ts";
import type { Budget } from "./readings.ts";

const MAX_CHARACTERS = 1000;

/** The first rejects of a batch that are wanted, at most `limit`. Throws `storage_failed`. */
export async function readRejects(
  storage: LakeStorage,
  key: string,
  budget: Budget,
  limit: number,
  wanted: (row: string) => boolean,
): Promise<RejectedRow[]> {
  const found: RejectedRow[] = [];
  if (limit <= 0) return found;
  await readRows(storage, outputKeys(key).rejects, budget, (cell) => {
    const row = cell("row") ?? "";
    const line = Number(cell("line"));
    if (Number.isSafeInteger(line) && wanted(row)) {
      const [column, reason, message] = ["column", "reason", "message"].map(
        (name) => cell(name)?.slice(0, MAX_CHARACTERS) ?? "",
      );
      found.push({ key, line, column, reason, message, row: row.slice(0, MAX_CHARACTERS) });
    }
    return found.length < limit;
  });
  return found;
}

/** Whether a cell of a rejected row, which need not be well-formed, is this id. */
export function namesDevice(row: string, device: string): boolean {
  const quoted = device.replaceAll('"', '""');
  const bare = row.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/s, "$1"));
  return bare.includes(quoted) || (/[",\r\n]/.test(device) && row.includes(`"${quoted}"`));
}

/** The cell of a row in the column of this name; undefined where there is none. */
type Cell = (column: string) => string | undefined;

/** Whether the next row is wanted. */
type Each = (cell: Cell) => boolean;

/** Reads the rows behind a header until one is the last that is wanted, or the budget is spent. What is not there has none. */
async function readRows(storage: LakeStorage, key: string, budget: Budget, each: Each): Promise<void> {
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

function createRowReader(each: Each) {
  const row = new Row();
  let columns: ReadonlyMap<string, number> | null = null;
  let rest: Buffer = Buffer.alloc(0);

  return {
    /** Takes the next bytes, `final` when they are the last; false when no more rows are wanted. */
    take(bytes: Buffer, final: boolean): boolean {
      const b = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let p = 0;
      for (; p < b.length && row.parse(b, p, b.length, final); p = row.next) {
        if (row.isBlank(b) || row.stray) continue;
        if (columns === null) {
          columns = new Map(Array.from({ length: row.fields }, (_, i) => [fieldText(row, b, i), i]));
          continue;
        }
        const known = columns;
        const isWanted = each((column) => {
          const i = known.get(column) ?? row.fields;
          return i < row.fields ? fieldText(row, b, i) : undefined;
        });
        if (!isWanted) return false;
      }
      rest = b.subarray(p);
      return true;
    },
  };
}
