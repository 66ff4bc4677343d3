import type { RowSource } from "./source.ts";

/** What rules say of all readings of one device in one unit. */
export interface Limits {
  /** A value from `least` to `greatest` is an anomaly if its score is above `threshold`. */
  readonly threshold: number;
  readonly least: number;
  readonly greatest: number;
  /** Beside that, one from `lowest` to `highest` is an anomaly by the rule with this number; -1 where not one rule alone says so. */
  readonly lowest: number;
  readonly highest: number;
  readonly rule: number;
}

/** What the rules of a contract say of readings; one for a batch. */
export interface Judge {
  /** Called once, before the first reading, with what knows the names of measures. */
  begin(source: Pick<RowSource, "measureName">): void;
  /** Whether `measureAt` of the source has to be asked. */
  readonly asksMeasure: boolean;
  /**
   * What becomes of a valid reading: 0 silver, 1 an anomaly by its score, 2 + n an anomaly by rule n, less than 0 a reject
   * by rule -1 - n. Its id is `b[idStart..idEnd)`, of which `hash` is what `hashId` gives; its unit `b[unitStart..unitEnd)`,
   * and `numbers` its value and its score.
   */
  judge(
    b: Uint8Array,
    idStart: number,
    idEnd: number,
    hash: number,
    unitStart: number,
    unitEnd: number,
    measure: number,
    numbers: Float64Array,
  ): number;
  /** What holds for all readings of this device in this unit, where `measureAt` has not to be asked: see {@link judge}. */
  limits(b: Uint8Array, idStart: number, idEnd: number, unitStart: number, unitEnd: number): Limits;
  /** Counts readings that rule n has rejected or made anomalies. */
  count(rule: number, readings: number): void;
  /** What rule n says, for people. */
  textOf(rule: number): string;
  /** Readings so far by the name of the rule that rejected them or made them anomalies; null where there are no rules. */
  counts(): Readonly<Record<string, number>> | null;
  /** Names of rules that were for none of the readings so far; nothing before the first one. */
  unmet(): readonly string[];
}
