interface Run {
  readonly wall: number;
  readonly user: number;
}
interface Sides {
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
}
export const LIMIT: number;
export function median(numbers: readonly number[]): number;
export function compareRuns(
  before: readonly Run[],
  now: readonly Run[],
): { readonly wall: Sides; readonly user: Sides; readonly isSlower: boolean };
