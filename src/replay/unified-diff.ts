import { createTwoFilesPatch } from "diff";

/** Two texts further apart than this are not edits of each other, and the search for a diff grows with its square. */
const MAX_EDITS = 4000;

/** A unified diff with three lines of context between what is expected of an output and what came out. */
export function unifiedDiff(name: string, expected: string, actual: string): string {
  const patch = createTwoFilesPatch(`expected/${name}`, `actual/${name}`, expected, actual, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDITS,
  });
  return patch?.replace(/^=+\n/, "") ?? firstDifference(name, expected, actual);
}

function firstDifference(name: string, expected: string, actual: string): string {
  const [before, after] = [expected.split("\n"), actual.split("\n")];
  const at = before.findIndex((line, i) => line !== after[i]);
  const count = `${before.length} lines expected, ${after.length} came out, too different to show them all`;
  return `${name}: ${count}. Line ${at + 1}:\n-${before[at]}\n+${after[at] ?? ""}\n`;
}
