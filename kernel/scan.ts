/**
 * The kernel: rows that can be told at a glance, many bytes at a time. AssemblyScript, made into WebAssembly by
 * `scripts/build-kernel.mjs`; `src/pipeline/kernel.ts` calls it, and the fast loop of `src/pipeline/scanner.ts` is its oracle:
 * the kernel takes a row only where that loop would, and then says the same of it.
 */
import { LENGTHS, MAX_RULES, ORIGIN, STARTS, STATE } from "./columns";
import { remember } from "./devices";
import { GREATEST, HIGHEST, LEAST, LOWEST, placeFor, RULE, THRESHOLD } from "./limits";

export {
  DEVICES,
  GROUP,
  HASHES,
  LENGTHS,
  MAX_COLUMNS,
  MAX_RULES,
  ORIGIN,
  ROLES,
  ROW_ENDS,
  ROW_STARTS,
  ROWS,
  RULED,
  SCORES,
  SIDES,
  STARTS,
  STATE,
  TIME_ENDS,
  TIME_STARTS,
  UNIT_ENDS,
  UNIT_STARTS,
  VALUES,
} from "./columns";
export { prepare, scan, scanJudged, scanTraced } from "./rows";

/**
 * Says what holds for the row that waits for its limits, see `limits.ts`; `rule` is -1 for none. The next call may take it.
 * False where they cannot be kept.
 */
export function limit(threshold: f64, least: f64, greatest: f64, lowest: f64, highest: f64, rule: i32): boolean {
  const unit = load<i32>(STATE, 32);
  const place = placeFor(load<i32>(STATE, 20), ORIGIN + unit, load<i32>(STATE, 36) - unit);
  if (place === 0) return false;
  store<f64>(place, threshold, THRESHOLD);
  store<f64>(place, least, LEAST);
  store<f64>(place, greatest, GREATEST);
  store<f64>(place, lowest, LOWEST);
  store<f64>(place, highest, HIGHEST);
  store<u16>(place, rule < MAX_RULES ? rule + 1 : 0, RULE);
  return true;
}

/** The readings of this device are told of with its number, which the unknown reading at `index` has. */
export function learn(index: i32, device: i32): void {
  const at = index << 2;
  remember(ORIGIN + load<i32>(STARTS + at), load<i32>(LENGTHS + at), device);
}
