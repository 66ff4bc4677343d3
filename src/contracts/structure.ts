import type * as z from "zod/mini";
import { quote } from "../errors.ts";
import type { Json } from "./json.ts";
import { nearest } from "./nearest.ts";
import { type At, type Problem, problem } from "./problem.ts";

/** What other tools call a thing, and what it is called here. */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  ...{ path: "column", field: "column", sep: "delimiter", separator: "delimiter", quote: "quoteChar" },
  ...{ decimal: "decimalChar", thousands: "groupChar", comment: "commentChar", charset: "encoding" },
  ...{
    headers: "names",
    columnNames: "names",
    skipRows: "headerRows",
    skiprows: "headerRows",
    nullValues: "missingValues",
  },
  ...{ na_values: "missingValues", tz: "zone", timezone: "zone", pattern: "format", device: "device_id", rename: "as" },
};

type Issue = z.core.$ZodIssue;

/** A problem of one value by itself; `unknown` is the key that no such object has. */
export interface Misfit extends Problem {
  readonly at: At;
  readonly unknown?: string;
}

/** The problems that zod found in `value`, whose place in the contract is `at`; one more than `most` of them, where there are more. */
export function misfitsOf(issues: readonly Issue[], value: Json | undefined, at: At, most: number): Misfit[] {
  const misfits: Misfit[] = [];
  for (const issue of issues) {
    if (misfits.length > most) break;
    misfits.push(...misfitsOfIssue(issue, value, at, most));
  }
  return misfits.slice(0, most + 1);
}

function misfitsOfIssue(issue: Issue, value: Json | undefined, root: At, most: number): Misfit[] {
  const at = [...root, ...issue.path];
  const here = issue.path.reduce(inside, value);
  if (issue.code === "unrecognized_keys")
    return issue.keys.slice(0, most + 1).map((key) => unknownKey(key, issue.message, at));
  if (issue.code === "invalid_key") {
    const key = String(issue.path[issue.path.length - 1]);
    return [misfit(at, `is called ${quote(key)}`, issue.issues[0]?.message ?? issue.message)];
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0)
    return misfitsOfForms(issue.errors, issue, here, at, most);
  const isObject = issue.code === "invalid_type" && issue.expected === "object";
  return [
    misfit(
      at,
      here === undefined ? "is missing" : `is ${shown(here)}`,
      isObject ? `an object of ${issue.message}` : issue.message,
    ),
  ];
}

/** Of an object that may have several forms: the problems of the one whose key it has. */
function misfitsOfForms(
  errors: readonly (readonly Issue[])[],
  { message }: Issue,
  here: Json | undefined,
  at: At,
  most: number,
): Misfit[] {
  if (here === undefined) return [misfit(at, "is missing", `an object with one of ${message}`)];
  if (typeof here !== "object" || here === null || Array.isArray(here)) {
    return [misfit(at, `is ${shown(here)}`, `an object with one of ${message}`)];
  }
  const keys = message.split(", ");
  const present = keys.filter((key) => Object.hasOwn(here, key));
  if (present.length === 1) return misfitsOf(errors[keys.indexOf(present[0])], here, at, most);
  if (present.length > 1) return [misfit(at, `has ${present.join(" and ")} side by side`, `one of ${message}`)];
  const unknown = errors.map((form) => new Set(form.flatMap((one) => (isOfKeys(one) ? one.keys : []))));
  const strange = Object.keys(here).filter((key) => unknown.every((keys) => keys.has(key)));
  if (strange.length === 0) return [misfit(at, `has none of ${message}`, `one of ${message}`)];
  return strange.slice(0, most + 1).map((key) => unknownKey(key, message, at));
}

function isOfKeys(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === "unrecognized_keys" && issue.path.length === 0;
}

function unknownKey(key: string, known: string, at: At): Misfit {
  const keys = known.split(", ");
  const also = Object.hasOwn(ALSO_CALLED, key) && keys.includes(ALSO_CALLED[key]) ? ALSO_CALLED[key] : null;
  const meant = also ?? nearest(key, keys);
  const why = meant === null ? "is no key here" : `is no key here; ${quote(meant)} is`;
  return { ...misfit([...at, key], why, known), unknown: key };
}

function misfit(at: At, why: string, allowed: string): Misfit {
  return { ...problem(at, why, allowed), at };
}

function inside(value: Json | undefined, key: PropertyKey): Json | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<PropertyKey, Json>)[key];
}

function shown(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? quote(value) : String(value);
}
