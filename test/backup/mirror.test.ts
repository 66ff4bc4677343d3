import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mirror, planLakes } from "../../src/backup/mirror.ts";
import { run } from "../../src/engine/run.ts";
import { VantageflowError } from "../../src/errors.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage, ObjectMetadata } from "../../src/storage/port.ts";
import { bytesOf, createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const ROWS =
  "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.9\n2025-01-01T00:00:00Z,A,x,C,0.9\n";
const KEYS = [
  "bronze/a.csv",
  "bronze/a.csv/b.csv",
  "bronze/z.csv",
  "silver/hand.csv",
  "gold/a.csv",
  "logs/l",
  "receipts/r",
];

interface Shown {
  readonly text: string | null;
  readonly metadata: ObjectMetadata | null;
}

async function treeOf(storage: LakeStorage): Promise<Record<string, Shown>> {
  const found: Record<string, Shown> = {};
  for (const key of await keysOf(storage)) {
    const text = (await bytesOf(storage, key))?.toString("latin1") ?? null;
    found[key] = { text, metadata: (await storage.head(key))?.metadata ?? null };
  }
  return found;
}

async function mirrorOnce(from: LakeStorage, to: LakeStorage, removeExtra = true) {
  return mirror(from, to, await planLakes(from, to), { concurrency: 2, removeExtra, removeEmptied: removeExtra });
}

/** Fails the given operation, counted over create, commit and read, once. */
function failingAt(storage: LakeStorage, at: number): LakeStorage {
  let count = 0;
  const tick = () => {
    if (++count === at) throw new VantageflowError("storage_failed", "Cannot write: a fault. Try again.");
  };
  return {
    ...storage,
    async read(key) {
      tick();
      return storage.read(key);
    },
    async create(key, options) {
      tick();
      const writer = await storage.create(key, options);
      return {
        ...writer,
        async commit(options) {
          tick();
          return writer.commit(options);
        },
      };
    },
  };
}

const step = fc.oneof(
  fc.record({ put: fc.constantFrom(...KEYS), text: fc.constantFrom("", "x", "y", "xx", ROWS) }),
  fc.record({ remove: fc.constantFrom(...KEYS) }),
  fc.constant({ run: true as const }),
  fc.constant({ backup: true as const }),
);

describe("a backup", () => {
  it("is equal to the lake byte for byte, whatever came before; the next copies nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 3 }), async (steps, foreign) => {
        const lake = createLake();
        const to = createMemoryStorage();
        const apply = async (storage: LakeStorage, one: (typeof steps)[number]) => {
          if ("put" in one) await put(storage, one.put, one.text);
          else if ("remove" in one) await storage.remove(one.remove);
          else if ("run" in one) await run({ ...lake, storage }, { concurrency: 1 });
          else await mirrorOnce(lake.storage, to, false);
        };
        for (const one of steps) await apply(lake.storage, one);
        for (const one of foreign.filter((each) => !("backup" in each))) await apply(to, one);
        const before = await treeOf(lake.storage);
        await mirrorOnce(lake.storage, to);
        const [a, b] = [await treeOf(lake.storage), await treeOf(to)];
        expect(a).toEqual(before);
        const texts = (tree: typeof a) => Object.entries(tree).map(([key, { text }]) => [key, text]);
        expect(texts(b)).toEqual(texts(a));
        const again = await mirrorOnce(lake.storage, to);
        expect([again.copied, again.removed, again.failed, again.same]).toEqual([[], [], [], Object.keys(a).length]);
      }),
      { numRuns: 80 },
    );
  });

  it("has every layer and brings it back, what says that the rest is there last", async () => {
    const { storage } = createLake();
    const first = ["bronze", "silver", "anomalies", "gold", "contracts", "dead-letter"];
    const keys = [...first, "logs", "state", "receipts", "tables"].map((layer) => `${layer}/x`);
    for (const key of keys) await put(storage, key, key);
    const [to, back] = [createMemoryStorage(), createMemoryStorage()];
    for (const [a, b] of [
      [storage, to],
      [to, back],
    ]) {
      const plan = await planLakes(a, b);
      const options = { concurrency: 1, removeExtra: false, removeEmptied: false };
      expect((await mirror(a, b, plan, options)).copied.map(({ key }) => key)).toEqual(keys);
    }
    expect(await treeOf(back)).toEqual(await treeOf(storage));
  });

  it("has of a table its data first, then its log from the oldest version on, and none behind a version that failed", async () => {
    const { storage } = createLake();
    const log = (name: string) => `tables/readings/_delta_log/${name}`;
    const keys = [
      ...["tables/readings/date=2025-01-01/a.parquet", "tables/readings/date=2025-01-02/b.parquet"],
      ...[log("00.json"), log("01.checkpoint.parquet"), log("01.json"), log("02.json"), log("_last_checkpoint")],
    ];
    for (const key of keys.toReversed()) await put(storage, key, key);
    const options = { concurrency: 4, removeExtra: false, removeEmptied: false };
    const copied = async (from: LakeStorage) => {
      const to = createMemoryStorage();
      const done = await mirror(from, to, await planLakes(from, to), options);
      return { ...done, copied: done.copied.map(({ key }) => key) };
    };
    expect((await copied(storage)).copied).toEqual(keys);
    const broken: LakeStorage = {
      ...storage,
      async read(key, range) {
        if (key === log("01.json")) throw new VantageflowError("storage_failed", "Cannot read: a fault. Try again.");
        return storage.read(key, range);
      },
    };
    const { copied: whole, failed } = await copied(broken);
    expect([whole, failed.map(({ key }) => key)]).toEqual([keys.slice(0, 4), [log("01.json")]]);
  });

  it("takes another history of a table away, its newest version first, before the log of the source comes; one that is only longer stays", async () => {
    const log = (version: number) => `tables/readings/_delta_log/${String(version).padStart(20, "0")}.json`;
    const pointer = "tables/readings/_delta_log/_last_checkpoint";
    const history = async (texts: readonly string[]) => {
      const storage = createMemoryStorage();
      for (const [version, text] of texts.entries()) await put(storage, log(version), text);
      await put(storage, pointer, texts.join());
      return storage;
    };
    const source = await history(["0", "1", "two"]);
    const to = await history(["0", "1", "2", "3", "4"]);
    const changes: string[] = [];
    const watched: LakeStorage = {
      ...to,
      remove(key, token) {
        changes.push(`- ${key}`);
        return to.remove(key, token);
      },
      create(key, options) {
        changes.push(`+ ${key}`);
        return to.create(key, options);
      },
    };
    const done = await mirrorOnce(source, watched, false);
    const away = [pointer, log(4), log(3), log(2)].map((key) => `- ${key}`);
    expect(changes).toEqual([...away, `+ ${log(2)}`, `+ ${pointer}`]);
    expect([done.removed, done.extra, done.failed]).toEqual([[log(4), log(3)], [], []]);
    expect(await treeOf(to)).toEqual(await treeOf(source));
    const longer = await history(["0", "1", "two", "3"]);
    expect(await mirrorOnce(source, longer, false)).toMatchObject({ removed: [], extra: [log(3)] });
  });

  it("leaves the log as it is where data of the table could not be copied", async () => {
    const { storage } = createLake();
    const to = createMemoryStorage();
    const [data, log] = ["tables/readings/date=2025-01-01/a.parquet", "tables/readings/_delta_log/00.json"];
    for (const key of [data, log]) await put(storage, key, "new");
    await put(to, log, "old");
    const broken: LakeStorage = {
      ...storage,
      async read(key, range) {
        if (key === data) throw new VantageflowError("storage_failed", "Cannot read: a fault. Try again.");
        return storage.read(key, range);
      },
    };
    expect((await mirrorOnce(broken, to, false)).failed.map(({ key }) => key)).toEqual([data]);
    expect(await textOf(to, log)).toBe("old");
  });

  it("carries the lineage of outputs", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/a.csv", ROWS);
    await run(lake, { concurrency: 1 });
    const to = createMemoryStorage();
    await mirrorOnce(lake.storage, to);
    expect(await treeOf(to)).toEqual(await treeOf(lake.storage));
    expect((await to.head("silver/a.csv"))?.metadata?.sourceKey).toBe("bronze/a.csv");
  });

  it("that fails at any operation is completed by the next, which copies only what is missing", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/a.csv", ROWS);
    await run(lake, { concurrency: 1 });
    const whole = (await mirrorOnce(lake.storage, createMemoryStorage())).copied.length;
    for (let at = 1; at <= 3 * whole; at++) {
      const to = createMemoryStorage();
      await put(to, "gold/extra.csv", "x");
      const first = await mirrorOnce(lake.storage, failingAt(to, at));
      expect([at, first.failed.length, first.removed]).toEqual([at, 1, []]);
      const second = await mirrorOnce(lake.storage, to);
      expect([second.failed, second.removed]).toEqual([[], ["gold/extra.csv"]]);
      expect(second.copied.length).toBeLessThanOrEqual(1);
      expect(await treeOf(to)).toEqual(await treeOf(lake.storage));
    }
  });

  it("keeps and names what is only there, unless it is told to remove it", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/a.csv", ROWS);
    const to = createMemoryStorage();
    await put(to, "bronze/old.csv", "x");
    await put(to, "elsewhere/old.csv", "x");
    expect(await mirrorOnce(lake.storage, to, false)).toMatchObject({ extra: ["bronze/old.csv"], removed: [] });
    expect(await mirrorOnce(lake.storage, to, true)).toMatchObject({ extra: [], removed: ["bronze/old.csv"] });
    expect(await keysOf(to)).toEqual(["bronze/a.csv", "elsewhere/old.csv"]);
  });

  it("takes a contract out of force in a copy where the lake has removed it, and only there", async () => {
    const [lake, to] = [createLake(), createMemoryStorage()];
    await put(lake.storage, "bronze/a.csv", ROWS);
    for (const name of ["kept", "gone"]) await put(lake.storage, `contracts/${name}.json`, name);
    await mirrorOnce(lake.storage, to, false);
    await put(lake.storage, "contracts/claims/gone.json", "gone");
    await lake.storage.remove("contracts/gone.json");
    const back = await mirrorOnce(to, lake.storage, false);
    expect([back.removed, back.extra]).toEqual([[], ["contracts/claims/gone.json"]]);
    await lake.storage.remove("contracts/gone.json");
    const options = { concurrency: 2, removeExtra: false, removeEmptied: false, removeOutOfForce: true };
    const done = await mirror(lake.storage, to, await planLakes(lake.storage, to), options);
    expect([done.removed, done.extra]).toEqual([["contracts/gone.json"], []]);
    expect(await keysOf(to, "contracts/")).toEqual(["contracts/claims/gone.json", "contracts/kept.json"]);
  });

  it("does not replace what somebody put there after it was planned, and says so", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/a.csv", ROWS);
    const to = createMemoryStorage();
    const plan = await planLakes(lake.storage, to);
    await put(to, "bronze/a.csv", "theirs");
    const { failed } = await mirror(lake.storage, to, plan, {
      concurrency: 1,
      removeExtra: false,
      removeEmptied: false,
    });
    expect([failed.map(({ key }) => key), await textOf(to, "bronze/a.csv")]).toEqual([["bronze/a.csv"], "theirs"]);
  });

  it("reads every copy back: one that the store damaged is an error", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/a.csv", ROWS);
    const store = createMemoryStorage();
    const to: LakeStorage = {
      ...store,
      async create(key, options) {
        const writer = await store.create(key, options);
        return { ...writer, write: (chunk) => writer.write(Buffer.from(chunk).fill(0, 0, 1)) };
      },
    };
    expect((await mirrorOnce(lake.storage, to)).failed[0].message).toMatch(/does not read back/);
  });

  it("does not spread damage: bytes that are not those of the metadata are not copied", async () => {
    const from = createMemoryStorage();
    const writer = await from.create("silver/a.csv", { derived: true });
    await writer.write(Buffer.from("damaged"));
    await writer.commit({
      sha256: "0".repeat(64),
      lineage: {
        sourceKey: "bronze/a.csv",
        sourceToken: "t",
        variant: "v",
      },
    });
    const to = createMemoryStorage();
    expect((await mirrorOnce(from, to)).failed[0].message).toMatch(/damaged/);
    expect(await keysOf(to)).toEqual([]);
  });
});
