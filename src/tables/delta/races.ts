import { VantageflowError } from "../../errors.ts";

/** Lost races in a row: as with a batch, they are run again at once, and this often. */
export const MAX_RACES = 20;

/** `table` is its prefix. */
export function raced(table: string): VantageflowError {
  const why = `${MAX_RACES} times in a row another writer was faster. Run it again when fewer are at work on this lake`;
  return new VantageflowError("conflict", `Cannot commit to "${table}": ${why}.`, { key: table });
}
