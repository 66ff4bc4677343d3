import { expire } from "../../src/retention/expire.ts";
import { planExpire, takeInventory } from "../../src/retention/plan.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { logFileOf } from "../../src/tables/delta/names.ts";
import { vacuumReadings } from "../../src/tables/readings/expire.ts";
import { keepRowsOf, listNotInTable } from "../../src/tables/readings/expired-silver.ts";
import { syncContext, TABLE } from "./table.ts";

export const DAY = 86_400_000;

/** A lake whose objects are as old as `clock` says, which begins with 2025. */
export function aging() {
  const memory = createMemoryStorage();
  const clock = { now: Date.UTC(2025, 0, 1) };
  const times = new Map<string, number>();
  const dated = <T extends { key: string; modified: number }>(one: T): T => ({
    ...one,
    modified: times.get(one.key) ?? one.modified,
  });
  const storage: LakeStorage = {
    ...memory,
    async *list(prefix, options) {
      for await (const one of memory.list(prefix, options)) yield dated(one);
    },
    async head(key) {
      const head = await memory.head(key);
      return head === null ? null : dated(head);
    },
    async read(key, range) {
      const reader = await memory.read(key, range);
      return { ...reader, head: dated(reader.head) };
    },
    async create(key, options) {
      const writer = await memory.create(key, options);
      return {
        ...writer,
        async commit(given) {
          const made = await writer.commit(given);
          times.set(key, clock.now);
          return dated(made);
        },
      };
    },
  };
  const context = { ...syncContext(storage), now: () => clock.now };
  return { storage, clock, context, vacuum: () => vacuumReadings(context, { now: clock.now, clock: clock.now }) };
}

export type Aging = ReturnType<typeof aging>;

/** The lake as whoever reads this version sees it. */
export function asOf(storage: LakeStorage, version: number): LakeStorage {
  const log = `${TABLE}_delta_log/`;
  return {
    ...storage,
    async *list(prefix, options) {
      for await (const one of storage.list(prefix, options)) {
        const file = one.key.startsWith(log) ? logFileOf(one.key.slice(log.length)) : null;
        if (file === null || file.version <= version) yield one;
      }
    },
  };
}

const NO_VERSIONS = {
  versions: async () => [],
  readVersion: async () => Promise.reject(new Error("no versions")),
  async *retained() {},
  keeps: async () => false,
  purge: async () => {},
};

/** What `expire` does with the layers, as of a time that somebody asks for. */
export async function expireLayers(storage: LakeStorage, now: number, clock: number) {
  const plan = planExpire(await takeInventory(storage, NO_VERSIONS), now, await listNotInTable(storage));
  const silver = plan.remove.map(({ object }) => object).filter(({ key }) => key.startsWith("silver/"));
  await keepRowsOf(storage, silver, clock);
  await expire(storage, NO_VERSIONS, plan, { concurrency: 2 });
  return plan;
}
