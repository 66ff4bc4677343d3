import { windowsProblem } from "../storage/keys.ts";

/** What to say of names that a Windows file system could not hold; null where there are none. */
export function windowsNotice(keys: readonly string[]): string | null {
  const odd = keys.filter((key) => windowsProblem(key) !== null);
  if (odd.length === 0) return null;
  const names = odd.length === 1 ? "name" : "names";
  return `${odd.length} ${names} could not be copied to Windows, such as ${odd[0]}: ${windowsProblem(odd[0])}`;
}
