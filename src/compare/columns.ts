/** The columns of two headers, matched by name. */
export interface Columns {
  /** In A's order, with the position on each side. */
  readonly common: readonly { readonly name: string; readonly a: number; readonly b: number }[];
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** The common columns have another order in B. */
  readonly reordered: boolean;
  /** How many columns each header has: what a row has beyond them has no name. */
  readonly count: { readonly a: number; readonly b: number };
}

/** Names are exact. Of a name that is there several times, the first goes with the first and so on. */
export function matchColumns(a: readonly string[], b: readonly string[]): Columns {
  const [namesA, namesB] = [numbered(a), numbered(b)];
  const positions = new Map(namesB.map((name, i) => [name, i]));
  const common = namesA.flatMap((name, i) => {
    const there = positions.get(name);
    return there === undefined ? [] : [{ name: a[i], a: i, b: there }];
  });
  const known = new Set(namesA);
  return {
    common,
    onlyInA: a.filter((_, i) => !positions.has(namesA[i])),
    onlyInB: b.filter((_, i) => !known.has(namesB[i])),
    reordered: common.some((column, i) => i > 0 && column.b < common[i - 1].b),
    count: { a: a.length, b: b.length },
  };
}

/** Whether rows of the same bytes have the same cells in the same columns. */
export function areAlike({ onlyInA, onlyInB, reordered }: Columns): boolean {
  return onlyInA.length + onlyInB.length === 0 && !reordered;
}

/** The cells of the common columns, and those beyond the header: what two rows are compared by. */
export function comparable(columns: Columns, side: "a" | "b", cells: readonly string[]): (string | null)[] {
  return [...columns.common.map((column) => cells[column[side]] ?? null), ...cells.slice(columns.count[side])];
}

/** The name of a compared cell; a cell beyond the header is named by its position, `#9`. */
export function columnName({ common, count }: Columns, i: number): string {
  return common[i]?.name ?? `#${count.a + i - common.length + 1}`;
}

function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return `${before} ${name}`;
  });
}
