import { DAY_SLOT_MS, slotOf } from "./slots.ts";
import { AT, DAY_SLOTS, type DeviceState, RECENT } from "./state.ts";

/** What the readings before one that is told have in common with it. */
export interface LookBack {
  /** How many in a row, this one included, are off to its side, by a third of what it is or more. */
  readonly lasting: number;
  /** How far the first ones of these were off, as a share of how far this one is. */
  readonly onset: number;
  /** The range of the readings without this one and the one that makes it widest. */
  readonly range: number;
}

/** So many readings say how it began. */
const FIRST = 4;
/** What is off by such a share of it is off in the same way. */
const SAME = 0.3;

/** Looks at the last readings of a device; with `isDaily` each is compared with what is usual at its time of day, else with the mean. */
export function lookBack(state: DeviceState, isDaily: boolean): LookBack {
  const { numbers, recent, day, dayCounts } = state;
  const newest = (numbers[AT.readings] - 1) % RECENT;
  const valueAt = (back: number) => recent[(newest - back + RECENT) % RECENT];
  const offAt = (back: number) => {
    const slot = slotOf(numbers[AT.time] - back * numbers[AT.interval] * 1000, DAY_SLOT_MS, DAY_SLOTS);
    return valueAt(back) - (isDaily && dayCounts[slot] > 0 ? day[slot] : numbers[AT.mean]);
  };
  const off = offAt(0);
  let lasting = 1;
  while (lasting < RECENT && off !== 0 && offAt(lasting) / off >= SAME) lasting++;
  const first = Math.min(FIRST, lasting);
  let onset = 0;
  for (let back = lasting - first; back < lasting; back++) onset += off === 0 ? 0 : offAt(back) / off / first;
  const others = Array.from({ length: RECENT - 1 }, (_, i) => valueAt(i + 1)).sort((a, b) => a - b);
  const [withoutLowest, withoutHighest] = [others[RECENT - 2] - others[1], others[RECENT - 3] - others[0]];
  return { lasting, onset, range: Math.min(withoutLowest, withoutHighest) };
}
