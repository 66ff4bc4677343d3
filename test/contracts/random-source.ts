import fc from "fast-check";

/**
 * Random sources with what is in them, told by the slow way: from the cells that were put into them, by regular expressions and
 * by text that is cut and joined. Nothing of it is shared with what reads sources.
 */

/** What one record of a source is: its own text, and of each of its readings the row, why it is none, or that it has no value. */
export interface ToldRecord {
  readonly text: string;
  readonly readings: readonly ({ readonly row: string } | { readonly reason: string } | "absent")[];
}

export interface RandomSource {
  readonly contract: Record<string, unknown> & { readonly format: { readonly type: string } };
  readonly records: readonly ToldRecord[];
  /** What stands in front of the records, between them and behind. */
  readonly front: string;
  readonly between: string;
  readonly behind: string;
}

export const time = fc.integer({ min: 0, max: 59 }).map((s) => `2025-01-01T00:00:${String(s).padStart(2, "0")}Z`);

const field = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
export const row = (...cells: readonly string[]) => cells.map(field).join(",");
