import { quote } from "../../errors.ts";
import { hasMeasures, measuresOf } from "../measures.ts";
import { nearest } from "../nearest.ts";
import type { Contract, Reading, SourceFormat } from "../vocabulary.ts";
import { type Report, reportTwice } from "./report.ts";

type Rules = Contract["rules"];

/** Rules by their places, each with the words that are in order by themselves. */
type Placed = ReadonlyMap<number, Partial<Rules[number]>>;

/** `areWhole` says that these are all words that there are. */
export function checkRules(rules: Placed, areWhole: boolean, report: Report): void {
  const placeOf = new Map<string, number>();
  for (const [i, { name, min, max }] of rules) {
    const at = ["rules", i];
    const first = name === undefined ? i : (placeOf.get(name) ?? i);
    if (name !== undefined) placeOf.set(name, first);
    if (first < i) report([...at, "name"], `is the name of rules[${first}], too`, "each name once");
    if (areWhole && min === undefined && max === undefined) report(at, "has no bound", "min, max or both");
    if (min !== undefined && max !== undefined && min > max)
      report([...at, "min"], `is ${min}, above max`, `${max} at most`);
  }
}

/** More names are not told. */
const MOST_NAMES = 12;

function measureList(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return `names of reading.value.measures: ${names.slice(0, MOST_NAMES).map(quote).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

export function checkThresholds(thresholds: Contract["threshold"], report: Report): void {
  const devices = thresholds.map((one) => one.devices);
  reportTwice(devices, ["threshold"], report);
}

/** Whether the measures that rules are for can be. */
export function checkMeasuresOfRules(rules: Placed, format: SourceFormat, reading: Reading, report: Report): void {
  const measures = measuresOf({ format, reading });
  const names = measures === null ? null : [...measures.values()];
  for (const [i, rule] of rules) {
    for (const [j, name] of (rule.measures ?? []).entries()) {
      const at = ["rules", i, "measures", j];
      if (!hasMeasures(format, reading.value)) {
        report(at, `is ${quote(name)}, and the contract names no measures`, "units or devices instead");
      } else if (names !== null && !names.includes(name)) {
        // Who names a column means what it is called.
        const called = measures?.get(name);
        const meant = called ?? nearest(name, names);
        const why = called === undefined ? "which is no measure" : "the column of a measure and not its name";
        report(at, `is ${quote(name)}, ${why}${meant === null ? "" : `; ${quote(meant)} is`}`, measureList(names));
      }
    }
  }
}
