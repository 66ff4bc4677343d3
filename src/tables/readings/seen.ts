import { compareKeys } from "../../storage/keys.ts";
import type { Seen } from "../delta/statistics.ts";
import type { ColumnValues } from "../parquet/columns.ts";
import { millisOf } from "./layout.ts";

/** What the statistics of a file are made of, noted while its values pass. Bounds of texts go by code points, as UTF-8 does. */

export function noteText(seen: Seen, text: string): void {
  if (seen.min === undefined || compareKeys(text, String(seen.min)) < 0) seen.min = text;
  if (seen.max === undefined || compareKeys(text, String(seen.max)) > 0) seen.max = text;
}

/** Notes the values of a row group. Booleans have no bounds. */
export function noteValues(seen: Seen, values: ColumnValues): void {
  if (values instanceof BigInt64Array) noteTimes(seen, values);
  else if (values instanceof Int32Array || values instanceof Float64Array) noteNumbers(seen, values);
  else noteTexts(seen, values);
}

function noteTexts(seen: Seen, values: readonly (string | boolean | null)[]): void {
  let last: unknown;
  const noted = new Set<string>();
  for (const value of values) {
    if (typeof value === "boolean") return;
    if (value === null) seen.nulls++;
    else if (value !== last && noted.size !== noted.add(value).size) noteText(seen, value);
    last = value;
  }
}

function noteNumbers(seen: Seen, values: Int32Array | Float64Array): void {
  let [min, max] = [Number(seen.min ?? Number.POSITIVE_INFINITY), Number(seen.max ?? Number.NEGATIVE_INFINITY)];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  seen.min = min;
  seen.max = max;
}

/** In whole milliseconds, which is all that statistics hold: microseconds that another program wrote lie between the bounds. */
function noteTimes(seen: Seen, micros: BigInt64Array): void {
  let [min, max] = [micros[0], micros[0]];
  for (const value of micros) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  seen.min = Math.min(Number(seen.min ?? Number.POSITIVE_INFINITY), millisOf(min));
  seen.max = Math.max(Number(seen.max ?? Number.NEGATIVE_INFINITY), millisOf(max + 999n));
}
