import { areNumbers, areStrings, isRecord } from "./shapes.ts";

/** The contract that a batch was read or refused by, and what came of its records; the built-in one is none. */
export interface ReadContract {
  readonly name: string;
  /** SHA-256 of what it says, lower-case hex. */
  readonly digest: string;
  /** The release of the IANA time zone database that judged its local times. */
  readonly tz?: string;
  /** Records of the source: rows, documents, points. */
  readonly records?: number;
  /** Cells that had no value, and said so: counted as blank. */
  readonly absent: number;
  /** Records that do not count, by what the contract keeps. */
  readonly left?: number;
  /** Measures of the contract that no record had a value for. */
  readonly unseen?: readonly string[];
  /** Local times in an hour that exists twice, of which no step back of their device tells the pass: they may be an hour off. */
  readonly assumed?: number;
  /** Readings that a rule, by its name, rejected or made an anomaly. */
  readonly rules?: Readonly<Record<string, number>>;
  /** Rules, by their names, that were for none of the readings. */
  readonly unmet?: readonly string[];
}

export function isReadContract(value: unknown): boolean {
  if (!isRecord(value) || !areStrings(value.name, value.digest) || !areNumbers(value.absent)) return false;
  const { tz, records, rules, left = 0, assumed = 0, unseen = [], unmet = [] } = value;
  if (!areNumbers(left, assumed)) return false;
  if (![unseen, unmet].every((names) => Array.isArray(names) && areStrings(...names))) return false;
  const areRules = rules === undefined || (isRecord(rules) && areNumbers(...Object.values(rules)));
  return (tz === undefined || typeof tz === "string") && (records === undefined || areNumbers(records)) && areRules;
}
