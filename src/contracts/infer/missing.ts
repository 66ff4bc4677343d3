import { isNumber, type NumberForm, numberIn } from "./numbers.ts";
import { filled, listing, type SourceColumn } from "./source-table.ts";
import { isMissingWord } from "./words.ts";

/** Numbers that loggers write for no value, in any number of digits. */
const SENTINEL =
  /^(?:-?(?:9{3,6}|9{2,4}[.,]9{1,4}|9{3,5}[.,]0{1,4})|-99|-200|-32768|32767|65535|-6999|6999|-7999|7999|-888[.,]88|-127(?:[.,]0+)?|9\.96921e\+?36|3276[.,]7|-3276[.,]8)$/i;

/** More texts than these are not listed. */
const MOST = 20;

/** The cells of columns of values that are none: texts, and numbers that stand far off and are known for it. */
export function missingIn(values: readonly SourceColumn[], form: NumberForm, unsure: string[]): string[] {
  const texts = new Map<string, string>();
  const sentinels = new Map<string, string>();
  const strange = new Set<string>();
  for (const column of values) {
    const cells = filled(column);
    for (const cell of cells) {
      if (isNumber(cell, form)) continue;
      if (isMissingWord(cell) || !/\d/.test(cell)) texts.set(cell, column.name);
      else strange.add(cell);
    }
    for (const cell of sentinelsIn(cells, form)) sentinels.set(cell, column.name);
  }
  const words = [...texts.keys()].filter((text) => text.length <= 40).slice(0, MOST);
  const doubtful = words.filter((text) => !isMissingWord(text));
  if (doubtful.length > 0) {
    unsure.push(
      `${listing(doubtful, 10)} ${doubtful.length === 1 ? "stands among numbers and is" : "stand among numbers and are"} taken for no reading. If they are 1 and 0, move them from format.missingValues to trueValues and falseValues.`,
    );
  }
  if (strange.size > 0)
    unsure.push(
      `${listing([...strange])} among the values are no numbers as the others are, and are rejected. If they are no reading, name them in format.missingValues.`,
    );
  for (const [cell, name] of sentinels) {
    unsure.push(
      `${JSON.stringify(cell)} is taken for no reading: it stands far off the other values of ${JSON.stringify(name)}. Take it out of format.missingValues, if it is one.`,
    );
  }
  return [...words, ...sentinels.keys()];
}

function sentinelsIn(cells: readonly string[], form: NumberForm): string[] {
  const found = [...new Set(cells.filter((cell) => SENTINEL.test(cell) && isNumber(cell, form)))];
  if (found.length === 0) return [];
  const numbers = cells
    .filter((cell) => !found.includes(cell) && isNumber(cell, form))
    .map((cell) => numberIn(cell, form));
  if (numbers.length === 0) return [];
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const most = numbers.reduce((a, b) => Math.max(a, b));
  const room = Math.max(most - least, Math.abs(most) * 0.1, Math.abs(least) * 0.1);
  return found.filter((cell) => {
    const number = numberIn(cell, form);
    return number < least - room / 4 && number < 0 ? least >= 0 || number < least - room : number > most + 2 * room;
  });
}
