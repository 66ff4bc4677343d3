import type { At } from "../problem.ts";

/** Takes what is wrong at a place, and what to do. */
export type Report = (at: At, why: string, allowed: string) => void;

/** Reports each text of a list that was in it before. */
export function reportTwice(texts: readonly string[], at: At, report: Report): void {
  const seen = new Map<string, number>();
  for (const [i, text] of texts.entries()) {
    const first = seen.get(text);
    if (first === undefined) seen.set(text, i);
    else report([...at, i], `is the same as [${first}]`, "each one once");
  }
}
