import { csvRows } from "../../csv-rows.ts";
import { messageOf, quote } from "../../errors.ts";
import * as reject from "../../pipeline/rejects.ts";
import { BadRequest } from "./body.ts";
import type { OnCells } from "./json.ts";
import { FIELDS, noReading } from "./reading.ts";

/** Columns that must be there, even where a cell of them may be empty. */
const NEEDED = ["timestamp", "device_id", "value"];

/** Reads CSV with a header. Returns what is wrong where there is none, with nothing to be kept of it; null otherwise. */
export async function readCsv(bytes: Buffer, onCells: OnCells): Promise<string | null> {
  let places: number[] | null = null;
  try {
    for await (const row of csvRows([bytes])) {
      if (places === null) {
        const names = row.map((name) => name.trim());
        const wrong = headerProblem(names);
        if (wrong !== null) return wrong;
        places = FIELDS.map((field) => names.indexOf(field));
        continue;
      }
      const columns = places.filter((place) => place >= 0).length;
      if (row.length === columns) onCells(places.map((place) => (place < 0 ? undefined : row[place])));
      else onCells(noReading(row.length > columns ? reject.FIELDS_MORE : reject.FIELD_COUNT));
    }
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    return `this is not CSV: ${messageOf(error)}`;
  }
  return null;
}

function headerProblem(names: readonly string[]): string | null {
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length > 0) return `the header has no ${missing.join(", ")}`;
  const other = names.find((name, i) => !FIELDS.some((field) => field === name) || names.indexOf(name) !== i);
  if (other === undefined) return null;
  return `the header has ${quote(other)}, which is none of ${FIELDS.join(", ")}, or stands twice`;
}
