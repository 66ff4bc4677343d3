import type { ByteRange } from "./port.ts";

/** Throws RangeError for numbers that are no range: a mistake of the program, told before anything is read. */
export function checkRange({ start, end }: ByteRange): void {
  const isRange =
    Number.isSafeInteger(start) && (end === undefined || (Number.isSafeInteger(end) && start >= 0 && end >= start));
  if (!isRange) throw new RangeError(`${start} to ${end ?? "the end"} is no range of bytes`);
}

/** Where the bytes of a range stand in an object of so many bytes. */
export function rangeWithin({ start, end }: ByteRange, size: number): { start: number; end: number } {
  return {
    start: start < 0 ? Math.max(size + start, 0) : Math.min(start, size),
    end: Math.min(end ?? size, size),
  };
}
