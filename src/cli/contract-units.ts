import { impossibleUnitsOf } from "../contracts/impossible-units.ts";
import { UNKNOWN_UNIT, unknownUnitsOf } from "../contracts/unknown-units.ts";
import type { Contract } from "../contracts/vocabulary.ts";
import { type GlobalFlags, type Io, notice } from "./io.ts";

/** More of them are counted. */
const MOST = 6;

/** Says which rules of a contract are for a unit that none of its readings can have: mistyped, they say nothing of anything. */
export function tellImpossibleUnits(io: Io, flags: GlobalFlags, file: string, contract: Contract): void {
  for (const text of impossibleUnitsOf(contract)) notice(io, flags, `In ${file}, ${text}.`);
}

/** Says which units of a contract are still what a proposal puts where nothing tells them: nothing else is wrong with it. */
export function tellUnknownUnits(io: Io, flags: GlobalFlags, file: string, contract: Contract): void {
  const left = unknownUnitsOf(contract);
  if (left.length === 0) return;
  const more = left.length > MOST ? ` and ${left.length - MOST} more` : "";
  const of = `${left.slice(0, MOST).join(", ")}${more}`;
  notice(io, flags, `Still unknown in ${file}: the unit is ${JSON.stringify(UNKNOWN_UNIT)} for ${of}. State it there.`);
}
