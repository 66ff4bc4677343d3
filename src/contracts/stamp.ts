import type { ReadingPlan } from "./plan.ts";
import { RowBuffer, type Stamp } from "./row-buffer.ts";

/** Of each measure; null where something of it is told by the record. There may be a hundred thousand: what is the same is one object. */
export function stampsOf(plan: ReadingPlan): (Stamp | null)[] {
  const { score, carry, truth } = plan;
  if (typeof score === "number" || carry.length > 0 || truth.size > 0) return plan.measures.map(() => null);
  const rows = new RowBuffer();
  const tails = new Map<Uint8Array, Uint8Array | null>();
  const tailOf = (unit: Uint8Array) => {
    const known = tails.get(unit);
    if (known !== undefined) return known;
    rows.comma();
    rows.addField(unit, 0, unit.length);
    rows.comma();
    rows.add(score);
    rows.endRow();
    const tail = taken(rows, 1);
    tails.set(unit, tail);
    return tail;
  };
  return plan.measures.map(({ id, unit, keep }) => {
    if (!(unit instanceof Uint8Array) || keep !== null) return null;
    const pieces = id.filter((piece) => typeof piece !== "number");
    if (pieces.length < id.length) return null;
    const device = idOf(pieces, plan);
    rows.comma();
    rows.addField(device, 0, device.length);
    rows.comma();
    const [head, tail] = [taken(rows, 0), tailOf(unit)];
    return head === null || tail === null ? null : { head, tail };
  });
}

function idOf(pieces: readonly Uint8Array[], { replace }: ReadingPlan): Uint8Array {
  const whole = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  return replace === null ? whole : Buffer.from(replace(Buffer.from(whole).toString("utf8")));
}

/** What was written, unless it has other line ends than so many, which whoever counts them takes for granted. */
function taken(rows: RowBuffer, lines: number): Uint8Array | null {
  const bytes = rows.lines === lines ? Buffer.from(rows.bytes.subarray(0, rows.to)) : null;
  rows.cut(0, 0);
  return bytes;
}
