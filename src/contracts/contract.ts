import { checkFormat } from "./checks/format.ts";
import { checkContractName, checkPrefix, checkSuffixes } from "./checks/place.ts";
import { checkDataContract, checkReading } from "./checks/reading.ts";
import type { Report } from "./checks/report.ts";
import { checkMeasuresOfRules, checkRules, checkThresholds } from "./checks/rules.ts";
import { contractDigest } from "./digest.ts";
import { type Json, readJson } from "./json.ts";
import type { KnownNames } from "./known.ts";
import { type Problem, problem } from "./problem.ts";
import { type Misfit, misfitsOf } from "./structure.ts";
import { type Contract, contractSchema, ruleSchema } from "./vocabulary.ts";

/** A contract and its digest, or everything that is wrong with it. */
export type Parsed =
  | { readonly contract: Contract; readonly digest: string; readonly problems: readonly [] }
  | { readonly contract: null; readonly problems: readonly Problem[] };

/**
 * Reads a contract from its text. Never throws, whatever the text is; a text of more than 256 KiB, or nested deeper than
 * 32 levels, is refused. Every problem comes back at once: those of single values, and those between fields wherever
 * the fields themselves are in order; of more than 100 the first.
 */
export function parseContract(text: string, known: KnownNames): Parsed {
  const { value, problems: unreadable } = readJson(text);
  if (value === undefined) return { contract: null, problems: unreadable };
  const parsed = contractSchema.safeParse(value);
  const misfits = parsed.success ? [] : misfitsOf(parsed.error.issues, value, [], MOST_PROBLEMS);
  const sound = parsed.success ? parsed.data : soundParts(value, misfits);
  const problems = [...unreadable, ...misfits.map(({ path, why, allowed }) => ({ path, why, allowed }))];
  collect(problems, (report) => check(sound, value, known, report));
  if (!parsed.success || problems.length > 0) return { contract: null, problems };
  return { contract: withoutHeader(parsed.data), digest: contractDigest(value), problems: [] };
}

/** More problems than these are not looked for: the work for each may grow with the contract. */
const MOST_PROBLEMS = 100;
const ENOUGH = new Error("there are problems enough");

/** Adds what is reported to the problems. */
function collect(problems: Problem[], reporting: (report: Report) => void): void {
  try {
    if (problems.length > MOST_PROBLEMS) throw ENOUGH;
    reporting((at, why, allowed) => {
      problems.push(problem(at, why, allowed));
      if (problems.length > MOST_PROBLEMS) throw ENOUGH;
    });
  } catch (error) {
    if (error !== ENOUGH) throw error;
    problems.splice(MOST_PROBLEMS, problems.length, problem([], `has more than ${MOST_PROBLEMS} problems`, "none"));
  }
}

/** The parts of a contract that are in order by themselves, unknown keys left out. */
function soundParts(value: Json, misfits: readonly Misfit[]): Partial<Contract> {
  const copy = structuredClone(value);
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) return {};
  for (const { at, unknown } of misfits) if (unknown !== undefined) remove(copy, at);
  const parts = Object.entries(contractSchema.shape).flatMap(([key, schema]) => {
    const part = schema.safeParse(copy[key]);
    return part.success ? [[key, part.data]] : [];
  });
  return Object.fromEntries(parts);
}

function remove(from: Json, at: readonly PropertyKey[]): void {
  const owner = at.slice(0, -1).reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], from);
  delete (owner as Record<PropertyKey, unknown>)[at[at.length - 1]];
}

/** Of rules, by their places, the words that are in order by themselves: what is wrong with one hides nothing of the others. */
function soundRulesOf(value: Json): ReadonlyMap<number, Partial<Contract["rules"][number]>> {
  const { rules } = (value ?? {}) as { rules?: Json };
  if (!Array.isArray(rules)) return new Map();
  return new Map(rules.map((one, i) => [i, soundWords(ruleSchema.shape, one)]));
}

function soundWords(shape: typeof ruleSchema.shape, value: Json): Partial<Contract["rules"][number]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const parts = Object.entries(shape).flatMap(([key, schema]) => {
    const part = Object.hasOwn(value, key) ? schema.safeParse(value[key]) : null;
    return part?.success ? [[key, part.data]] : [];
  });
  return Object.fromEntries(parts);
}

function check(contract: Partial<Contract>, value: Json, known: KnownNames, report: Report): void {
  const { name, prefix, suffixes, format, reading, rules, threshold } = contract;
  if (name !== undefined) checkContractName(name, report);
  if (prefix !== undefined) checkPrefix(prefix, report);
  if (suffixes !== undefined) checkSuffixes(suffixes, report);
  if (format !== undefined) checkFormat(format, keysOfFormat(value), known, report);
  if (format !== undefined && reading !== undefined) {
    checkReading(format, reading, known, report);
    checkDataContract(format, reading, keysOfFormat(value), report);
  }
  const soundRules = rules === undefined ? soundRulesOf(value) : new Map(rules.entries());
  checkRules(soundRules, rules !== undefined, report);
  if (threshold !== undefined) checkThresholds(threshold, report);
  if (format === undefined || reading === undefined) return;
  checkMeasuresOfRules(soundRules, format, reading, report);
}

function keysOfFormat(value: Json): ReadonlySet<string> {
  const { format } = value as { format?: Json };
  return new Set(typeof format === "object" && format !== null ? Object.keys(format) : []);
}

/** A file without a header has no lines of it, whatever the default says. */
function withoutHeader(contract: Contract): Contract {
  const { format } = contract;
  if (format.type !== "csv" || format.header) return contract;
  return { ...contract, format: { ...format, headerRows: [] } };
}
