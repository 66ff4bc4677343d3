import type { ComparedRow, Lookahead } from "./lookahead.ts";

/** What becomes of the rows of two sides. */
export interface Alignment {
  same(): void;
  changed(a: ComparedRow, b: ComparedRow): void;
  only(side: "a" | "b", row: ComparedRow): void;
}

/**
 * Walks two sequences of rows side by side. Rows at the same place go together. Where they differ, the current row of
 * each side is looked for ahead on the other one, within its window: found, what lies before it is only there (rows were
 * inserted or removed), unless rows agree place by place sooner; not found, the two rows are one that has changed. A
 * longer block than the window is told as changed rows.
 */
export async function alignRows(a: Lookahead, b: Lookahead, found: Alignment): Promise<void> {
  for (;;) {
    if (a.known() === 0) await a.begin();
    if (b.known() === 0) await b.begin();
    const [x, y] = [a.at(0), b.at(0)];
    if (x === undefined || y === undefined) break;
    if (x.id === y.id) {
      found.same();
      a.drop();
      b.drop();
      continue;
    }
    await a.lookAhead();
    await b.lookAhead();
    const { onlyInA, onlyInB } = gap(a, b, x, y);
    if (onlyInA + onlyInB === 0) {
      found.changed(x, y);
      a.drop();
      b.drop();
    }
    for (let i = 0; i < onlyInA; i++) takeOnly(a, "a", found);
    for (let i = 0; i < onlyInB; i++) takeOnly(b, "b", found);
  }
  for (const [rows, side] of [[a, "a"] as const, [b, "b"] as const]) {
    for (await rows.begin(); rows.known() > 0; await rows.begin()) takeOnly(rows, side, found);
  }
}

/** How many rows, from the current ones on, are on one side only; none when the current rows are one that has changed. */
function gap(a: Lookahead, b: Lookahead, x: ComparedRow, y: ComparedRow): { onlyInA: number; onlyInB: number } {
  const [inA, inB] = [a.find(y.id), b.find(x.id)];
  const nearest = inA === 0 || (inB > 0 && inB < inA) ? inB : inA;
  for (let i = 1; i <= nearest; i++) if (a.at(i)?.id === b.at(i)?.id) return { onlyInA: 0, onlyInB: 0 };
  return nearest === inA ? { onlyInA: nearest, onlyInB: 0 } : { onlyInA: 0, onlyInB: nearest };
}

function takeOnly(rows: Lookahead, side: "a" | "b", found: Alignment): void {
  found.only(side, rows.at(0)!);
  rows.drop();
}
