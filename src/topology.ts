import { VantageflowError } from "./errors.ts";
import { checkLayers, type Layer, type TableRetention } from "./layer.ts";
import json from "./topology.json" with { type: "json" };
import {
  firesFor,
  KINDS,
  loopFrom,
  MAX_RULES,
  overlap,
  type Rule,
  rulesOf,
  runsPerHour,
  type StartedBy,
  type StreamStart,
  starts,
  streamProblem,
  type Trigger,
} from "./triggers.ts";

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
  /** How often a failed invocation is tried again that nobody waits for: an asynchronous one, or a batch of a stream. */
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

/** A function that the records of a stream start. */
export interface StreamFunction extends AnyFunction {
  readonly startedBy: StreamStart;
}

/**
 * Any function; by the clock, `sweep` starts again whatever has no receipt, and `tables` brings silver into the table of readings,
 * and `detect` what is odd of these into that of detections; `stream` brings records of a stream into bronze; `api` answers requests.
 */
export type AnyFunctionId = FunctionId | "sweep" | "tables" | "detect" | "stream" | "api";

/** The system as data: the emulator runs from it and Terraform reads the same file. */
export interface Topology {
  readonly stage: string;
  /**
   * How the names of batches in bronze may end, a rule of S3's notifications each; a deployment may have others. Case counts:
   * loggers on FAT cards write `LOG00001.CSV`, and S3's filters tell case. `ledger/layers.ts` says how what is made of them is named.
   */
  readonly suffixes: readonly string[];
  /** How names of CSV end, the first being what is put behind other names: all that is made of a batch is CSV. */
  readonly csvSuffixes: readonly string[];
  readonly layers: Readonly<Record<string, Layer>>;
  readonly tables: Readonly<Record<"readings", TableRetention>>;
  readonly functions: Readonly<
    Record<FunctionId, LakeFunction> & Record<"stream", StreamFunction> & Record<AnyFunctionId, AnyFunction>
  >;
  readonly alarms: Readonly<Record<AlarmName, Alarm>>;
}

/** Folders in receipts/ that are no function's, so that no function may have their names; `ledger/names.ts` says what is in them. */
export const BESIDE_RECEIPTS = { failed: "failed", verify: "verify" } as const;

export const topology: Topology = checkFunctions(checkLayers(json as Topology));

/** In the order in which what one writes starts the next. */
export const FUNCTION_IDS = idsOf(topology);

/** The functions of a topology that objects start, those first that no other of them feeds. */
function idsOf({ functions }: Topology): readonly FunctionId[] {
  const ids = Object.entries<AnyFunction>(functions).flatMap(([id, { startedBy }]) =>
    startedBy.kind === "object" ? [id as FunctionId] : [],
  );
  const isFedBy = (id: FunctionId, other: FunctionId) => starts(functions[other].writes, functions[id].startedBy);
  const inOrder = (rest: readonly FunctionId[]): readonly FunctionId[] => {
    const [next] = rest.filter((id) => !rest.some((other) => isFedBy(id, other)));
    return next === undefined ? rest : [next, ...inOrder(rest.filter((id) => id !== next))];
  };
  return inOrder(ids);
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
 * Throws `config_invalid` for triggers that AWS refuses, more rules than a bucket has, two of one id or that both match one
 * key and event, and for those that it should: functions that set each other or themselves off for ever. Also for what nothing can be made from:
 * a name that is not a function's own, an unknown start, a prefix that is in no layer, objects that start a function which
 * does not read them.
 */
export function checkFunctions<T extends Topology>(given: T): T {
  const functions: readonly AnyFunction[] = Object.values(given.functions);
  checkNames(functions.map(({ name }) => name));
  for (const { name, startedBy } of functions) checkStart(name, startedBy);
  checkRules(
    functions.flatMap(({ startedBy: by }) =>
      by.kind === "object" ? rulesOf(by, suffixesUnder(by.prefix, given)) : [],
    ),
  );
  const ledger = [given.layers.receipts.prefix, given.layers.deadLetter.prefix];
  for (const start of functions) {
    const { name, startedBy } = start;
    if (startedBy.kind === "object" && starts(ledger, startedBy)) {
      const where = `"${name}" is started by objects in "${startedBy.prefix}", where every function writes`;
      throw refused(`${where}: it would go round for ever. Start it by other objects or by the clock`);
    }
    const loop = loopFrom(functions, start, []);
    if (loop !== null) throw refused(`${loop.join(" -> ")} would go round for ever. Write elsewhere`);
  }
  const layers = Object.values(given.layers).map(({ prefix }) => prefix);
  for (const one of functions) checkPrefixes(one, layers);
  return given;
}

function checkNames(names: readonly string[]): void {
  const beside: readonly string[] = Object.values(BESIDE_RECEIPTS);
  const wrong = names.find((name, i) => !/^[\w-]+$/.test(name) || beside.includes(name) || names.indexOf(name) < i);
  if (wrong === undefined) return;
  const rule = `of letters, digits, "-" and "_", beside ${beside.join(" and ")}, which have folders in receipts/ already`;
  throw refused(`a function has the name "${wrong}". Give it one of its own, ${rule}`);
}

function checkRules(rules: readonly Rule[]): void {
  if (rules.length > MAX_RULES) {
    const why = `it needs ${rules.length} rules, one for each trigger and suffix, and a bucket has ${MAX_RULES} at most`;
    throw refused(`${why}. Leave out suffixes that no source has`);
  }
  const named = ({ id, prefix, suffix }: Rule) => `"${id}" (${prefix}*${suffix})`;
  for (const [i, a] of rules.entries()) {
    for (const b of rules.slice(i + 1)) {
      if (overlap(a, b)) {
        throw refused(`the triggers ${named(a)} and ${named(b)} overlap: an object could match both. Keep them apart`);
      }
      if (a.id !== b.id) continue;
      const why = "and S3 refuses that: the rule of a trigger's second suffix has the trigger's id and -2";
      throw refused(`two rules have the id "${a.id}", ${why}. Give the triggers other ids`);
    }
  }
}

function checkStart(name: string, startedBy: StartedBy): void {
  const { kind } = startedBy;
  if (!KINDS.includes(kind)) {
    throw refused(`"${name}" is started by "${kind}", and nothing is. Use one of ${KINDS.join(", ")}`);
  }
  if (kind === "request" && !/^(\/[\w-]+)+$/.test(startedBy.path)) {
    throw refused(`"${name}" answers requests at "${startedBy.path}", and that is no path. Write /api/v1`);
  }
  const problem = kind === "stream" ? streamProblem(startedBy) : null;
  if (problem !== null) throw refused(`"${name}" ${problem}`);
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
