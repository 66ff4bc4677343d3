import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyContract, changeOf, removeContract, standingOf } from "../../src/contracts/store.ts";
import { errorClass } from "../../src/errors.ts";
import { claimKey, contractKey } from "../../src/ledger/sources.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { contractsOf, createTaggedStorage, dyingAfter, inForce, loggerContract, readerOf, scheduled } from "./lakes.ts";

const KEY = "bronze/station/a.dat";
const CSV = "bronze/station/a.csv";
const station = await loggerContract();
const changed = await loggerContract({ threshold: [{ devices: "*", above: 0.5 }] });
/** Without a claim, its keys would be the built-in contract's. */
const ofCsv = await loggerContract({ suffixes: [".csv"] });
const other = await loggerContract({ name: "other" });

const seenIn = (storage: LakeStorage, name = "station") => standingOf(storage, name);
const remove = async (storage: LakeStorage, release = false) =>
  removeContract(storage, "station", await seenIn(storage), { release });

describe("applying a contract", () => {
  it("puts it in force as it was written; the equal one is no change, whatever its formatting", async () => {
    const storage = createMemoryStorage();
    expect(await applyContract(storage, station)).toBe("new");
    expect(await contractsOf(storage, "station")).toEqual([station.text, station.text]);
    const before = await storage.head(contractKey("station"));
    const compact = { ...station, text: JSON.stringify(JSON.parse(station.text)) };
    expect(await applyContract(storage, compact)).toBe("unchanged");
    expect(await storage.head(contractKey("station"))).toEqual(before);
  });

  it("replaces another of its name only where that one was seen", async () => {
    const storage = createMemoryStorage();
    await inForce(storage, station);
    await expect(applyContract(storage, changed)).rejects.toMatchObject({
      code: "exists",
      message: expect.stringMatching(/vantageflow plan .*vantageflow contract apply/),
    });
    const seen = await seenIn(storage);
    expect(changeOf(seen, changed.digest)).toBe("changed");
    expect(await applyContract(storage, changed, seen)).toBe("changed");
    const again = await loggerContract({ threshold: [{ devices: "*", above: 0.4 }] });
    await expect(applyContract(storage, again, seen)).rejects.toThrow(/it was changed meanwhile/);
    expect(await contractsOf(storage, "station")).toEqual([changed.text, changed.text]);
  });

  it("is refused where another claims one of its keys, in force or removed, and where its name lies elsewhere", async () => {
    const storage = createMemoryStorage();
    await inForce(storage, other);
    await expect(applyContract(storage, station)).rejects.toThrow('both claim "bronze/station/*.dat"');
    await removeContract(storage, "other", await seenIn(storage, "other"));
    await expect(applyContract(storage, station)).rejects.toThrow("contract remove other --release");
    await removeContract(storage, "other", await seenIn(storage, "other"), { release: true });
    await put(storage, "contracts/mine.json", (await loggerContract({ prefix: "bronze/x/" })).text);
    await expect(applyContract(storage, station)).rejects.toThrow('"contracts/mine.json"');
    expect(await keysOf(storage)).toEqual(["contracts/mine.json"]);
  });

  it("mends what cannot be read as a contract under its own name", async () => {
    const storage = createMemoryStorage();
    await put(storage, contractKey("station"), "{");
    expect(await applyContract(storage, station, await seenIn(storage))).toBe("changed");
    expect(await readerOf(storage, KEY)).toBe("station");
  });
});

