import { useState } from "preact/hooks";

/** What a reader has chosen on one page, still chosen when coming back from another. */
const kept = new Map<string, unknown>();

export function useKept<T>(name: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => (kept.has(name) ? (kept.get(name) as T) : initial));
  const keep = (next: T) => {
    kept.set(name, next);
    setValue(next);
  };
  return [value, keep];
}
