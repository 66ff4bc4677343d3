import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { ownerOf } from "../../src/storage/local/owner.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { type Inlet, type InletOptions, openInlet } from "../../src/streams/inlet.ts";
import { keyUse } from "../../src/streams/keys.ts";
import { watchSpool } from "../../src/streams/left-segments.ts";
import { bronzeRow } from "../../src/streams/record.ts";
import { readingId, SeenReadings } from "../../src/streams/seen.ts";
import { spoolFiles } from "../../src/streams/spool-files.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { mortal, WHENS } from "./mortal.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-inlet-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
let spools = 0;
const newSpool = () => join(home, String(++spools), "http");

/** A process that is gone: numbers of processes are not as large. */
const GONE = { ...ownerOf(), pid: 999_999_999 };
const SMALL = { ms: 60_000, bytes: 1_000_000, records: 3 };

function open(folder: string, storage: LakeStorage, more: Partial<InletOptions> = {}) {
  const trouble: unknown[] = [];
  const options = { storage, folder, source: "http", limits: SMALL, retryMs: 5, now: () => Date.now() };
  const told = { onFlushed: () => {}, onTrouble: (error: unknown) => void trouble.push(error) };
  return openInlet({ ...options, ...told, ...more }).then((inlet) => ({ inlet, trouble }));
}

/** A request of two readings whose devices name it. */
function request(name: string, isKeyed = true) {
  const readings = ["a", "b"].map((part) => ({
    ...{ timestamp: "2025-01-01T00:00:00Z", device: `${name}-${part}`, value: "1", unit: "C", score: "0" },
  }));
  const use = isKeyed ? keyUse(name, Buffer.from(name)) : null;
  return { rows: readings.map(bronzeRow), rejected: [], rejectedCount: 0, use };
}

/** How often each device stands in bronze. */
async function standing(storage: LakeStorage): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const key of await keysOf(storage, "bronze/stream/")) {
    for (const row of (await textOf(storage, key))?.trimEnd().split("\n").slice(1) ?? []) {
      const [, device] = row.split(",");
      counts[device] = (counts[device] ?? 0) + 1;
    }
  }
  return counts;
}

const onceEach = (names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => [`${name}-a`, `${name}-b`].map((device) => [device, 1])));

/** Sends requests, two at once, and returns those that were acknowledged. */
async function send(inlet: Inlet, names: readonly string[], isKeyed = true): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; i < names.length; i += 2) {
    await Promise.allSettled(
      names.slice(i, i + 2).map(async (name) => {
        await inlet.accept(request(name, isKeyed));
        acknowledged.push(name);
      }),
    );
  }
  return acknowledged;
}

const NAMES = ["r1", "r2", "r3", "r4", "r5", "r6"];
const FEW = NAMES.slice(0, 2);

/** Sends the readings that are not known, as a door does whose senders send again. */
async function sendUnseen(inlet: Inlet, seen: SeenReadings, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const all = request(name, false);
    const rows = all.rows.filter((row) => !seen.has(readingId(row)));
    if (rows.length > 0) await inlet.accept({ ...all, rows, ids: rows.map(readingId) });
  }
}

