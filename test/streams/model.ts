import fc from "fast-check";
import { expect } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { compareSequences, type StreamRecord } from "../../src/streams/record.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { dying, Killed, MOMENTS } from "../tables/dying.ts";
import { inTurns } from "../tables/turns.ts";

/** A source that delivers a shard as sources do: again, in other pieces, to several at once, and to some who die. */

export const SHARD = { source: "line-1", shard: "shardId-000000000000" };

type Deliver = (storage: LakeStorage, shard: typeof SHARD, records: readonly StreamRecord[]) => Promise<unknown>;

/** Records with gaps between their numbers, some pairs of one number, some unreadable. */
export function recordsOf(count: number): readonly StreamRecord[] {
  const first = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
  return Array.from({ length: count }, (_, i) => ({
    sequence: String(first + BigInt(i - (i % 7 === 3 ? 1 : 0)) * 13n),
    reading:
      i % 11 === 5
        ? null
        : {
            timestamp: `2025-01-01T00:00:${String(i % 60).padStart(2, "0")}Z`,
            device: "A",
            value: String(i),
            unit: "C",
            score: "0",
          },
  }));
}

const step = fc.record({
  /** Records that come again before those that are new. */
  again: fc.nat(6),
  count: fc.integer({ min: 1, max: 9 }),
  /** Whether the source waits for the end; else it gives up at once, delivers again, and this one is a zombie. */
  waits: fc.boolean(),
  /** The source withholds the first of the new ones for good, as after the last retry. */
  withholds: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
  dies: fc.option(fc.record({ at: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom(...MOMENTS) }), { freq: 2 }),
});

export const history = fc.array(step, { minLength: 1, maxLength: 10 });
export type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

/**
 * Delivers by a history, whoever is at work at once taking turns as the scheduler has them, and all of it once more at the end. Returns
 * the records that were withheld.
 */
export async function live(
  storage: LakeStorage,
  scheduler: fc.Scheduler,
  steps: History,
  records: readonly StreamRecord[],
  deliver: Deliver,
): Promise<ReadonlySet<StreamRecord>> {
  const withheld = new Set<StreamRecord>();
  const zombies: Promise<boolean>[] = [];
  let done = 0;
  for (const [i, { again, count, waits, withholds, dies }] of steps.entries()) {
    const end = wholeTo(records, done + withholds);
    for (const one of records.slice(done, end)) withheld.add(one);
    done = end;
    const until = wholeTo(records, done + count);
    const given = records.slice(wholeFrom(records, done - again), until).filter((one) => !withheld.has(one));
    const seen = dies === null ? storage : dying(storage, dies.at, dies.when).lake;
    const delivery = deliver(inTurns(seen, scheduler, String(i)), SHARD, given).then(
      () => true,
      (error) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
    if (!waits) zombies.push(delivery);
    else if (await scheduler.waitFor(delivery)) done = until;
  }
  await scheduler.waitFor(Promise.all(zombies));
  await deliver(
    storage,
    SHARD,
    records.filter((one) => !withheld.has(one)),
  );
  return withheld;
}

/** Records of one number are delivered together. */
function wholeTo(records: readonly StreamRecord[], end: number): number {
  let to = Math.min(Math.max(end, 0), records.length);
  while (to > 0 && to < records.length && records[to].sequence === records[to - 1].sequence) to++;
  return to;
}

function wholeFrom(records: readonly StreamRecord[], start: number): number {
  let from = Math.max(start, 0);
  while (from > 0 && records[from]?.sequence === records[from - 1].sequence) from--;
  return from;
}

/** Every record that was not withheld stands in bronze once, and those that were at most once; all in order, batch by batch. */
export async function expectExactlyOnce(
  storage: LakeStorage,
  records: readonly StreamRecord[],
  withheld: ReadonlySet<StreamRecord>,
): Promise<void> {
  const batches: string[][] = [];
  for (const key of await keysOf(storage, "bronze/stream/")) {
    const [header, ...rows] = (await textOf(storage, key))?.trimEnd().split("\n") ?? [];
    expect([key, header, rows.length > 0]).toEqual([
      key,
      "timestamp,device_id,value,unit,anomaly_score,sequence",
      true,
    ]);
    batches.push(rows);
  }
  const numberOf = (row: string) => row.slice(row.lastIndexOf(",") + 1);
  batches.sort((a, b) => compareSequences(numberOf(a[0]), numberOf(b[0])));
  const rowOf = ({ sequence, reading }: StreamRecord) =>
    reading === null
      ? `,,,,,${sequence}`
      : `${reading.timestamp},${reading.device},${reading.value},${reading.unit},${reading.score},${sequence}`;
  const rows = batches.flat();
  const standing = new Set(rows);
  expect(rows).toEqual(records.filter((one) => !withheld.has(one) || standing.has(rowOf(one))).map(rowOf));
}
