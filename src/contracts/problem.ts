import { quote } from "../errors.ts";

/** Where in a document something stands: keys of objects and indexes of lists, from the root. */
export type At = readonly PropertyKey[];

/** What is wrong with a contract, and where. */
export interface Problem {
  /** As JSONPath writes it (RFC 9535): `$.reading.value.measures["CO(GT)"].unit`. */
  readonly path: string;
  /** `is 2`, `is missing`, `is no key here`. */
  readonly why: string;
  /** What may stand there, or what to do: `one of "csv", "json"`. */
  readonly allowed: string;
}

export function problem(at: At, why: string, allowed: string): Problem {
  return { path: pathText(at), why, allowed };
}

/** A problem as a line of text. */
export function problemText({ path, why, allowed }: Problem): string {
  return `${path} ${why}. Allowed: ${allowed}.`;
}

function pathText(at: At): string {
  const steps = at.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    const name = String(key);
    return /^[A-Za-z_$][\w$]*$/.test(name) && name.length <= 80 ? `.${name}` : `[${quote(name)}]`;
  });
  return `$${steps.join("")}`;
}
