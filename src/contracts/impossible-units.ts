import { quote } from "../errors.ts";
import { nearest } from "./nearest.ts";
import type { Contract } from "./vocabulary.ts";

/**
 * Rules for a unit that no reading can have, a sentence each without its full stop: nothing where files say units. A rule
 * may be older or younger than the measures, so it is no problem of the contract.
 */
export function impossibleUnitsOf(contract: Contract): string[] {
  const units = fixedUnitsOf(contract.reading);
  if (units === null) return [];
  const known = [...units];
  return contract.rules.flatMap(({ name, units: wanted = [] }) => {
    return wanted
      .filter((unit) => !units.has(unit))
      .map((unit) => {
        const meant = nearest(unit, known);
        const there = meant === null ? `there is ${known.slice(0, MOST).map(quote).join(", ")}` : `${quote(meant)} is`;
        return `the rule ${JSON.stringify(name)} is for ${quote(unit)}, which no reading has; ${there}`;
      });
  });
}

const MOST = 6;

/** All units that a contract gives its readings; null where others can be, for the files say them. */
function fixedUnitsOf({ value, unit }: Contract["reading"]): Set<string> | null {
  const units = new Set<string>();
  const measures = value !== undefined && "measures" in value ? Object.values(value.measures) : null;
  for (const one of measures ?? []) if (one.unit !== undefined) units.add(one.unit);
  if (measures?.every((one) => one.unit !== undefined) === true) return units;
  if (unit === undefined) return null;
  if ("constant" in unit) return units.add(unit.constant);
  if (!("byDevice" in unit)) return null;
  for (const one of unit.byDevice) units.add(one.unit);
  return units;
}
