/** What starts a function of the topology. */
export type StartedBy =
  | Trigger
  /** EventBridge Scheduler's notation of a rate: `rate(15 minutes)`. */
  | { readonly kind: "schedule"; readonly rate: string }
  | StreamStart
  /** The path of the HTTP requests that it answers, all below it included. */
  | { readonly kind: "request"; readonly path: string };

/** Records of a stream that start a function: Lambda's event source mapping, which makes each batch one invocation. */
export interface StreamStart {
  readonly kind: "stream";
  /** The stream's name. */
  readonly stream: string;
  /** Records of one invocation, 10,000 at most, and how long it gathers them, 300 seconds at most. */
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Older records are given up, after 7 days at most. */
  readonly maxRecordAgeSeconds: number;
  /** Whether a batch that fails is cut in two. */
  readonly bisect: boolean;
}

/** Objects that start a function: one S3 notification rule for each suffix of names under its prefix, see {@link rulesOf}. */
export interface Trigger {
  readonly kind: "object";
  readonly id: string;
  /** `s3:ObjectCreated:Put`, or `s3:ObjectCreated:*` for all of a kind. */
  readonly events: readonly string[];
  readonly prefix: string;
}

/** An S3 notification rule: one prefix and one suffix, no wildcards (S3 user guide, "Configuring event notifications using object key name filtering"). */
export interface Rule extends Trigger {
  readonly suffix: string;
}

/** Rules that a bucket may have (AWS general reference, "Amazon S3 endpoints and quotas": event notifications). */
export const MAX_RULES = 100;

export const KINDS: readonly StartedBy["kind"][] = ["object", "schedule", "stream", "request"];

/** The rules that S3 needs for a trigger, each with an id of its own: S3 refuses two of one id. The first has the trigger's. */
export function rulesOf(trigger: Trigger, suffixes: readonly string[]): Rule[] {
  return suffixes.map((suffix, i) => ({ ...trigger, id: i === 0 ? trigger.id : `${trigger.id}-${i + 1}`, suffix }));
}

/** Events name what happened without the `s3:` of the rule (S3 user guide, "Event message structure"). */
export function firesFor({ events }: Trigger, eventName: string): boolean {
  return events.some((wanted) => {
    const rule = wanted.replace(/^s3:/, "");
    return rule.endsWith(":*") ? eventName.startsWith(rule.slice(0, -1)) : rule === eventName;
  });
}

/** Whether one object could match both: a prefix and a suffix of one are one of the other's, for some event of both. */
export function overlap(a: Rule, b: Rule): boolean {
  const suffixes = a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix);
  const kind = (event: string) => event.replace(/\*$/, "");
  const events = a.events.some((x) => b.events.some((y) => meet(kind(x), kind(y))));
  return meet(a.prefix, b.prefix) && suffixes && events;
}

/** Whether what is written under these prefixes starts a function. */
export function starts(writes: readonly string[], startedBy: StartedBy): boolean {
  return startedBy.kind === "object" && writes.some((written) => meet(written, startedBy.prefix));
}

/** As much of a function as says whose work starts whose. */
interface Started {
  readonly name: string;
  readonly writes: readonly string[];
  readonly startedBy: StartedBy;
}

/** The names of functions that trigger one another in a circle, or null. */
export function loopFrom(functions: readonly Started[], fn: Started, path: readonly Started[]): string[] | null {
  if (path.includes(fn)) return [...path.slice(path.indexOf(fn)), fn].map(({ name }) => name);
  for (const next of functions) {
    if (!starts(fn.writes, next.startedBy)) continue;
    const loop = loopFrom(functions, next, [...path, fn]);
    if (loop !== null) return loop;
  }
  return null;
}

/** Whether one key could begin with both. */
function meet(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

const MINUTES = { minute: 1, hour: 60, day: 1440 } as const;

/** How often in an hour a rate comes round; null for what is none (EventBridge Scheduler user guide, "Schedule types"). */
export function runsPerHour(rate: string): number | null {
  const [, count, unit] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(rate) ?? [];
  return count === undefined ? null : 60 / (Number(count) * MINUTES[unit as keyof typeof MINUTES]);
}

/** What Lambda does not take of a stream's start (API reference, CreateEventSourceMapping), or cannot stand in keys; null for none. */
export function streamProblem({ stream, batchSize, windowSeconds, maxRecordAgeSeconds }: StreamStart): string | null {
  if (!/^[A-Za-z0-9][\w.-]{0,127}$/.test(stream)) {
    const rule = "Letters, digits, _, - and . can stand in it, a letter or digit first, 128 at most";
    return `is started by the stream "${stream}", and none is called so. ${rule}`;
  }
  for (const [what, value, least, most] of [
    ["batchSize", batchSize, 1, 10_000],
    ["windowSeconds", windowSeconds, 0, 300],
    ["maxRecordAgeSeconds", maxRecordAgeSeconds, 60, 604_800],
  ] as const) {
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    return `has the ${what} ${value}, and Lambda takes ${least} to ${most}. Use one of these`;
  }
  return null;
}
