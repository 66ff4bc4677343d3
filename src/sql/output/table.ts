import { type AnswerColumn, answerRows, cellText, columnsOf, type QueryAnswer } from "./cells.ts";

/** As much of an answer as is shown to people. */
export interface ShownRows {
  readonly columns: readonly (AnswerColumn & { readonly isNumber: boolean })[];
  readonly rows: readonly (readonly string[])[];
  /** There are more, which were not computed. */
  readonly isCut: boolean;
}

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

/** The first rows of an answer, at most `limit`. */
export async function shownRowsOf(answer: QueryAnswer, limit: number): Promise<ShownRows> {
  const types = answer.result.columnTypes();
  const columns = columnsOf(answer.result).map((column) => ({ ...column, isNumber: NUMBER.test(column.type) }));
  const rows: string[][] = [];
  for await (const some of answerRows(answer)) {
    for (const row of some) {
      if (rows.length === limit) return { columns, rows, isCut: true };
      rows.push(row.map((value, i) => cellText(value, types[i])));
    }
  }
  return { columns, rows, isCut: false };
}
