import { instantReader, type Precision } from "./instant.ts";
import { Points, type WrongLine } from "./points.ts";

/** What stands behind a point: its number, as a comment. */
const NUMBER_BYTES = 40;
const NANOSECONDS = 9;

/** Points as they came, each with its time in nanoseconds. */
export interface PointRows {
  readonly rows: readonly string[];
  /** Whether each point says when it was. */
  readonly isTimed: boolean;
}

/**
 * The points of a request as rows in the form of `POINTS`, for a contract of the lake to read; the same point once. A point
 * without a time gets that of its `arrival`, milliseconds since the epoch.
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
  let long: WrongLine | null = null;
  const wrong = points.readAll(() => {
    const [from, to] = [point.timeStart, point.timeEnd];
    const hasTime = from < to;
    const time = b.toString("latin1", from, to);
    if (hasTime && instant(time) === null) return false;
    if (!hasTime) isTimed = false;
    const text = b.toString("utf8", points.start, hasTime ? from : points.end).replace(/[ \t]+$/, "");
    const row = `${text} ${hasTime ? BigInt(time) * factor : `${arrival}000000`}`;
    if (Buffer.byteLength(row) + NUMBER_BYTES > maxBytes) {
      long ??= { line: points.line, message: `the point is longer than ${maxBytes} bytes. Raise --max-row-bytes` };
    }
    rows.add(row);
    return true;
  });
  return wrong ?? long ?? { rows: [...rows], isTimed };
}
