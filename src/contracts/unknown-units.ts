import type { Contract } from "./vocabulary.ts";

/** What a proposal has where the unit of a value stands nowhere: no unit of anything, so that it is seen. */
export const UNKNOWN_UNIT = "?";

/** What a contract still has that unit for, as a person finds it there: measures, patterns of devices, `reading.unit`. */
export function unknownUnitsOf({ reading }: Contract): string[] {
  const { value, unit } = reading;
  const measures = value !== undefined && "measures" in value ? Object.entries(value.measures) : [];
  const left = measures.filter(([, one]) => one.unit === UNKNOWN_UNIT).map(([name]) => JSON.stringify(name));
  if (unit === undefined) return left;
  if ("constant" in unit && unit.constant === UNKNOWN_UNIT) left.push("reading.unit");
  if (!("byDevice" in unit)) return left;
  const devices = unit.byDevice.filter((one) => one.unit === UNKNOWN_UNIT).map((one) => one.devices);
  return [...left, ...devices.map((one) => `the devices ${JSON.stringify(one)}`)];
}
