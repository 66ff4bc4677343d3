import { VantageflowError } from "../errors.ts";
import type { Row } from "./row.ts";

/** Where a row begins. */
interface RowPlace {
  readonly key: string;
  readonly line: number;
  readonly byteOffset: number;
}

export function rowTooLong(place: RowPlace, maxRowBytes: number): VantageflowError {
  const why = `the row is longer than ${maxRowBytes} bytes (a quote that is never closed?). Mend the row or raise maxRowBytes.`;
  return new VantageflowError("row_too_long", `Cannot read "${place.key}": line ${place.line}: ${why}`, place);
}

function quoteUnclosed(place: RowPlace): VantageflowError {
  const why = "a quote in this row is never closed. Close it or double it.";
  return new VantageflowError("quote_unclosed", `Cannot read "${place.key}": line ${place.line}: ${why}`, place);
}

/**
 * Parses the row at `p`; false when its end is still to come. Throws `row_too_long`, and `quote_unclosed` where nothing
 * follows.
 */
export function parseRow(
  row: Row,
  b: Uint8Array,
  p: number,
  end: number,
  final: boolean,
  maxRowBytes: number,
  place: () => RowPlace,
): boolean {
  const isWhole = row.parse(b, p, end, final);
  // One byte more than the limit may be a CR whose LF is still to come.
  const length = (isWhole ? row.contentEnd : end - 1) - p;
  if (length > maxRowBytes) throw rowTooLong(place(), maxRowBytes);
  if (!isWhole && final) throw quoteUnclosed(place());
  return isWhole;
}

/** A file without a single byte. */
export function fileEmpty(key: string): VantageflowError {
  const why = "it is empty. Write a header and rows, then move it here.";
  return new VantageflowError("empty", `Cannot read "${key}": ${why}`, { key });
}

export function headerMissing(key: string): VantageflowError {
  const why = "it has no header. Write one, then move it here.";
  return new VantageflowError("empty", `Cannot read "${key}": ${why}`, { key });
}
