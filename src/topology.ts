import { VantageflowError } from "./errors.ts";
import json from "./topology.json" with { type: "json" };
import { firesFor, KINDS, overlap, rulesOf, runsPerHour, type StartedBy, starts, type Trigger } from "./triggers.ts";

/** A function of the system, whatever starts it. */
export interface AnyFunction {
  readonly name: string;
  /** Of what it logs in CloudWatch's embedded metric format. */
  readonly metricsNamespace: string;
  readonly startedBy: StartedBy;
  /** Prefixes of what it reads or looks at. */
  readonly reads: readonly string[];
  /** Prefixes of what it writes and other functions may be started by; receipts and dead letters go without saying. */
  readonly writes: readonly string[];
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** How often a failed asynchronous invocation is tried again. */
  readonly retries: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Custom metrics in its lines, the cold starts that Powertools counts included; a test counts them. */
  readonly metrics: number;
}

/** A function that objects start: an object is its work, and a receipt says what became of it. */
export interface LakeFunction extends AnyFunction {
  readonly startedBy: Trigger;
  /** The part that its receipts have, whatever the outcome: see `ReceiptParts`. */
  readonly receiptPart: "split" | "aggregate";
  /** Requests for one object beside its writes, counted by a test as those in docs/s3.md are. */
  readonly requests: { readonly list: number; readonly get: number };
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

/** A function that objects start, see {@link LakeFunction}. */
export type FunctionId = "bronzeToSilver" | "silverToGold";

/** Any function; `sweep` starts again, by the clock, whatever has no receipt. */
export type AnyFunctionId = FunctionId | "sweep";

/** The system as data: the emulator runs from it and Terraform reads the same file. */
export interface Topology {
  readonly stage: string;
  /**
   * How the names of batches in bronze may end. Case counts: loggers on FAT cards write `LOG00001.CSV`, and S3's filters
   * tell case. `ledger/layers.ts` says how what is made of them is named.
   */
  readonly suffixes: readonly string[];
  /** How names of CSV end, the first being what is put behind other names: all that is made of a batch is CSV. */
  readonly csvSuffixes: readonly string[];
  readonly layers: Readonly<Record<string, Layer>>;
  readonly functions: Readonly<Record<FunctionId, LakeFunction> & Record<AnyFunctionId, AnyFunction>>;
  readonly alarms: Readonly<Record<AlarmName, Alarm>>;
}

export const topology: Topology = checkFunctions(checkLayers(json as Topology));

/** In the order in which what one writes starts the next. */
export const FUNCTION_IDS = idsOf(topology);

/** The functions of a topology that objects start. */
function idsOf({ functions }: Topology): readonly FunctionId[] {
  return Object.entries<AnyFunction>(functions).flatMap(([id, { startedBy }]) =>
    startedBy.kind === "object" ? [id as FunctionId] : [],
  );
}

/** Something of each function that objects start. */
export function byFunction<T>(of: (id: FunctionId) => T): Record<FunctionId, T> {
  return Object.fromEntries(FUNCTION_IDS.map((id) => [id, of(id)])) as Record<FunctionId, T>;
}

/** Days after which an object of a layer is removed by its age; Infinity where none is. */
export function retentionDaysOf(layer: Layer): number {
  return layer.expires === "age" ? layer.retentionDays : Number.POSITIVE_INFINITY;
}

/** The layer that a key is in; undefined for one that is in none. */
export function layerOf(key: string): Layer | undefined {
  return Object.values(topology.layers).find(({ prefix }) => key.startsWith(prefix));
}

/** The function that objects of this place start, however their names end; null where they start none. */
export function functionIn(key: string): FunctionId | null {
  return FUNCTION_IDS.find((id) => key.startsWith(topology.functions[id].startedBy.prefix)) ?? null;
}

/** The function that S3 would start for this event on this key; null when there is none. */
export function triggeredBy(key: string, eventName = "ObjectCreated:Put"): FunctionId | null {
  const fires = ({ startedBy }: LakeFunction) => matches(startedBy, key) && firesFor(startedBy, eventName);
  return FUNCTION_IDS.find((id) => fires(topology.functions[id])) ?? null;
}

/** The function that objects start, of this name or id; null when there is none. */
export function functionNamed(name: string): FunctionId | null {
  return FUNCTION_IDS.find((id) => id === name || topology.functions[id].name === name) ?? null;
}

/** Whether S3 would start the trigger's function for an object of this key. */
export function matches(trigger: Trigger, key: string): boolean {
  return key.startsWith(trigger.prefix) && suffixesUnder(trigger.prefix).some((suffix) => key.endsWith(suffix));
}

/** Why an object under a trigger's prefix is not processed that it does not match. */
export function otherSuffix({ prefix }: Trigger): string {
  return onlyEndingIn(suffixesUnder(prefix));
}

export function onlyEndingIn(suffixes: readonly string[]): string {
  return `only names ending in ${suffixes.map((one) => `"${one}"`).join(" or ")} are processed`;
}

/** How the names of what is processed end under this prefix: of sources in bronze, of CSV behind it. */
export function suffixesUnder(
  prefix: string,
  { layers, suffixes, csvSuffixes }: Topology = topology,
): readonly string[] {
  return prefix.startsWith(layers.bronze.prefix) ? suffixes : csvSuffixes;
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
 * it should: functions that set each other off for ever. Also for what nothing can be made from: an unknown start, a
 * prefix that is in no layer, objects that start a function which does not read them.
 */
export function checkFunctions<T extends Topology>(given: T): T {
  const functions: readonly AnyFunction[] = Object.values(given.functions);
  for (const { name, startedBy } of functions) checkStart(name, startedBy);
  const rules = functions.flatMap(({ startedBy: by }) =>
    by.kind === "object" ? rulesOf(by, suffixesUnder(by.prefix, given)) : [],
  );
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
  const layers = Object.values(given.layers).map(({ prefix }) => prefix);
  for (const one of functions) checkPrefixes(one, layers);
  return given;
}

function checkStart(name: string, startedBy: StartedBy): void {
  const { kind } = startedBy;
  if (!KINDS.includes(kind)) {
    throw refused(`"${name}" is started by "${kind}", and nothing is. Use one of ${KINDS.join(", ")}`);
  }
  if (kind !== "schedule" || runsPerHour(startedBy.rate) !== null) return;
  throw refused(`"${name}" is started at "${startedBy.rate}", and that is no rate. Write rate(15 minutes)`);
}

function checkPrefixes({ name, startedBy, reads, writes }: AnyFunction, layers: readonly string[]): void {
  const known = (prefix: string) => layers.some((layer) => prefix.startsWith(layer));
  for (const [verb, prefixes] of Object.entries({ reads, writes })) {
    const unknown = prefixes.find((prefix) => !known(prefix));
    if (unknown === undefined) continue;
    throw refused(`"${name}" ${verb} "${unknown}", and no layer has it. Use one of ${layers.join(", ")}`);
  }
  if (startedBy.kind !== "object" || reads.some((prefix) => startedBy.prefix.startsWith(prefix))) return;
  throw refused(`"${name}" is started by objects in "${startedBy.prefix}" and does not read them. Add it to its reads`);
}

function refused(why: string): VantageflowError {
  return new VantageflowError("config_invalid", `Cannot use the topology: ${why}.`);
}

/** The names of functions that trigger one another in a circle, or null. */
function loopFrom(functions: readonly AnyFunction[], fn: AnyFunction, path: readonly AnyFunction[]): string[] | null {
  if (path.includes(fn)) return [...path.slice(path.indexOf(fn)), fn].map(({ name }) => name);
  for (const next of functions) {
    if (!starts(fn.writes, next.startedBy)) continue;
    const loop = loopFrom(functions, next, [...path, fn]);
    if (loop !== null) return loop;
  }
  return null;
}
