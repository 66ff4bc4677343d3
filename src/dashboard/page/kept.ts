import { useState } from "preact/hooks";

/** What a reader has chosen on one page, still chosen when coming back from another. */
const kept = new Map<string, unknown>();

/** The choice, and a change of a part of it: of what is chosen then, not of what was when the change was made ready. */
export function useKept<T extends object>(name: string, initial: T): [T, (change: Partial<T>) => void] {
  const current = () => (kept.has(name) ? (kept.get(name) as T) : initial);
  const [value, setValue] = useState(current);
  const choose = (change: Partial<T>) => {
    const next = { ...current(), ...change };
    kept.set(name, next);
    setValue(next);
  };
  return [value, choose];
}
