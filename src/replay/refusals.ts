import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { VantageflowError } from "../errors.ts";
import type { BatchResult } from "../functions/result.ts";
import type { Fault } from "../ledger/receipts.ts";
import type { Difference } from "./compare.ts";
import { unifiedDiff } from "./unified-diff.ts";

export const PROBLEMS_FILE = "problems.json";

/** Why a batch is refused, in the words of its dead letter. */
export interface Refusal extends Fault {
  readonly key: string;
}

/** What a case expects to be refused. */
export interface ExpectedRefusals {
  /** Bronze keys of `case.json`, which say no more than that. */
  readonly keys: readonly string[];
  /** Of `problems.json`: every one with its problem. Null where there is no such file. */
  readonly problems: readonly Refusal[] | null;
}

/** What was refused, sorted by key. */
export function refusalsOf(results: readonly BatchResult[]): Refusal[] {
  return sorted(
    results.flatMap(({ key, outcome, error }) => (outcome === "refused" && error ? [{ key, ...error }] : [])),
  );
}

/** Null where the case has no such file. Throws `config_invalid`. */
export async function readProblems(dir: string): Promise<Refusal[] | null> {
  const file = join(dir, PROBLEMS_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const problems = parse(text);
  if (problems !== null) return sorted(problems);
  const why = "it is not a list of problems, each with key, code, message, line and column";
  throw new VantageflowError("config_invalid", `Cannot read "${file}": ${why}. Remove it and run replay --update.`);
}

/** The text of `problems.json`: the same for the same refusals. */
export function problemsText(refusals: readonly Refusal[]): string {
  const fields = sorted(refusals).map(({ key, code, message, line, column }) => ({ key, code, message, line, column }));
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** Every difference between what was refused and should be; where the case says why, also between the reasons. */
export function compareRefusals(expected: ExpectedRefusals, actual: readonly Refusal[]): Difference[] {
  const problems = expected.problems ?? [];
  const wanted = new Set([...expected.keys, ...problems.map(({ key }) => key)]);
  const refused = new Set(actual.map(({ key }) => key));
  const differences: Difference[] = [];
  for (const key of [...wanted].toSorted()) {
    if (refused.has(key)) continue;
    differences.push({ key, kind: "not_refused", diff: `${key} should be refused, but was processed.\n` });
  }
  for (const key of refused) {
    if (wanted.has(key)) continue;
    differences.push({ key, kind: "refused", diff: `${key} was refused, but should be processed.\n` });
  }
  if (expected.problems === null) return differences;
  const before = problemsText(problems.filter(({ key }) => refused.has(key)));
  const after = problemsText(actual.filter(({ key }) => wanted.has(key)));
  if (before === after) return differences;
  return [...differences, { key: PROBLEMS_FILE, kind: "changed", diff: unifiedDiff(PROBLEMS_FILE, before, after) }];
}

function sorted(refusals: readonly Refusal[]): Refusal[] {
  return refusals.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function parse(text: string): Refusal[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isRefusal) ? value : null;
  } catch {
    return null;
  }
}

function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== "object" || value === null) return false;
  const { key, code, message, line, column, ...others } = value as Record<string, unknown>;
  const isPlace = (line === null || Number.isSafeInteger(line)) && (column === null || typeof column === "string");
  return isPlace && [key, code, message].every((one) => typeof one === "string") && Object.keys(others).length === 0;
}
