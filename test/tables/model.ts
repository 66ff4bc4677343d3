import fc from "fast-check";
import { expect } from "vitest";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { dropOldDays } from "../../src/tables/readings/expire.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { type Aging, aging, asOf, DAY, expireLayers } from "./aging.ts";
import { type Step, step, take } from "./steps.ts";
import { type RowText, rowsOfLayers, rowsOfTable, TABLE } from "./table.ts";

/** What a table must hold after any history, told by a model that knows of batches and days, and nothing of commits, files and receipts. */

/** What passes beside what somebody does with a lake. */
const passing = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("wait" as const), days: fc.constantFrom(1, 3, 8, 35, 65) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("vacuum" as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("expire" as const), ahead: fc.constantFrom(0, 0, 40, 70) }) },
);
export const agingStep = fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: passing });
type AgingStep = Step | (typeof passing extends fc.Arbitrary<infer P> ? P : never);

/** A batch as the last sync has found it. */
interface Known {
  readonly rows: readonly RowText[];
  /** Bytes of silver and of its anomalies; null where nobody knows them any more. */
  readonly silver: string | null;
  readonly anomalies: string | null;
  readonly modified: number;
}

class Model {
  readonly #batches = new Map<string, Known>();

  rows(): RowText[] {
    return [...this.#batches.values()].flatMap(({ rows }) => rows).sort();
  }

  /** New batches come, others replace what they were, and go where they were taken away; what has expired stays. */
  async sync({ storage, clock }: Aging): Promise<void> {
    const layers = await rowsOfLayers(storage);
    const oldest = clock.now - 60 * DAY;
    const there = new Set<string>();
    for await (const { key, modified } of storage.list("silver/")) {
      const path = key.slice("silver/".length);
      there.add(path);
      const [silver, anomalies] = [await textOf(storage, key), await textOf(storage, `anomalies/${path}`)];
      const known = this.#batches.get(path);
      const isSame = known?.silver === silver && (anomalies === null || anomalies === known.anomalies);
      const now = { rows: layers.filter((row) => JSON.parse(row).batch === path), silver, anomalies };
      this.#batches.set(path, { ...(isSame ? known : now), modified });
    }
    for (const [path, { modified }] of this.#batches)
      if (!there.has(path) && modified > oldest) this.#batches.delete(path);
  }

  /** That it is known is all that is left of it: its rows are kept as if it had expired. */
  forget(prefix: string): void {
    for (const [path, known] of this.#batches)
      if (path.startsWith(prefix)) this.#batches.set(path, { ...known, silver: null, modified: 0 });
  }

  /** Its silver has gone because of its age. */
  expired(path: string): void {
    const known = this.#batches.get(path);
    if (known !== undefined) this.#batches.set(path, { ...known, modified: 0 });
  }

  dropDaysBefore(date: string): void {
    const stays = (row: RowText) => (JSON.parse(row).date ?? date) >= date;
    for (const [path, known] of this.#batches) this.#batches.set(path, { ...known, rows: known.rows.filter(stays) });
  }
}

/** Takes a step in the lake and in the model. */
async function both(lake: Aging, model: Model, one: AgingStep): Promise<void> {
  const { storage, clock, context, vacuum } = lake;
  clock.now += 1000;
  switch (one.does) {
    case "wait":
      clock.now += one.days * DAY;
      return;
    case "vacuum":
      await vacuum();
      return;
    case "expire": {
      const now = clock.now + one.ahead * DAY;
      const gone = new Set(await keysOf(storage, "silver/"));
      await expireLayers(storage, now, clock.now);
      for (const key of await keysOf(storage, "silver/")) gone.delete(key);
      for (const key of gone) model.expired(key.slice("silver/".length));
      await dropOldDays(context, now);
      model.dropDaysBefore(new Date(now - 400 * DAY).toISOString().slice(0, 10));
      await vacuum();
      return;
    }
    case "lose receipts":
      model.forget(one.path);
      break;
    case "sync":
      await model.sync(lake);
  }
  await take(storage, one, () => clock.now);
}

/** The rows of a version, and until when it is the newest. */
interface Version {
  readonly rows: readonly RowText[];
  until: number;
}

/** After each step every version that is new has the rows of before or of after it, and every version of the last 7 days what it had. */
export async function holdsThrough(steps: readonly AgingStep[]): Promise<void> {
  const [lake, model] = [aging(), new Model()];
  const { storage, clock } = lake;
  const versions: Version[] = [];
  for (const one of [...steps, { does: "sync" as const }, { does: "vacuum" as const }]) {
    const before = model.rows();
    await both(lake, model, one);
    const after = model.rows();
    expect([one, await rowsOfTable(storage)]).toEqual([one, after]);
    const newest = (await readSnapshot(storage, TABLE))?.version ?? -1;
    while (versions.length <= newest) {
      const rows = versions.length === newest ? after : await rowsOfTable(asOf(storage, versions.length));
      expect([before, after].map(String)).toContain(String(rows));
      versions.push({ rows, until: Number.POSITIVE_INFINITY });
      const previous = versions.at(-2);
      if (previous !== undefined) previous.until = clock.now;
    }
    if (one.does !== "vacuum" && one.does !== "expire") continue;
    for (const [version, { rows, until }] of versions.entries())
      if (until > clock.now - 7 * DAY)
        expect([version, await rowsOfTable(asOf(storage, version))]).toEqual([version, rows]);
  }
}