describe("removing a contract", () => {
  it("leaves what it claims waiting until it is applied again, which has to be said", async () => {
    const storage = createMemoryStorage();
    await inForce(storage, station);
    expect(await remove(storage)).toBe("removed");
    expect([await readerOf(storage, KEY), await contractsOf(storage, "station")]).toEqual([
      "waits",
      [null, station.text],
    ]);
    expect(await remove(storage)).toBe("unchanged");
    await expect(applyContract(storage, station)).rejects.toThrow(/it was removed from this lake/);
    expect(await applyContract(storage, station, await seenIn(storage))).toBe("restored");
    expect([await readerOf(storage, KEY), await contractsOf(storage, "station")]).toEqual([
      "station",
      [station.text, station.text],
    ]);
  });

  it("lets its claim go with release, in force or removed", async () => {
    for (const isRemoved of [false, true]) {
      const storage = createMemoryStorage();
      await inForce(storage, ofCsv);
      if (isRemoved) await remove(storage);
      expect([await remove(storage, true), await readerOf(storage, CSV)]).toEqual(["released", "built-in"]);
      expect(await keysOf(storage)).toEqual([]);
      expect(await remove(storage, true)).toBe("unchanged");
    }
  });

  it("takes nothing away that was not seen", async () => {
    const storage = createMemoryStorage();
    await inForce(storage, station);
    const seen = await seenIn(storage);
    await inForce(storage, changed);
    for (const release of [false, true]) {
      await expect(removeContract(storage, "station", seen, { release })).rejects.toMatchObject({ code: "exists" });
    }
    expect(await contractsOf(storage, "station")).toEqual([changed.text, null]);
  });
});

describe("a claim", () => {
  it("outlives its contract, however that went: what it claims waits, and is judged by no other", async () => {
    const storage = createMemoryStorage();
    await applyContract(storage, ofCsv);
    await storage.remove(contractKey("station"));
    expect(await readerOf(storage, CSV)).toBe("waits");
    await expect(applyContract(storage, ofCsv)).rejects.toThrow(/it was removed from this lake/);
    expect(await applyContract(storage, ofCsv, await seenIn(storage))).toBe("restored");
    expect(await readerOf(storage, CSV)).toBe("station");
  });

  it("comes to a contract that was put there by hand once it is applied; without it all is as it was", async () => {
    const storage = createMemoryStorage();
    await inForce(storage, ofCsv);
    await storage.remove(contractKey("station"));
    expect(await readerOf(storage, CSV)).toBe("built-in");
    await inForce(storage, ofCsv);
    expect(await applyContract(storage, ofCsv)).toBe("unchanged");
    await storage.remove(contractKey("station"));
    expect(await readerOf(storage, CSV)).toBe("waits");
  });

  it("of before waits where a contract was changed by hand, until it is applied", async () => {
    const storage = createMemoryStorage();
    await applyContract(storage, ofCsv);
    await inForce(storage, station);
    expect([await readerOf(storage, CSV), await readerOf(storage, KEY)]).toEqual(["waits", "station"]);
    await expect(applyContract(storage, station)).rejects.toMatchObject({ code: "exists" });
    expect(await applyContract(storage, station, await seenIn(storage))).toBe("changed");
    expect([await readerOf(storage, CSV), await readerOf(storage, KEY)]).toEqual(["built-in", "station"]);
  });

  it("stays as it is where what is no contract is taken away", async () => {
    const storage = createMemoryStorage();
    await applyContract(storage, ofCsv);
    await put(storage, contractKey("station"), "{");
    await expect(readerOf(storage, CSV)).rejects.toThrow(/contract apply FILE.*Taken away instead/);
    expect(await remove(storage)).toBe("removed");
    expect(await readerOf(storage, CSV)).toBe("waits");
  });
});

