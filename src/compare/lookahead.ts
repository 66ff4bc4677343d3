import type { WrittenRow } from "./rows.ts";

/** Rows that are looked at ahead of the current one, and their bytes at most: a block of as many is found again. */
const WINDOW_ROWS = 1000;
const WINDOW_BYTES = 2 * 1024 * 1024;

/** A row and what it is compared by. */
export interface ComparedRow extends WrittenRow {
  readonly id: string;
}

/** The rows of one side, from the current one on. */
export interface Lookahead {
  /** Reads until there is a current row, or none is left. */
  begin(): Promise<void>;
  /** Reads as far ahead as it goes. */
  lookAhead(): Promise<void>;
  /** How many rows are known. */
  readonly known: () => number;
  /** The current row is 0. */
  at(i: number): ComparedRow | undefined;
  /** How far ahead a row with this id is: the first one, 0 when none is in sight. Only after {@link lookAhead}. */
  find(id: string): number;
  /** Goes on to the next row. */
  drop(): void;
}

/** `idOf` says what a row is compared by. Rows are indexed only while something is looked for. */
export function createLookahead(
  batches: AsyncIterator<readonly WrittenRow[]>,
  idOf: (row: WrittenRow) => string,
): Lookahead {
  let rows: ComparedRow[] = [];
  let bytes = 0;
  let current = 0;
  /** Rows before this one are indexed, or gone. */
  let indexed = 0;
  let ended = false;
  /** The position in `rows` of the first row with an id. */
  const index = new Map<string, number>();

  async function read(): Promise<void> {
    const { done, value } = await batches.next();
    if (done === true) {
      ended = true;
      return;
    }
    if (current > 0) forget();
    for (const row of value) {
      rows.push({ line: row.line, bytes: row.bytes, id: idOf(row) });
      bytes += row.bytes.length;
    }
  }

  /** Lets go of the rows that were dropped. */
  function forget(): void {
    rows = rows.slice(current);
    indexed = Math.max(0, indexed - current);
    for (const [id, position] of index) index.set(id, position - current);
    current = 0;
  }

  return {
    async begin() {
      while (current === rows.length && !ended) await read();
    },
    async lookAhead() {
      while (rows.length - current < WINDOW_ROWS && bytes < WINDOW_BYTES && !ended) await read();
      indexed = Math.max(indexed, current);
      for (; indexed < Math.min(rows.length, current + WINDOW_ROWS); indexed++) {
        if (!index.has(rows[indexed].id)) index.set(rows[indexed].id, indexed);
      }
    },
    known: () => rows.length - current,
    at: (i) => rows[current + i],
    find(id) {
      const position = index.get(id);
      return position === undefined ? 0 : position - current;
    },
    drop() {
      const { id, bytes: written } = rows[current];
      if (index.get(id) === current) index.delete(id);
      bytes -= written.length;
      current++;
    },
  };
}
