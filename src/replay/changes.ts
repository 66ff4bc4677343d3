import { CASE_FILE } from "./case.ts";
import type { Difference } from "./compare.ts";
import { type ExpectedRefusals, PROBLEMS_FILE, type Refusal } from "./refusals.ts";

/** What an update does to one file of a case. */
export interface Change {
  /** In the case's folder. */
  readonly file: string;
  readonly what: "written" | "changed" | "removed";
  /** A unified diff from what was expected to what is now, or a sentence where there is nothing to diff. */
  readonly diff: string;
}

const DONE = { unexpected: "written", changed: "changed", missing: "removed" } as const;

/** What makes the differences of a case go away, where these are refused now. */
export function changesOf(
  differences: readonly Difference[],
  expected: ExpectedRefusals,
  refused: readonly Refusal[],
): Change[] {
  const changes: Change[] = [];
  const [problems, keys]: [string[], string[]] = [[], []];
  for (const { key, kind, diff } of differences) {
    if (kind === "not_refused" && expected.keys.includes(key)) keys.push(diff);
    if (key === PROBLEMS_FILE || kind === "refused" || kind === "not_refused") problems.push(diff);
    else changes.push({ file: key, what: DONE[kind], diff });
  }
  const what = refused.length === 0 ? "removed" : expected.problems === null ? "written" : "changed";
  const isThere = expected.problems !== null || refused.length > 0;
  if (problems.length > 0 && isThere) changes.push({ file: PROBLEMS_FILE, what, diff: problems.join("") });
  if (keys.length > 0) changes.push({ file: CASE_FILE, what: "changed", diff: keys.join("") });
  return changes;
}

/** The lines that a diff adds and takes away, and where it begins, in one line: `+1 -1, line 2: a,1 → a,2`. */
export function shortOf({ diff }: Change): string {
  const lines = diff.split("\n");
  const start = lines.findIndex((line) => line.startsWith("@@ "));
  if (start < 0) return lines[0];
  const body = lines.slice(start);
  const [added, removed] = [body.filter((line) => line.startsWith("+")), body.filter((line) => line.startsWith("-"))];
  const first = body.findIndex((line) => /^[+-]/.test(line));
  const line = Number(/^@@ -\d+(?:,\d+)? \+(\d+)/.exec(body[0])?.[1]) + first - 1;
  const was = body[first].startsWith("-") ? body[first].slice(1) : "(none)";
  const next = body.slice(first).find((one) => !one.startsWith("-") && !one.startsWith("\\"));
  const is = next?.startsWith("+") ? next.slice(1) : "(none)";
  return `+${added.length} -${removed.length}, line ${Math.max(1, line)}: ${cut(was)} → ${cut(is)}`;
}

/** Rows may be long. */
const SHOWN_CHARACTERS = 80;

function cut(row: string): string {
  return row.length > SHOWN_CHARACTERS ? `${row.slice(0, SHOWN_CHARACTERS)}…` : row;
}
