/** Rows and their times, beside one another so that a merge goes through memory in order. */
interface Timed {
  readonly rows: Uint32Array;
  readonly millis: Float64Array;
  readonly nanos: Int32Array;
}

const timed = (size: number): Timed => ({
  rows: new Uint32Array(size),
  millis: new Float64Array(size),
  nanos: new Int32Array(size),
});

/**
 * Sorts rows by time, in place; what is equal stays as it came. By merging the runs that are there: a batch has its readings in order and
 * its anomalies behind them, so that there are few.
 */
export function mergeRuns(rows: Uint32Array, millis: Float64Array, nanos: Int32Array): void {
  const { length } = rows;
  let [from, to] = [timed(length), timed(length)];
  let runs: number[] = [0];
  for (let i = 0; i < length; i++) {
    const row = rows[i];
    from.rows[i] = row;
    from.millis[i] = millis[row];
    from.nanos[i] = nanos[row];
    if (i > 0 && isBefore(from, i, i - 1)) runs.push(i);
  }
  while (runs.length > 1) {
    const merged: number[] = [];
    for (let run = 0; run < runs.length; run += 2) {
      const middle = runs[run + 1] ?? length;
      merged.push(runs[run]);
      merge(from, to, runs[run], middle, runs[run + 2] ?? length);
    }
    runs = merged;
    [from, to] = [to, from];
  }
  rows.set(from.rows);
}

function merge(from: Timed, to: Timed, start: number, middle: number, end: number): void {
  let [a, b] = [start, middle];
  for (let at = start; at < end; at++) {
    const next = a < middle && (b === end || !isBefore(from, b, a)) ? a++ : b++;
    to.rows[at] = from.rows[next];
    to.millis[at] = from.millis[next];
    to.nanos[at] = from.nanos[next];
  }
}

function isBefore({ millis, nanos }: Timed, i: number, j: number): boolean {
  return millis[i] < millis[j] || (millis[i] === millis[j] && nanos[i] < nanos[j]);
}
