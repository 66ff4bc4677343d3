import { quote, VantageflowError } from "../errors.ts";
import type { BatchQuery, DetectionQuery, DeviceQuery } from "../monitor/details.ts";
import type { Instant } from "../pipeline/instant.ts";
import { instantOf } from "../pipeline/instant.ts";
import { DEVICE_FIELDS } from "../report/merge.ts";
import type { Schema } from "./schema.ts";

/** What a parameter of a query may be; the description of the API says the same. */
export type Parameter =
  | { readonly kind: "text"; readonly description: string }
  /** A point in time: see `tables/scan/instant.ts`. */
  | { readonly kind: "instant"; readonly description: string }
  | { readonly kind: "choice"; readonly description: string; readonly values: readonly string[] }
  | {
      readonly kind: "number";
      readonly description: string;
      readonly from: number;
      readonly to: number;
      /** What it is unless given, where that is always the same. */
      readonly or?: number;
    };

/** The parameters of a query by name; of a type, all that it has. */
export type Parameters<Name extends PropertyKey = string> = { readonly [name in Name]: Parameter };

const page = {
  limit: { kind: "number", description: "How many at most.", from: 1, to: 1000, or: 200 },
  offset: { kind: "number", description: "How many to leave out first.", from: 0, to: 1e9, or: 0 },
} as const;

export const DEVICE_PARAMETERS: Parameters<keyof DeviceQuery> = {
  contains: { kind: "text", description: "Part of the device's id, in any case." },
  sort: { kind: "choice", description: "By what.", values: DEVICE_FIELDS },
  order: { kind: "choice", description: "Which way.", values: ["asc", "desc"] },
  ...page,
};

export const BATCH_PARAMETERS: Parameters<keyof BatchQuery> = {
  contains: { kind: "text", description: "Part of the key." },
  outcome: { kind: "choice", description: "How it ended.", values: ["done", "refused", "failed"] },
  ...page,
};

/** The query of `/readings`, checked. */
export interface ReadingQuery {
  readonly device?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly order?: "asc" | "desc";
  readonly limit?: number;
  readonly cursor?: string;
}

export const READING_PARAMETERS: Parameters<keyof ReadingQuery> = {
  device: { kind: "text", description: "The id of one device, whole; unless given, all." },
  from: { kind: "instant", description: "Readings of this time and later." },
  to: { kind: "instant", description: "Readings before this time." },
  order: {
    kind: "choice",
    description: "By their time: newest first (desc), which it is unless given, or oldest first (asc).",
    values: ["desc", "asc"],
  },
  limit: { kind: "number", description: "How many at most.", from: 1, to: 1000, or: 200 },
  cursor: { kind: "text", description: "`cursor` of the page before. The rest as it was there." },
};

export const DETECTION_PARAMETERS: Parameters<keyof DetectionQuery> = {
  device: { kind: "text", description: "The id of one device, whole; unless given, all." },
  since: { kind: "instant", description: "Detections of readings of this time and later." },
  until: { kind: "instant", description: "Detections of readings before this time." },
  limit: { kind: "number", description: "How many at most.", from: 1, to: 1000, or: 200 },
};

/** The query of `/devices/{id}/values`, checked. */
export interface ValuesQuery {
  readonly span?: "day" | "week" | "month";
  readonly to?: Instant;
}

export const VALUES_PARAMETERS: Parameters<keyof ValuesQuery> = {
  span: {
    kind: "choice",
    description: "How long: a day (which it is unless given), 7 days or 30, in buckets of 3, 15 or 60 minutes.",
    values: ["day", "week", "month"],
  },
  to: {
    kind: "instant",
    description: "It ends with the newest reading before this time; unless given, with the newest of all.",
  },
};

export const EVENT_PARAMETERS: Parameters<"interval"> = {
  interval: {
    kind: "number",
    description: "Seconds between two looks at the lake; unless given, the server's: `interval` of the event `pace`.",
    from: 5,
    to: 86_400,
  },
};

/**
 * The query of a URL, checked: every value as its parameter has it, undefined where none is given. Throws `usage`, naming
 * what is allowed.
 */
export function readQuery<Query>(known: Parameters, given: URLSearchParams): Query {
  const query: Record<string, Value> = {};
  for (const [name, value] of given) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(", ");
      throw refusedParameter(name, `there is no such parameter. ${names === "" ? "This takes none" : `Use ${names}`}`);
    }
    if (Object.hasOwn(query, name)) throw refusedParameter(name, "it is given twice. Give it once");
    query[name] = readValue(name, known[name], value);
  }
  return query as Query;
}

/** What a parameter's text says. */
type Value = string | number | Instant;

function readValue(name: string, parameter: Parameter, value: string): Value {
  if (parameter.kind === "text") return value;
  if (parameter.kind === "instant") {
    const instant = instantOf(value);
    if (instant !== null) return instant;
    const how = "Use 2025-12-27T12:31:50Z, with or without a fraction, 2025-12-27, or epoch seconds or milliseconds";
    // A plus sign that is not encoded is a blank.
    const plus = /T\S* /.test(value) ? "; a + is written %2B in a URL" : "";
    throw refusedParameter(name, `${quote(value)} is no time. ${how}${plus}`);
  }
  if (parameter.kind === "choice") {
    if (parameter.values.includes(value)) return value;
    throw refusedParameter(name, `${quote(value)} is none of its values. Use ${parameter.values.join(", ")}`);
  }
  const { from, to } = parameter;
  if (/^\d{1,10}$/.test(value) && Number(value) >= from && Number(value) <= to) return Number(value);
  throw refusedParameter(name, `${quote(value)} is no such number. Use a whole number from ${from} to ${to}`);
}

/** What is said of a parameter that is not what it may be. */
export function refusedParameter(name: string, why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot read the parameter ${quote(name)}: ${why}.`);
}

/** The parameter as JSON Schema. */
export function schemaOf(parameter: Parameter): Schema {
  if (parameter.kind === "text" || parameter.kind === "instant") return { type: "string" };
  if (parameter.kind === "choice") return { type: "string", enum: parameter.values };
  const { from: minimum, to: maximum, or } = parameter;
  return { type: "integer", minimum, maximum, ...(or === undefined ? {} : { default: or }) };
}