describe("a crash between two writes", () => {
  /** What may be begun, from a lake with a contract of CSV in force or removed; what has to be there when it is done again. */
  const works = {
    "a change": {
      from: "in force",
      to: "station",
      work: applySeen({ suffixes: [".csv"], threshold: changed.contract.threshold }),
    },
    "a contract that comes back": { from: "removed", to: "station", work: applySeen({ suffixes: [".csv"] }) },
    "a removal": { from: "in force", to: "waits", work: (lake: LakeStorage) => remove(lake) },
  } as const;

  function applySeen(changes: object) {
    return async (lake: LakeStorage) => applyContract(lake, await loggerContract(changes), await seenIn(lake));
  }

  it.each(Object.entries(works))(
    "of %s leaves what it claims with it, or waiting, and doing it again ends it",
    async (_, one) => {
      for (let last = 0; ; last++) {
        const storage = createMemoryStorage();
        await inForce(storage, ofCsv);
        if (one.from === "removed") await remove(storage);
        const dying = dyingAfter(storage, last);
        const died = await one.work(dying).then(
          () => false,
          () => true,
        );
        expect([last, await readerOf(storage, CSV)]).toEqual([last, expect.stringMatching(/^(station|waits)$/)]);
        await one.work(storage);
        expect([last, await readerOf(storage, CSV)]).toEqual([last, one.to]);
        expect(await keysOf(storage)).toEqual([
          claimKey("station"),
          ...(one.to === "waits" ? [] : [contractKey("station")]),
        ]);
        await storage.remove(contractKey("station"));
        expect([last, await readerOf(storage, CSV)]).toEqual([last, "waits"]);
        if (!died) break;
        expect(last).toBeLessThan(9);
      }
    },
  );

  it("of a change of what it claims leaves none of it to another, and doing it again ends it", async () => {
    for (let last = 0; ; last++) {
      const storage = createMemoryStorage();
      await applyContract(storage, ofCsv);
      const moved = await loggerContract({ prefix: "bronze/moved/", suffixes: [".csv"] });
      const apply = async (lake: LakeStorage) => applyContract(lake, moved, await seenIn(lake));
      const died = await apply(dyingAfter(storage, last)).then(
        () => false,
        () => true,
      );
      const readers = [await readerOf(storage, CSV), await readerOf(storage, "bronze/moved/a.csv")];
      if (died)
        expect([
          ["station", "built-in"],
          ["waits", "station"],
        ]).toContainEqual(readers);
      await apply(storage);
      expect([await readerOf(storage, CSV), await readerOf(storage, "bronze/moved/a.csv")]).toEqual([
        "built-in",
        "station",
      ]);
      if (!died) break;
      expect(last).toBeLessThan(9);
    }
  });
});

describe("two at once", () => {
  const stores = { "a store": createMemoryStorage, "a store whose tokens are of the bytes": createTaggedStorage };

  it.each(Object.entries(stores))("who apply the same contract to %s both have it", async (_, create) => {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const storage = create();
      const lake = scheduled(storage, scheduler);
      const changes = await scheduler.waitFor(
        Promise.all([applyContract(lake, station), applyContract(lake, station)]),
      );
      expect(changes.toSorted()).toEqual(["new", "unchanged"]);
      expect(await contractsOf(storage, "station")).toEqual([station.text, station.text]);
    });
    await fc.assert(property);
  });

  it.each(Object.entries(stores))(
    "who apply contracts for one key to %s: at most one has it, the other is told",
    async (_, create) => {
      const property = fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isOneName) => {
        const storage = create();
        const lake = scheduled(storage, scheduler);
        const both = [station, isOneName ? changed : other];
        const ended = await scheduler.waitFor(Promise.allSettled(both.map((one) => applyContract(lake, one))));
        const done = both.filter((_, i) => ended[i].status === "fulfilled");
        const refused = ended.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
        expect([done.length <= 1, new Set(refused)]).toEqual([true, new Set(["exists"])]);
        expect(await keysOf(storage)).toEqual(
          done.flatMap(({ contract: { name } }) => [claimKey(name), contractKey(name)]),
        );
        expect(await readerOf(storage, KEY)).toBe(done[0]?.contract.name ?? "nobody");
        if (isOneName) expect(done).toHaveLength(1);
      });
      await fc.assert(property);
    },
  );

  it.each(Object.entries(stores))(
    "one who removes it from %s and one who applies it, or a change: it is in force or waits",
    async (_, create) => {
      const property = fc.asyncProperty(
        fc.scheduler(),
        fc.constantFrom("in force", "removed", "both", "applied"),
        fc.boolean(),
        async (scheduler, from, isChange) => {
          const storage = create();
          if (from === "applied") await applyContract(storage, ofCsv);
          else await inForce(storage, ofCsv);
          if (from === "removed") await remove(storage);
          if (from === "both") await put(storage, claimKey("station"), ofCsv.text);
          const lake = scheduled(storage, scheduler);
          const proposed = isChange ? await loggerContract({ suffixes: [".csv"], threshold: [] }) : ofCsv;
          const seen = await seenIn(storage);
          const ended = await scheduler.waitFor(
            Promise.allSettled([applyContract(lake, proposed, seen), removeContract(lake, "station", seen)]),
          );
          for (const one of ended) if (one.status === "rejected") expect(errorClass(one.reason)).toBe("final");
          expect(await readerOf(storage, CSV)).toMatch(/^(station|waits)$/);
        },
      );
      await fc.assert(property, { numRuns: 300 });
    },
  );
});