describe("what an inlet has acknowledged", () => {
  it("is in bronze once when it was closed, and nothing is left in the spool but keys", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const { inlet, trouble } = await open(folder, storage);
    expect(await send(inlet, NAMES)).toHaveLength(NAMES.length);
    expect(await inlet.accept(request("r1"))).toEqual({ accepted: 2, rejected: [], rejectedCount: 0 });
    expect([await inlet.close(), trouble]).toEqual([0, []]);
    expect(await standing(storage)).toEqual(onceEach(NAMES));
    const [shard] = fs.readdirSync(folder);
    expect(fs.readdirSync(join(folder, shard))).toEqual(["keys"]);
  });

  it("is what comes behind rows that no text can hold, too: only these are refused", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const { inlet } = await open(folder, storage);
    const unholdable = { ...request("large", false), rows: Array(9).fill("u".repeat(2 ** 26)) };
    await expect(inlet.accept(unholdable)).rejects.toThrow(/^Cannot keep readings in the spool/);
    await send(inlet, ["r1"]);
    await inlet.close();
    expect(await standing(storage)).toEqual(onceEach(["r1"]));
  });

  it("leaves no folder behind where nobody used a key", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const { inlet } = await open(folder, storage);
    await send(inlet, NAMES, false);
    await inlet.close();
    expect(await standing(storage)).toEqual(onceEach(NAMES));
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it.each(WHENS)(
    "is in bronze once after the next start, killed %s each change of spool and lake; so is what is sent again by its key",
    async (when) => {
      for (let at = 1; ; at++) {
        const [folder, storage] = [newSpool(), createMemoryStorage()];
        const { files, lake, state } = mortal(spoolFiles, storage, at, when);
        let acknowledged: string[] = [];
        try {
          const { inlet } = await open(folder, lake, { files, owner: GONE });
          acknowledged = await send(inlet, NAMES);
          await inlet.close();
        } catch {}
        if (!state.isDead) {
          expect(at).toBeGreaterThan(15);
          break;
        }
        // Two who start at once find the same.
        const [{ inlet }, other] = await Promise.all([open(folder, storage), open(folder, storage)]);
        await sleep(5);
        const lost = NAMES.filter((name) => !acknowledged.includes(name));
        await send(inlet, lost);
        expect([at, await inlet.close(), await other.inlet.close()]).toEqual([at, 0, 0]);
        expect([at, await standing(storage)]).toEqual([at, onceEach(NAMES)]);
        // What was acknowledged once is answered the same by who comes after them.
        const last = await open(folder, storage);
        await send(last.inlet, NAMES);
        await last.inlet.close();
        expect([at, await standing(storage)]).toEqual([at, onceEach(NAMES)]);
      }
    },
    60_000,
  );

  it.each(WHENS)(
    "is known by the next start, killed %s each change of spool and lake: what is sent again is in bronze once",
    async (when) => {
      for (let at = 1; ; at++) {
        const [folder, storage] = [newSpool(), createMemoryStorage()];
        const { files, lake, state } = mortal(spoolFiles, storage, at, when);
        try {
          const seen = new SeenReadings();
          const { inlet } = await open(folder, lake, { files, owner: GONE, seen });
          await sendUnseen(inlet, seen, FEW);
          await inlet.close();
        } catch {}
        for (let start = 0; start < 2; start++) {
          const seen = new SeenReadings();
          const { inlet, trouble } = await open(folder, storage, { seen });
          await sendUnseen(inlet, seen, FEW);
          expect([at, await inlet.close(), trouble]).toEqual([at, 0, []]);
        }
        expect([at, await standing(storage)]).toEqual([at, onceEach(FEW)]);
        if (!state.isDead) break;
        expect(at).toBeLessThan(100);
      }
    },
  );

  it("is kept when fsync fails, which ends the inlet for good and is not tried again", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    let [syncs, isBroken] = [0, false];
    const files = {
      ...spoolFiles,
      async create(path: string) {
        const file = await spoolFiles.create(path);
        const sync = async () => {
          syncs++;
          if (isBroken) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
          return file.sync();
        };
        return { ...file, sync };
      },
    };
    const { inlet } = await open(folder, storage, { files, owner: GONE });
    await inlet.accept(request("kept"));
    isBroken = true;
    await expect(inlet.accept(request("unsure"))).rejects.toMatchObject({ code: "storage_failed" });
    isBroken = false;
    await expect(inlet.accept(request("late"))).rejects.toThrow(/EIO/);
    expect([syncs, (await inlet.ended).message]).toEqual([
      2,
      expect.stringMatching(/^Cannot keep readings in the spool: EIO/),
    ]);
    await inlet.close();
    const next = await open(folder, storage);
    await next.inlet.accept(request("unsure"));
    await next.inlet.close();
    expect(await standing(storage)).toEqual(onceEach(["kept", "unsure"]));
  });

  it("is kept when a disk is full, and the next request is taken as soon as it is not", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    let isFull = false;
    const files = {
      ...spoolFiles,
      async create(path: string) {
        const file = await spoolFiles.create(path);
        const append = async (bytes: Uint8Array) => {
          if (!isFull) return file.append(bytes);
          await file.append(bytes.subarray(0, 9));
          throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
        };
        return { ...file, append };
      },
    };
    const { inlet, trouble } = await open(folder, storage, { files, limits: { ...SMALL, records: 100 } });
    await inlet.accept(request("first"));
    isFull = true;
    await expect(inlet.accept(request("again"))).rejects.toMatchObject({ code: "storage_failed" });
    isFull = false;
    await inlet.accept(request("again"));
    expect([await inlet.close(), trouble]).toEqual([0, []]);
    expect(await standing(storage)).toEqual(onceEach(["first", "again"]));
  });

  it("is in bronze once where another took over from one that lives: that one ends and acknowledges nothing more", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const elsewhere = { ...ownerOf(), host: "another-machine" };
    const stopped = await open(folder, storage, { owner: elsewhere, limits: { ...SMALL, records: 5 } });
    const before = await send(stopped.inlet, ["r1", "r2", "r3", "r4"]);
    const [name] = fs.readdirSync(folder);
    const live = await open(folder, storage);
    await live.inlet.close();
    expect(fs.readdirSync(folder)).toContain(name);
    const long = (Date.now() - 700_000) / 1000;
    fs.utimesSync(join(folder, name), long, long);
    const next = await open(folder, storage);
    await expect(stopped.inlet.accept(request("r5"))).rejects.toMatchObject({ code: "storage_failed" });
    expect((await stopped.inlet.ended).message).toMatch(/another process has taken over/);
    await stopped.inlet.close();
    await next.inlet.accept(request("r5"));
    await next.inlet.close();
    expect(before).toHaveLength(4);
    expect(await standing(storage)).toEqual(onceEach([...before, "r5"]));
  });

  it("of a process in another container is known at once, though its folder is not taken yet: its clients send again to this one", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const elsewhere = { ...ownerOf(), space: "pid:[1]", pid: 1 };
    const { inlet } = await open(
      folder,
      brokenLake(storage, () => true),
      { owner: elsewhere },
    );
    await inlet.accept(request("r1"));
    const here = await open(folder, storage);
    await here.inlet.accept(request("r1"));
    await here.inlet.accept(request("r2"));
    await here.inlet.close();
    expect(await standing(storage)).toEqual(onceEach(["r2"]));
    await inlet.close();
  });

  it("is in bronze, and the file kept and told of, where a line of a segment is not what was written", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const { inlet } = await open(
      folder,
      brokenLake(storage, () => true),
      { owner: GONE },
    );
    await inlet.accept(request("r1"));
    await inlet.accept(request("r2"));
    await inlet.close();
    const [name] = fs.readdirSync(folder);
    const [segment] = fs.readdirSync(join(folder, name)).filter((one) => one.endsWith(".segment"));
    const path = join(folder, name, segment);
    fs.writeFileSync(path, fs.readFileSync(path, "utf8").replace("r1-a", "r9-a"));
    const { inlet: next, trouble } = await open(folder, storage);
    await next.close();
    expect(await standing(storage)).toEqual(onceEach(["r2"]));
    expect(trouble).toEqual([expect.objectContaining({ message: expect.stringContaining(".segment.damaged") })]);
    expect(fs.readdirSync(join(folder, name)).sort()).toEqual([`${segment}.damaged`, "keys"]);
  });
});

