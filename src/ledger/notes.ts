import type { RowNotes } from "./receipts.ts";

interface Noted {
  /** How the batch is called. */
  readonly key: string;
  readonly notes?: RowNotes;
}

/** What there is to say of the rows of batches, a sentence each without its full stop. */
export function noteTexts(batches: readonly Noted[]): string[] {
  const cut = batches.filter(({ notes }) => notes?.last_line_unterminated).map(({ key }) => key);
  const spanning = batches.flatMap(({ key, notes }) => {
    return notes?.multiline_rows === undefined ? [] : [{ key, ...notes.multiline_rows }];
  });
  return [
    ...(cut.length > 0 ? [unterminatedText(cut)] : []),
    ...spanning.slice(0, 1).map(({ key, first_line }) => {
      const rows = spanning.reduce((sum, { count }) => sum + count, 0);
      const first = `${rows === 1 ? "" : "the first "}on line ${first_line} of ${key}`;
      return `${rows} row${rows === 1 ? "" : "s"} with a quoted field over several lines, ${first}`;
    }),
  ];
}

/** Of batches, at least one, whose last row has no line end. */
export function unterminatedText([first, ...others]: readonly string[]): string {
  return others.length === 0
    ? `The last row of ${first} has no line end: it may have been cut off`
    : `The last rows of ${others.length + 1} batches have no line end, as in ${first}: they may have been cut off`;
}
