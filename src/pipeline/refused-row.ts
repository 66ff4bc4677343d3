import { VantageflowError } from "../errors.ts";

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

export function quoteUnclosed(place: RowPlace): VantageflowError {
  const why = "a quote in this row is never closed. Close it or double it.";
  return new VantageflowError("quote_unclosed", `Cannot read "${place.key}": line ${place.line}: ${why}`, place);
}

export function headerMissing(key: string): VantageflowError {
  const why = "it has no header. Write one, then move it here.";
  return new VantageflowError("empty", `Cannot read "${key}": ${why}`, { key });
}
