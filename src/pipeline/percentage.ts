/** `100 * part / total` of whole numbers, rounded half up to one fraction digit, in integers so that no rounding precedes it. */
export function percentageOf(part: number, total: number): number {
  return Math.floor((2000 * part + total) / (2 * total)) / 10;
}
