import { VantageflowError } from "../errors.ts";
import { type Frame, isText } from "./frames/frame.ts";
import type { MeasurePlan, ReadingPlan } from "./plan.ts";

/** Shorter records cannot become more than {@link MAX_BYTES}, however many readings they have. */
export const MAY_GROW_BYTES = 8192;
/** What the readings of one record may take along, for they are held at once. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Throws `row_too_long` for a record whose readings, each with all that goes along with every one of them, would be too
 * large: a note of 500 KB beside 50,000 measures is 25 GB. `timeBytes` is the length of its timestamp.
 */
export function checkGrowth(
  key: string,
  frame: Frame,
  { carry, score, measures }: ReadingPlan,
  leaf: MeasurePlan | null,
  timeBytes: number,
): void {
  const readings = measures.length + frame.leaves;
  const { unit } = measures[0] ?? leaf ?? {};
  let each = timeBytes;
  for (const part of [unit, score, ...carry.map(({ column }) => column)]) {
    if (typeof part === "number" && isText(frame.look(part))) each += frame.to - frame.from;
  }
  if (readings * each <= MAX_BYTES) return;
  const { line, byteOffset } = frame;
  const what = `its ${readings} readings take ${each} bytes along each, more than ${MAX_BYTES} together`;
  const message = `Cannot read "${key}": line ${line}: ${what}. Carry less, or split the record.`;
  throw new VantageflowError("row_too_long", message, { key, line, byteOffset });
}
