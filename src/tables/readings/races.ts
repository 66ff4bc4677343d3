import { VantageflowError } from "../../errors.ts";
import { READINGS } from "./layout.ts";

/** Lost races in a row: as with a batch, they are run again at once, and this often. */
export const MAX_RACES = 20;

export function raced(): VantageflowError {
  const why = `${MAX_RACES} times in a row another writer was faster. Run it again when fewer are at work on this lake`;
  return new VantageflowError("conflict", `Cannot commit to "${READINGS}": ${why}.`, { key: READINGS });
}
