import { hashId } from "../pipeline/devices.ts";
import type { Judge, Limits } from "../pipeline/judge.ts";
import type { RowSource } from "../pipeline/source.ts";
import { fits } from "./glob.ts";
import { Places } from "./places.ts";
import type { Contract } from "./vocabulary.ts";

type Rule = Contract["rules"][number];

/** The rules for readings of one device, unit and measure. */
interface Case extends Limits {
  readonly bounds: readonly Bound[];
}

interface Bound {
  readonly rule: number;
  readonly min: number;
  readonly max: number;
  readonly isReject: boolean;
}

/** What the rules and thresholds of a contract say, else `threshold`; null where it has none. */
export function judgeOf(contract: Contract, threshold: number): Judge | null {
  return contract.rules.length + contract.threshold.length === 0 ? null : new ContractJudge(contract, threshold);
}

/** Whether some rule is for certain measures. */
export function asksMeasure({ rules }: Contract): boolean {
  return rules.some(({ measures }) => measures !== undefined);
}

/** Which rules hold is worked out once for each device, unit and measure. */
class ContractJudge implements Judge {
  readonly asksMeasure: boolean;
  readonly #contract: Contract;
  readonly #threshold: number;
  #measureName: (measure: number) => string = () => "";
  readonly #counts: number[];
  /** Whether each rule was for a reading so far: known where a case is worked out, and not by reading. */
  readonly #isMet: boolean[];
  #cases = 0;
  readonly #places: Places<Case>;

  constructor(contract: Contract, threshold: number) {
    const { rules } = contract;
    this.#contract = contract;
    this.#threshold = threshold;
    this.asksMeasure = asksMeasure(contract);
    this.#counts = rules.map(() => 0);
    this.#isMet = rules.map(() => false);
    this.#places = new Places((device, unit, measure) => this.#caseOf(device, unit, measure));
  }

  begin(source: Pick<RowSource, "measureName">): void {
    this.#measureName = (measure) => source.measureName(measure);
  }

  judge(
    b: Uint8Array,
    idStart: number,
    idEnd: number,
    hash: number,
    unitStart: number,
    unitEnd: number,
    measure: number,
    numbers: Float64Array,
  ): number {
    const place = this.#places.at(b, idStart, idEnd, hash, unitStart, unitEnd, measure);
    const byScore = numbers[1] > place.threshold ? 1 : 0;
    return numbers[0] >= place.least && numbers[0] <= place.greatest ? byScore : outside(place, numbers[0], byScore);
  }

  limits(b: Uint8Array, idStart: number, idEnd: number, unitStart: number, unitEnd: number): Limits {
    return this.#places.at(b, idStart, idEnd, hashId(b, idStart, idEnd), unitStart, unitEnd, -1);
  }

  count(rule: number, readings: number): void {
    this.#counts[rule] += readings;
  }

  textOf(rule: number): string {
    const { name, min, max } = this.#contract.rules[rule];
    const bounds = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`;
    return `outside of the rule ${JSON.stringify(name)}: ${bounds}`;
  }

  counts(): Readonly<Record<string, number>> | null {
    const { rules } = this.#contract;
    if (rules.length === 0) return null;
    return Object.fromEntries(rules.map(({ name }, i) => [name, this.#counts[i]]));
  }

  unmet(): readonly string[] {
    if (this.#cases === 0) return [];
    return this.#contract.rules.filter((_, i) => !this.#isMet[i]).map(({ name }) => name);
  }

  #caseOf(device: string, unit: string, measure: number): Case {
    const { rules, threshold } = this.#contract;
    const name = measure < 0 ? "" : this.#measureName(measure);
    const bounds = rules.flatMap((rule, i) => (isFor(rule, device, unit, name) ? [boundOf(rule, i)] : []));
    this.#cases++;
    for (const { rule } of bounds) this.#isMet[rule] = true;
    const above = threshold.find(({ devices }) => fits(devices, device))?.above ?? this.#threshold;
    const [least, greatest] = within(bounds);
    const [lowest, highest] = within(bounds.filter(({ isReject }) => isReject));
    const anomalous = bounds.filter(({ isReject }) => !isReject);
    const rule = anomalous.length === 1 ? anomalous[0].rule : -1;
    return { threshold: above, least, greatest, lowest, highest, rule, bounds };
  }
}

/** The least and the greatest value that is within all of these. */
function within(bounds: readonly Bound[]): [number, number] {
  return [Math.max(...bounds.map(({ min }) => min)), Math.min(...bounds.map(({ max }) => max))];
}

/** See `Judge.judge`, of a value that is not within all bounds. */
function outside({ bounds }: Case, value: number, byScore: number): number {
  let anomaly = byScore;
  for (const { min, max, isReject, rule } of bounds) {
    if (value >= min && value <= max) continue;
    if (isReject) return -1 - rule;
    if (anomaly < 2) anomaly = 2 + rule;
  }
  return anomaly;
}

function isFor({ units, devices, measures }: Rule, device: string, unit: string, measure: string): boolean {
  if (units !== undefined && !units.includes(unit)) return false;
  if (devices !== undefined && !fits(devices, device)) return false;
  return measures === undefined || measures.includes(measure);
}

function boundOf(rule: Rule, index: number): Bound {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule;
  return { rule: index, min, max, isReject: rule.then === "reject" };
}
