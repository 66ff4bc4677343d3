import { NUMBER_BYTES } from "../form.ts";
import type { Rejected } from "../keys.ts";
import { ReadingsSize } from "./body.ts";
import { instantReader, type Precision } from "./instant.ts";
import { Points, type WrongLine } from "./points.ts";

const NANOSECONDS = 9;

/** Points as they came, each with its time in nanoseconds. */
export interface PointRows {
  readonly rows: readonly string[];
  /** Points that are longer than a row may be: the first, with its line from 0, and how many there are. */
  readonly rejected: readonly Rejected[];
  readonly rejectedCount: number;
  /** Whether each point says when it was. */
  readonly isTimed: boolean;
}

/**
 * The points of a request as rows in the form of `POINT_ROWS`, for a contract of the lake to read; the same point once. A point
 * without a time gets that of its `arrival`, milliseconds since the epoch. Throws `BadRequest` where they are too much.
 */
export function readPointRows(
  bytes: Buffer,
  precision: Precision,
  arrival: number,
  maxBytes: number,
): PointRows | WrongLine {
  const points = new Points(bytes);
  const { b, point } = points;
  const instant = instantReader(precision);
  const factor = BigInt(precision.seconds) * 10n ** BigInt(NANOSECONDS - precision.digits);
  const rows = new Set<string>();
  let isTimed = true;
  const size = new ReadingsSize();
  const rejected: Rejected[] = [];
  let rejectedCount = 0;
  const wrong = points.readAll(() => {
    const [from, to] = [point.timeStart, point.timeEnd];
    const hasTime = from < to;
    const time = b.toString("latin1", from, to);
    if (hasTime && instant(time) === null) return false;
    if (!hasTime) isTimed = false;
    const text = b.toString("utf8", points.start, hasTime ? from : points.end).replace(/[ \t]+$/, "");
    const row = `${text} ${hasTime ? BigInt(time) * factor : `${arrival}000000`}`;
    if (Buffer.byteLength(row) + NUMBER_BYTES > maxBytes) {
      const message = `the point is longer than ${maxBytes} bytes, as a row may be`;
      if (rejectedCount++ === 0) rejected.push({ index: points.line - 1, reason: "row_too_long", message });
      return true;
    }
    size.add(row);
    rows.add(row);
    return true;
  });
  return wrong ?? { rows: [...rows], rejected, rejectedCount, isTimed };
}
