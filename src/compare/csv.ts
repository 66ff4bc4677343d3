import { GOLD } from "../ledger/layers.ts";
import type { LakeStorage } from "../storage/port.ts";
import { alignRows } from "./align.ts";
import { areAlike, type Columns, comparable, matchColumns } from "./columns.ts";
import { type CsvDifference, createFindings } from "./findings.ts";
import { createLookahead } from "./lookahead.ts";
import { cellsOf, readRows, type WrittenRow } from "./rows.ts";

export interface CompareOptions {
  /** Cells and rows told per object; the rest is counted. */
  readonly limit: number;
  readonly maxRowBytes: number;
}

const DEVICE_ID = "device_id";

type Batches = AsyncGenerator<WrittenRow[], void, undefined>;

/** What one CSV object differs in between two lakes, in bounded memory. Throws `row_too_long`, `not_found`. */
export async function compareCsv(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  key: string,
  { limit, maxRowBytes }: CompareOptions,
): Promise<CsvDifference> {
  const [a, b] = [readRows(lakeA, key, maxRowBytes), readRows(lakeB, key, maxRowBytes)];
  try {
    const [headerA, headerB] = [await takeHeader(a), await takeHeader(b)];
    const columns = matchColumns(headerA.names, headerB.names);
    const findings = createFindings(columns, limit);
    const [restA, restB] = [following(headerA.rest, a), following(headerB.rest, b)];
    const byDevice = key.startsWith(GOLD) && columns.common.some(({ name }) => name === DEVICE_ID);
    if (byDevice) await compareGold(restA, restB, columns, findings);
    else {
      const idOf = (side: "a" | "b") => (row: WrittenRow) =>
        areAlike(columns) ? row.bytes : JSON.stringify(comparable(columns, side, cellsOf(row)));
      await alignRows(createLookahead(restA, idOf("a")), createLookahead(restB, idOf("b")), findings);
    }
    return findings.result();
  } finally {
    await a.return();
    await b.return();
  }
}

/** The names of the first row, and the rows that came with it. Blanks around names do not count, as in the stages. */
async function takeHeader(batches: Batches): Promise<{ names: string[]; rest: WrittenRow[] }> {
  const { value } = await batches.next();
  if (value === undefined) return { names: [], rest: [] };
  const [header, ...rest] = value;
  return { names: cellsOf(header).map((name) => name.trim()), rest };
}

async function* following(first: WrittenRow[], batches: Batches): Batches {
  yield first;
  yield* batches;
}

/** Rows of gold belong together by their device, wherever they stand. Memory grows with devices. */
async function compareGold(
  a: Batches,
  b: Batches,
  columns: Columns,
  findings: ReturnType<typeof createFindings>,
): Promise<void> {
  const left = new Map<string, WrittenRow>();
  for await (const [name, row] of byDevice(a, columns, "a")) left.set(name, row);
  for await (const [name, row, id] of byDevice(b, columns, "b")) {
    const there = left.get(name);
    left.delete(name);
    if (there === undefined) findings.only("b", row);
    else if (there.bytes === row.bytes && areAlike(columns)) findings.same();
    else findings.changed(there, row, id);
  }
  for (const row of left.values()) findings.only("a", row);
}

/** Each row with a name for it: its device, and the ordinal row of that device it is. */
async function* byDevice(rows: Batches, { common }: Columns, side: "a" | "b") {
  const position = common.find(({ name }) => name === DEVICE_ID)![side];
  const seen = new Map<string, number>();
  for await (const batch of rows) {
    for (const row of batch) {
      const id = cellsOf(row)[position] ?? "";
      const before = seen.get(id) ?? 0;
      seen.set(id, before + 1);
      yield [`${before} ${id}`, row, id] as const;
    }
  }
}
