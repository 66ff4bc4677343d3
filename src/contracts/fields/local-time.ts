/** A time in which the clocks of a zone stood at one offset. */
export interface Stretch {
  /** UTC, in seconds since the epoch, when it begins; it ends where the next one begins. */
  readonly from: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
}

/** A stretch of local time in which one thing is true of every time: it was never, once or twice. */
export interface LocalStretch {
  /** Local time in seconds, as if it were UTC: `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** The offset of the first pass, and of the last; both are the same where there was but one, and NaN where there was none. */
  readonly first: number;
  readonly second: number;
}

/**
 * The local time of one zone, by what its clocks showed: a stretch of one offset covers a stretch of local time; where two
 * cover the same, it was there twice, and where none does, not at all.
 */
export class LocalTime {
  readonly #stretches: readonly LocalStretch[];
  /** Where each begins: a search that stays within numbers. */
  readonly #starts: Float64Array;
  /** Offsets of the zone, in order: for what shows UTC as local time. */
  readonly offsets: readonly Stretch[];

  constructor(offsets: readonly Stretch[]) {
    this.offsets = offsets.filter(({ offset }, i) => i === 0 || offset !== offsets[i - 1].offset);
    this.#stretches = localStretches(this.offsets);
    this.#starts = Float64Array.from(this.#stretches, ({ from }) => from);
  }

  /** The stretch that a local time lies in, as a position for {@link at}. */
  indexOf(local: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle] <= local) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The stretch at a position; none where there is no such position. */
  at(index: number): LocalStretch | undefined {
    return this.#stretches[index];
  }
}

function localStretches(offsets: readonly Stretch[]): LocalStretch[] {
  const shown = offsets.map(({ from, offset }, i) => {
    const to = offsets[i + 1]?.from ?? Number.POSITIVE_INFINITY;
    return { from: from + offset, to: to + offset, offset };
  });
  const edges = [...new Set(shown.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const stretches: LocalStretch[] = [];
  // Offsets differ by at most a day or so: what covers an edge is among its neighbours in order.
  let oldest = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i], edges[i + 1]];
    while (oldest < shown.length && shown[oldest].to <= from - SLACK) oldest++;
    const covering: number[] = [];
    for (let k = oldest; k < shown.length && shown[k].from < to + SLACK; k++) {
      if (shown[k].from <= from && shown[k].to >= to) covering.push(shown[k].offset);
    }
    stretches.push({ from, to, first: covering[0] ?? Number.NaN, second: covering.at(-1) ?? Number.NaN });
  }
  return stretches;
}

const SLACK = 3 * 86_400;