/** A lake that takes nothing while `isDown`. */
function brokenLake(storage: LakeStorage, isDown: () => boolean): LakeStorage {
  return {
    ...storage,
    async create(key, options) {
      if (isDown()) throw new VantageflowError("storage_failed", "Cannot write: the lake is down.");
      return storage.create(key, options);
    },
  };
}

describe("an inlet whose lake is down", () => {
  it("has no room where answers that it keeps for a key have taken it, and has for who gave no key", async () => {
    const rejected = [{ index: 0, reason: "value_invalid", message: "m".repeat(10_000) }];
    const { inlet } = await open(newSpool(), createMemoryStorage(), { maxPendingBytes: 10_000 });
    await inlet.accept({ ...request("r1", false), rejected, rejectedCount: 1 });
    expect(inlet.isFull()).toBe(false);
    await inlet.accept({ ...request("r2"), rejected: [], rejectedCount: 0 });
    await inlet.accept({ ...request("r3"), rejected, rejectedCount: 1 });
    expect(inlet.isFull()).toBe(true);
    await expect(inlet.accept(request("r4"))).rejects.toMatchObject({ code: "busy" });
    await inlet.close();
  });

  it("takes what it has room for, refuses the rest, and brings all of it there when it is up again", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    let isDown = true;
    const { inlet, trouble } = await open(
      folder,
      brokenLake(storage, () => isDown),
      { maxPendingBytes: 2000 },
    );
    const names = Array.from({ length: 40 }, (_, i) => `r${i}`);
    const acknowledged = await send(inlet, names);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(acknowledged.length).toBeLessThan(20);
    // Two send at once: the last that was taken may go beyond.
    expect(inlet.pendingBytes).toBeLessThan(2000 + 300);
    await expect(inlet.accept(request("more"))).rejects.toThrow(/has not yet taken what came before/);
    isDown = false;
    while (inlet.isFull()) await sleep(5);
    await inlet.accept(request("more"));
    expect([await inlet.close(), trouble.length > 0]).toEqual([0, true]);
    expect(await standing(storage)).toEqual(onceEach([...acknowledged, "more"]));
  });

  it("counts what a process that is gone has left, while it waits and when it is closed, and another sees it then", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    let isDown = true;
    const lake = brokenLake(storage, () => isDown);
    const first = await open(folder, lake, { owner: GONE });
    await send(first.inlet, NAMES);
    const look = watchSpool(spoolFiles, dirname(folder));
    // It is closed without a lake, so that nobody has the readings any more.
    expect(await first.inlet.close()).toBe(12);
    expect(await look(Date.now())).toMatchObject([{ source: "http", readings: 12 }]);
    const second = await open(folder, lake);
    const { pending } = second.inlet.look();
    expect([pending.readings, pending.bytes > 0, pending.oldest_seconds !== null]).toEqual([12, true, true]);
    expect(await look(Date.now())).toEqual([]);
    expect(await second.inlet.close()).toBe(12);
    isDown = false;
    const third = await open(folder, lake);
    await expect.poll(() => third.inlet.look().pending.readings).toBe(0);
    expect([await third.inlet.close(), await look(Date.now())]).toEqual([0, []]);
    expect(await standing(storage)).toEqual(onceEach(NAMES));
  });

  it("says when it is closed how much is left, which the next one brings there", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    const { inlet } = await open(
      folder,
      brokenLake(storage, () => true),
      { owner: GONE },
    );
    await send(inlet, NAMES);
    expect(await inlet.close()).toBe(12);
    const next = await open(folder, storage);
    await next.inlet.close();
    expect(await standing(storage)).toEqual(onceEach(NAMES));
  });
});

describe("a key of a request", () => {
  it("is refused with other readings, shared by those who ask at once, and new after a day", async () => {
    const [folder, storage] = [newSpool(), createMemoryStorage()];
    let now = Date.parse("2025-01-01T00:00:00Z");
    const { inlet } = await open(folder, storage, { now: () => now });
    const [first, second] = await Promise.all([inlet.accept(request("r1")), inlet.accept(request("r1"))]);
    expect(second).toEqual(first);
    const other = { ...request("r2"), use: keyUse("r1", Buffer.from("r2")) };
    await expect(inlet.accept(other)).rejects.toMatchObject({ code: "usage" });
    now += 86_400_000;
    await inlet.accept(other);
    await inlet.close();
    expect(await standing(storage)).toEqual(onceEach(["r1", "r2"]));
  });
});
