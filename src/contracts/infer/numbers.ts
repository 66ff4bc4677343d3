import { moveDigits } from "../fields/digits.ts";

/** How a file writes its numbers, in the words of `format`. */
export interface NumberForm {
  readonly decimalChar: "." | ",";
  readonly groupChar: string;
}

export const PLAIN_NUMBERS: NumberForm = { decimalChar: ".", groupChar: "" };

/** The simplest first: of those that read as many cells, the first is taken. */
const FORMS: readonly NumberForm[] = [
  PLAIN_NUMBERS,
  { decimalChar: ",", groupChar: "" },
  ...[",", " ", "\u00a0", "\u202f", "'", "’", "_"].map((groupChar) => ({ decimalChar: "." as const, groupChar })),
  ...[".", " ", "\u00a0", "\u202f", "'", "’"].map((groupChar) => ({ decimalChar: "," as const, groupChar })),
];

const LONGEST_NUMBER = 64;

/** Whether a cell is a number of a form: as rows are read later. */
export function isNumber(cell: string, { decimalChar, groupChar }: NumberForm): boolean {
  if (cell.length > LONGEST_NUMBER || !/\d/.test(cell)) return false;
  const b = Buffer.from(cell);
  const style = { decimalChar: decimalChar.charCodeAt(0), groupChar: Buffer.from(groupChar) };
  return moveDigits(b, 0, b.length, style, Buffer.alloc(b.length + 1), 0) >= 0;
}

/** Whether a cell is a number in any form; a glance, for telling cells of numbers from others. */
export function isLikeNumber(cell: string): boolean {
  return cell.length <= LONGEST_NUMBER && /^[+-]?(?:\d[\d.,'’_ \u00a0\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?$/.test(cell);
}

/**
 * The form that reads the most of the cells, and whether another one reads all of them as other numbers. A comma that parts
 * fields as well is rather one between thousands than in front of a fraction.
 */
export function numberFormOf(
  cells: readonly string[],
  delimiter: string,
): { readonly form: NumberForm; readonly isDoubtful: boolean } {
  const marked = cells.filter((cell) => isLikeNumber(cell) && /[.,'’_ \u00a0\u202f]/.test(cell)).slice(0, 5000);
  if (marked.length === 0) return { form: PLAIN_NUMBERS, isDoubtful: false };
  const forms =
    delimiter === "," ? FORMS.toSorted((a, b) => Number(a.decimalChar === ",") - Number(b.decimalChar === ",")) : FORMS;
  const counts = forms.map((form) => marked.filter((cell) => isNumber(cell, form)).length);
  const most = Math.max(...counts);
  const form = forms[counts.indexOf(most)];
  // 1.234 and 1,234 may be a number between 1 and 2, or more than a thousand.
  const isOfThree = (cell: string) => /^[+-]?[1-9]\d{0,2}(?:\.\d{3}|,\d{3})$/.test(cell);
  return { form, isDoubtful: (delimiter !== "," || form !== PLAIN_NUMBERS) && marked.every(isOfThree) };
}

/** The value of a cell of a form, for comparing only. */
export function numberIn(cell: string, { decimalChar, groupChar }: NumberForm): number {
  const digits = groupChar === "" ? cell : cell.replaceAll(groupChar, "");
  return Number(decimalChar === "," ? digits.replace(",", ".") : digits);
}
