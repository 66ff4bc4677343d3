import { VantageflowError } from "./errors.ts";
import json from "./topology.json" with { type: "json" };

/** What starts a function: one S3 notification rule for each of the topology's suffixes, see {@link rulesOf}. */
export interface Trigger {
  readonly id: string;
  /** `s3:ObjectCreated:Put`, or `s3:ObjectCreated:*` for all of a kind. */
  readonly events: readonly string[];
  readonly prefix: string;
}

/** An S3 notification rule: one prefix and one suffix, no wildcards (S3 user guide, "Configuring event notifications using object key name filtering"). */
export interface Rule extends Trigger {
  readonly suffix: string;
}

interface FunctionLimits {
  readonly name: string;
  /** Of what it logs in CloudWatch's embedded metric format. */
  readonly metricsNamespace: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** How often a failed asynchronous invocation is tried again. */
  readonly retries: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LakeFunction extends FunctionLimits {
  readonly trigger: Trigger;
  /** Prefixes of what it writes and other functions may be triggered by. */
  readonly writes: readonly string[];
}

/** The function that starts again, by the clock, whatever has no receipt. */
interface Sweep extends FunctionLimits {
  /** EventBridge Scheduler's notation: `rate(15 minutes)`. */
  readonly schedule: string;
}

/** A folder of the lake, and all that is done to it as a whole: every list of layers is made from these. */
export type Layer = {
  readonly prefix: string;
  /** Days after which what was overwritten or removed cannot be restored any more. */
  readonly noncurrentDays: number;
  /** Whether a directory keeps what vantageflow replaces or removes of it; a bucket keeps it of every layer. */
  readonly retained: boolean;
  /** When a backup copies it: `last` what says that the rest is there, so that it never says so too soon. */
  readonly mirrored: "first" | "last" | "never";
  readonly storageClass: string;
  /** Where an object goes that is this old. */
  readonly transition?: { readonly afterDays: number; readonly storageClass: string };
} & Expiry;

/** `log`: of a table, whose objects are removed by its own vacuum only, for its log says which of them count. */
type Expiry =
  | {
      readonly expires: "age";
      /** Days after which an object is removed. */
      readonly retentionDays: number;
    }
  | { readonly expires: "log" | "never" };

/** One datapoint of a period above the threshold is an alarm. */
interface Alarm {
  readonly metric: string;
  /** As CloudWatch calls it: `GreaterThanThreshold`. */
  readonly comparison: string;
  readonly threshold: number;
  readonly periodSeconds: number;
}

export type AlarmName = "HighErrorRate" | "HighDuration" | "CostExceeded" | "WorkOverdue";

export type FunctionId = "bronzeToSilver" | "silverToGold";

/** The system as data: the emulator runs from it and Terraform reads the same file. */
export interface Topology {
  readonly stage: string;
  /** How the names of batches end. Case counts: loggers on FAT cards write `LOG00001.CSV`, and S3's filters tell case. */
  readonly suffixes: readonly string[];
  readonly layers: Readonly<Record<string, Layer>>;
  readonly functions: Readonly<Record<FunctionId, LakeFunction>>;
  readonly sweep: Sweep;
  readonly alarms: Readonly<Record<AlarmName, Alarm>>;
}

export const topology: Topology = checkTriggers(checkLayers(json as Topology));

export const FUNCTION_IDS = Object.keys(topology.functions) as readonly FunctionId[];

/** Days after which an object of a layer is removed by its age; Infinity where none is. */
export function retentionDaysOf(layer: Layer): number {
  return layer.expires === "age" ? layer.retentionDays : Number.POSITIVE_INFINITY;
}

/** The layer that a key is in; undefined for one that is in none. */
export function layerOf(key: string): Layer | undefined {
  return Object.values(topology.layers).find(({ prefix }) => key.startsWith(prefix));
}

/** The function that S3 would start for this event on this key; null when there is none. */
export function triggeredBy(key: string, eventName = "ObjectCreated:Put"): FunctionId | null {
  const fires = ({ trigger }: LakeFunction) =>
    matches(trigger, key) && trigger.events.some((wanted) => matchesEvent(wanted, eventName));
  return FUNCTION_IDS.find((id) => fires(topology.functions[id])) ?? null;
}

/** The function of this name or id; null when there is none. */
export function functionNamed(name: string): FunctionId | null {
  return FUNCTION_IDS.find((id) => id === name || topology.functions[id].name === name) ?? null;
}

/** Whether S3 would start the trigger's function for an object of this key. */
export function matches(trigger: Trigger, key: string): boolean {
  return key.startsWith(trigger.prefix) && topology.suffixes.some((suffix) => key.endsWith(suffix));
}

/** Why an object under a trigger's prefix is not processed that it does not match. */
export const OTHER_SUFFIX = `only names ending in ${topology.suffixes.map((one) => `"${one}"`).join(" or ")} are processed`;

/** The rules that S3 needs for a trigger, each with an id of its own: S3 refuses two of one id. The first has the trigger's. */
export function rulesOf(trigger: Trigger, suffixes: readonly string[] = topology.suffixes): Rule[] {
  return suffixes.map((suffix, i) => ({ ...trigger, id: i === 0 ? trigger.id : `${trigger.id}-${i + 1}`, suffix }));
}

/** Events name what happened without the `s3:` of the rule (S3 user guide, "Event message structure"). */
function matchesEvent(wanted: string, eventName: string): boolean {
  const rule = wanted.replace(/^s3:/, "");
  return rule.endsWith(":*") ? eventName.startsWith(rule.slice(0, -1)) : rule === eventName;
}

/**
 * Throws `config_invalid` for a layer that does not say what becomes of it, or says it twice: an object that expires by a
 * mistake is gone.
 */
export function checkLayers<T extends Topology>(given: T): T {
  const prefixes = Object.values(given.layers).map(({ prefix }) => prefix);
  for (const [id, layer] of Object.entries(given.layers)) {
    const refuse = (why: string, what: string) => refused(`the layer "${id}" ${why}. ${what}`);
    const { prefix, expires, mirrored } = layer;
    if (!/^[a-z-]+\/$/.test(prefix) || prefixes.indexOf(prefix) !== prefixes.lastIndexOf(prefix)) {
      throw refuse(`has the prefix "${prefix}"`, "Give it one folder of its own");
    }
    if (!["age", "log", "never"].includes(expires)) throw refuse(`expires by "${expires}"`, "Use age, log or never");
    if (!["first", "last", "never"].includes(mirrored)) {
      throw refuse(`is mirrored "${mirrored}"`, "Use first, last or never");
    }
    if ((expires === "age") !== "retentionDays" in layer) {
      throw refuse(`expires by "${expires}"`, "Give retentionDays to what expires by age, and to nothing else");
    }
  }
  return given;
}

/**
 * Throws `config_invalid` for triggers that AWS refuses, two rules that both match one key and event, and for those that
 * it should: functions that set each other off for ever.
 */
export function checkTriggers<T extends Topology>(given: T): T {
  const functions = Object.values(given.functions);
  const rules = functions.flatMap(({ trigger }) => rulesOf(trigger, given.suffixes));
  for (const [i, a] of rules.entries()) {
    for (const b of rules.slice(i + 1)) {
      if (!overlap(a, b)) continue;
      throw refused(`the triggers "${a.id}" and "${b.id}" overlap: an object could match both. Keep them apart`);
    }
  }
  for (const start of functions) {
    const loop = loopFrom(functions, start, []);
    if (loop !== null) throw refused(`${loop.join(" -> ")} would go round for ever. Write elsewhere`);
  }
  return given;
}

function refused(why: string): VantageflowError {
  return new VantageflowError("config_invalid", `Cannot use the topology: ${why}.`);
}

/** Both a prefix and a suffix of one must be one of the other's, for some event of both. */
function overlap(a: Rule, b: Rule): boolean {
  const prefixes = a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix);
  const suffixes = a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix);
  const kind = (event: string) => event.replace(/\*$/, "");
  const events = a.events.some((x) => b.events.some((y) => kind(x).startsWith(kind(y)) || kind(y).startsWith(kind(x))));
  return prefixes && suffixes && events;
}

/** The names of functions that trigger one another in a circle, or null. */
function loopFrom(
  functions: readonly LakeFunction[],
  fn: LakeFunction,
  path: readonly LakeFunction[],
): string[] | null {
  if (path.includes(fn)) return [...path.slice(path.indexOf(fn)), fn].map(({ name }) => name);
  for (const next of functions) {
    const { prefix } = next.trigger;
    if (!fn.writes.some((written) => written.startsWith(prefix) || prefix.startsWith(written))) continue;
    const loop = loopFrom(functions, next, [...path, fn]);
    if (loop !== null) return loop;
  }
  return null;
}
