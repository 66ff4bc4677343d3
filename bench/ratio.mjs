/** From here on a job counts as slower. */
export const LIMIT = 1.15;

/**
 * The middle of the numbers; of an even count the mean of the two in the middle.
 * @param {readonly number[]} numbers at least one
 */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * One job, run by two trees in turn: how the medians of wall and user CPU time compare, and whether one is slower.
 * @param {readonly { wall: number, user: number }[]} before seconds
 * @param {readonly { wall: number, user: number }[]} now seconds
 */
export function compareRuns(before, now) {
  const wall = sides(before, now, (run) => run.wall);
  const user = sides(before, now, (run) => run.user);
  return { wall, user, isSlower: wall.ratio >= LIMIT || user.ratio >= LIMIT };
}

function sides(before, now, of) {
  const [was, is] = [median(before.map(of)), median(now.map(of))];
  return { before: was, now: is, ratio: was === is ? 1 : is / was };
}
