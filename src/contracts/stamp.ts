import type { MeasurePlan, ReadingPlan } from "./plan.ts";
import { RowBuffer, type Stamp } from "./row-buffer.ts";

/** Null where something of it is told by the record. */
export function measureStamp(
  { name, id, unit, keep }: MeasurePlan,
  { score, carry, replace, truth }: ReadingPlan,
): Stamp | null {
  const isFixed = id.every((piece) => typeof piece !== "number") && unit instanceof Uint8Array;
  if (
    !isFixed ||
    typeof name === "number" ||
    typeof score === "number" ||
    carry.length > 0 ||
    keep !== null ||
    truth.size > 0
  )
    return null;
  const text = Buffer.concat(id as Uint8Array[]).toString("utf8");
  const [head, tail] = [new RowBuffer(), new RowBuffer()];
  head.comma();
  addText(head, Buffer.from(replace === null ? text : replace(text)));
  head.comma();
  tail.comma();
  addText(tail, unit);
  tail.comma();
  tail.add(score);
  tail.endRow();
  // One line and no more, as whoever counts them takes for granted.
  return head.lines === 0 && tail.lines === 1 ? { head: head.take(), tail: tail.take() } : null;
}

function addText(rows: RowBuffer, text: Uint8Array): void {
  rows.addField(text, 0, text.length);
}
