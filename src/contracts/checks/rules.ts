import { quote } from "../../errors.ts";
import { hasMeasures, measuresOf } from "../measures.ts";
import { nearest } from "../nearest.ts";
import type { Contract, Reading, SourceFormat } from "../vocabulary.ts";
import { type Report, reportTwice } from "./report.ts";

type Rules = Contract["rules"];

export function checkRules(rules: Rules, report: Report): void {
  const names = rules.map(({ name }) => name);
  for (const [i, { name, min, max }] of rules.entries()) {
    const at = ["rules", i];
    const first = names.indexOf(name);
    if (first < i) report([...at, "name"], `is the name of rules[${first}], too`, "each name once");
    if (min === undefined && max === undefined) report(at, "has no bound", "min, max or both");
    if (min !== undefined && max !== undefined && min > max)
      report([...at, "min"], `is ${min}, above max`, `${max} at most`);
  }
}

export function checkThresholds(thresholds: Contract["threshold"], report: Report): void {
  const devices = thresholds.map((one) => one.devices);
  reportTwice(devices, ["threshold"], report);
}

/** Whether the measures that rules are for can be. */
export function checkMeasuresOfRules(rules: Rules, format: SourceFormat, reading: Reading, report: Report): void {
  const measures = measuresOf({ format, reading });
  const names = measures === null ? null : [...measures.values()];
  for (const [i, rule] of rules.entries()) {
    for (const [j, name] of (rule.measures ?? []).entries()) {
      const at = ["rules", i, "measures", j];
      if (!hasMeasures(format, reading.value)) {
        report(at, `is ${quote(name)}, and the contract names no measures`, "units or devices instead");
      } else if (names !== null && !names.includes(name)) {
        const meant = nearest(name, names);
        report(
          at,
          `is ${quote(name)}, which is no measure${meant === null ? "" : `; ${quote(meant)} is`}`,
          "names of reading.value.measures",
        );
      }
    }
  }
}
