import { createTwoFilesPatch } from "diff";

/** A unified diff with three lines of context between what is expected of an output and what came out. */
export function unifiedDiff(name: string, expected: string, actual: string): string {
  const patch = createTwoFilesPatch(`expected/${name}`, `actual/${name}`, expected, actual, undefined, undefined, {
    context: 3,
  });
  return patch.replace(/^=+\n/, "");
}
