/** What parts columns, as messages call it. */
export const SEPARATORS: ReadonlyMap<string, string> = new Map([
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "vertical bars"],
  [",", "commas"],
]);

/** What there is more of in a header than of what is expected to part its columns; null where there is nothing. */
export function separatorOf(text: string, expected: string): string | null {
  const count = (separator: string) => text.split(separator).length;
  return [...SEPARATORS.keys()].find((one) => one !== expected && count(one) > count(expected)) ?? null;
}
