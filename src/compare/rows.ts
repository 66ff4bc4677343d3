import { VantageflowError } from "../errors.ts";
import { fieldText, Row } from "../pipeline/row.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";

/** A row as it is written, without its line end. */
export interface WrittenRow {
  /** Its first physical line, 1-based, as an editor counts. */
  readonly line: number;
  /** One character per byte, so that bytes that are no UTF-8 stay apart too. */
  readonly bytes: string;
}

const LINE_END = Buffer.from("\n");
const BOM = "\xef\xbb\xbf";

/**
 * The rows of a CSV object as the stages see them (RFC 4180, blank lines left out), a chunk's worth at a time. What
 * follows a quote that is never closed is one row. Throws `row_too_long`, so that memory stays bounded.
 */
export async function* readRows(
  storage: LakeStorage,
  key: string,
  maxRowBytes: number,
): AsyncGenerator<WrittenRow[], void, undefined> {
  const row = new Row();
  let line = 1;
  /** What is left of the chunk before: the start of a row. */
  let rest: Buffer = Buffer.alloc(0);

  function take(b: Buffer, final: boolean): WrittenRow[] {
    const rows: WrittenRow[] = [];
    let p = line === 1 && b.toString("latin1", 0, 3) === BOM ? 3 : 0;
    while (p < b.length && row.parse(b, p, b.length, final)) {
      if (!row.isBlank(b)) rows.push({ line, bytes: b.toString("latin1", p, row.contentEnd) });
      line += row.lines;
      p = row.next;
    }
    rest = b.subarray(p);
    if (rest.length > maxRowBytes) throw tooLong(key, line, maxRowBytes);
    return rows;
  }

  for await (const chunk of readChunks(storage, key)) {
    const rows = take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false);
    if (rows.length > 0) yield rows;
  }
  const last = take(rest.length === 0 ? rest : Buffer.concat([rest, LINE_END]), true);
  if (rest.length > 0) last.push({ line, bytes: rest.toString("latin1", 0, rest.length - 1) });
  if (last.length > 0) yield last;
}

/** A row's fields as text, quotes removed; a row that is no CSV is one field. */
export function cellsOf({ bytes }: WrittenRow): string[] {
  const b = Buffer.from(`${bytes}\n`, "latin1");
  const row = new Row();
  if (!row.parse(b, 0, b.length, true)) return [b.toString("utf8", 0, b.length - 1)];
  return Array.from({ length: row.fields }, (_, i) => fieldText(row, b, i));
}

/** A row as text. */
export function textOf({ bytes }: WrittenRow): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function tooLong(key: string, line: number, maxRowBytes: number): VantageflowError {
  const why = `line ${line}: the row is longer than ${maxRowBytes} bytes. Raise --max-row-bytes`;
  return new VantageflowError("row_too_long", `Cannot read "${key}": ${why}.`, { key, line });
}
