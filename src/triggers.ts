/** What starts a function of the topology. */
export type StartedBy =
  | Trigger
  /** EventBridge Scheduler's notation of a rate: `rate(15 minutes)`. */
  | { readonly kind: "schedule"; readonly rate: string }
  /** The name of the stream whose records it is given. */
  | { readonly kind: "stream"; readonly stream: string }
  /** The path of the HTTP requests that it answers, all below it included. */
  | { readonly kind: "request"; readonly path: string };

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
