import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { expire } from "../../src/retention/expire.ts";
import { planExpire, takeInventory } from "../../src/retention/plan.ts";
import { identityOf } from "../../src/storage/local/files.ts";
import { openStorage, openVersions } from "../../src/storage/open.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { DAY_MS } from "../../src/time.ts";
import { restore } from "../../src/versions/restore.ts";
import { bytesOf, keysOf, put, textOf } from "../pipeline/lake.ts";
import { retainedOf } from "../storage/versions-conformance.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-restore-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const OLD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,3,C,0.9\n2025-01-01T00:00:02Z,A,x,C,0.1\n`;
const NEW = `${HEADER}2025-01-01T00:00:00Z,B,7,C,0.2\n`;
const KEY = "bronze/b.csv";
const LAYERS = ["bronze/", "silver/", "anomalies/", "gold/"];

let root = "";
let lakes = 0;
let lake: ProcessContext;
beforeEach(() => {
  root = join(home, String(++lakes));
  lake = { storage: openStorage(root), settings: DEFAULT_SETTINGS, code: "test", now: Date.now };
});

const versions = () => openVersions(root);
const runLake = () => run(lake, { concurrency: 1 });
const idsOf = async (key: string) => (await versions().versions(key)).map(({ versionId }) => versionId);
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Lands a text as bronze and runs it to gold. */
async function landed(text: string, key = KEY): Promise<void> {
  await put(lake.storage, key, text);
  await runLake();
}

async function layersOf(storage: LakeStorage): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for (const layer of LAYERS) for (const key of await keysOf(storage, layer)) found[key] = await textOf(storage, key);
  return found;
}

async function expireAt(days: number) {
  const plan = planExpire(await takeInventory(lake.storage, versions()), Date.now() + days * DAY_MS);
  return expire(lake.storage, versions(), plan, { concurrency: 2 });
}

describe("contract 13: a retained version restores byte for byte", () => {
  it("1. an overwritten object restores by its version id", async () => {
    await put(lake.storage, KEY, OLD);
    const old = (await idsOf(KEY))[0];
    await put(lake.storage, KEY, NEW);
    const restored = await restore(lake.storage, versions(), KEY, { versionId: old });
    expect(restored).toMatchObject({ outcome: "restored", version: { versionId: old } });
    expect(await textOf(lake.storage, KEY)).toBe(OLD);
  });

  it("2. a removed object restores, of any size and content", async () => {
    const bytes = Buffer.alloc(1_300_001, "\0\xff\r\n", "latin1");
    await put(lake.storage, KEY, bytes);
    await lake.storage.remove(KEY);
    await restore(lake.storage, versions(), KEY, { versionId: (await idsOf(KEY))[1] });
    expect((await bytesOf(lake.storage, KEY))?.equals(bytes)).toBe(true);
  });

  it("3. the version that was current at a time restores", async () => {
    const times: number[] = [];
    for (const text of ["1", "2", "3"]) {
      await put(lake.storage, KEY, text);
      await pause();
      times.push(Date.now());
      await pause();
    }
    for (const [i, at] of times.entries()) {
      await restore(lake.storage, versions(), KEY, { at });
      expect(await textOf(lake.storage, KEY)).toBe(String(i + 1));
    }
  });

  it("4. a time without a version is refused, and those that there are are named", async () => {
    const before = Date.now() - 1000;
    await put(lake.storage, KEY, OLD);
    await lake.storage.remove(KEY);
    const [marker, id] = await idsOf(KEY);
    await pause();
    for (const wanted of [{ at: before }, { at: Date.now() }, { versionId: "none" }, { versionId: marker }]) {
      const error = await restore(lake.storage, versions(), KEY, wanted).catch((caught) => caught);
      expect(error).toMatchObject({ code: "not_found", message: expect.stringContaining(id) });
    }
    const never = await restore(lake.storage, versions(), "bronze/x.csv", { at: 0 }).catch((caught) => caught);
    expect(never).toMatchObject({
      code: "not_found",
      message: expect.stringContaining("it is not there, and nothing is kept of it"),
    });
    expect(await lake.storage.head(KEY)).toBeNull();
  });

  it("5. history is added to, never rewritten", async () => {
    for (const text of ["1", "2", "3"]) await put(lake.storage, KEY, text);
    const before = await versions().versions(KEY);
    await restore(lake.storage, versions(), KEY, { versionId: before[2].versionId });
    const after = await versions().versions(KEY);
    expect(after.slice(1).map(({ versionId, time }) => [versionId, time])).toEqual(
      before.map(({ versionId, time }) => [versionId, time]),
    );
    expect(after[0].current).toBe(true);
  });

  it("6. restored bronze is work, and running it gives all layers as they were", async () => {
    await landed(OLD);
    const before = await layersOf(lake.storage);
    await landed(NEW);
    expect(await layersOf(lake.storage)).not.toEqual(before);
    await restore(lake.storage, versions(), KEY, { versionId: (await idsOf(KEY))[1] });
    expect((await planRun(lake.storage)).work.map(({ object }) => object.key)).toEqual([KEY]);
    await runLake();
    expect(await layersOf(lake.storage)).toEqual(before);
    expect((await planRun(lake.storage)).work).toEqual([]);
  });

  it("7. restored silver has its lineage, and gold follows with its anomalies", async () => {
    await landed(OLD);
    const before = await layersOf(lake.storage);
    const { metadata } = (await lake.storage.head("silver/b.csv")) ?? {};
    await lake.storage.remove("silver/b.csv");
    await lake.storage.remove("gold/b.csv");
    await restore(lake.storage, versions(), "silver/b.csv", { versionId: (await idsOf("silver/b.csv"))[1] });
    expect((await lake.storage.head("silver/b.csv"))?.metadata).toEqual(metadata);
    expect((await runLake()).map(({ key, outcome }) => [key, outcome])).toEqual([["silver/b.csv", "done"]]);
    expect(await layersOf(lake.storage)).toEqual(before);
  });

  it("8. restoring what is current, or the same bytes, changes nothing", async () => {
    await put(lake.storage, KEY, OLD);
    await put(lake.storage, KEY, OLD);
    const token = (await lake.storage.head(KEY))?.token;
    for (const versionId of await idsOf(KEY)) {
      const { outcome } = await restore(lake.storage, versions(), KEY, { versionId });
      expect([outcome, (await lake.storage.head(KEY))?.token]).toEqual(["unchanged", token]);
    }
    expect(await idsOf(KEY)).toHaveLength(2);
  });

  it("9. a restore that somebody else overtakes changes nothing", async () => {
    await put(lake.storage, KEY, OLD);
    await put(lake.storage, KEY, NEW);
    const racing: LakeStorage = {
      ...lake.storage,
      async create(key, lineage) {
        await put(lake.storage, key, "theirs");
        return lake.storage.create(key, lineage);
      },
    };
    const wanted = { versionId: (await idsOf(KEY))[1] };
    await expect(restore(racing, versions(), KEY, wanted)).rejects.toMatchObject({ code: "conflict" });
    expect(await textOf(lake.storage, KEY)).toBe("theirs");
  });

  it("10. a version that the disk has damaged is refused, and the current one stays", async () => {
    await landed(OLD);
    await landed(NEW);
    const [current, old] = await idsOf("silver/b.csv");
    const folder = join(root, ".vantageflow/versions/silver/b.csv");
    const path = join(folder, fs.readdirSync(folder).find((name) => name.includes(old)) ?? "");
    const sideFile = () =>
      join(root, `.vantageflow/metadata/silver/b.csv@${identityOf(fs.statSync(path, { bigint: true }))}.json`);
    const metadata = sideFile();
    const bytes = fs.readFileSync(path);
    bytes[bytes.length - 3] ^= 1;
    fs.writeFileSync(path, bytes);
    // A disk changes bytes and no times, which no test can: the metadata follows to what the file is known by now.
    fs.renameSync(metadata, sideFile());
    const wanted = { versionId: old };
    await expect(restore(lake.storage, versions(), "silver/b.csv", wanted)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("damaged"),
    });
    expect((await lake.storage.head("silver/b.csv"))?.token).toBe(current);
  });

  it("11. what expire removed restores for as long as its layer says, and then no longer", async () => {
    await landed(OLD);
    const before = await layersOf(lake.storage);
    expect((await expireAt(100)).remove.map(({ object }) => object.key)).toEqual([
      KEY,
      "silver/b.csv",
      "anomalies/b.csv",
      "anomalies/b.rejects.csv",
      "gold/b.csv",
    ]);
    expect(await layersOf(lake.storage)).toEqual({});
    await expireAt(6);
    for (const key of Object.keys(before)) {
      await restore(lake.storage, versions(), key, { versionId: (await idsOf(key))[1] });
      await lake.storage.remove(key);
      await restore(lake.storage, versions(), key, { versionId: (await idsOf(key))[1] });
    }
    expect(await layersOf(lake.storage)).toEqual(before);
    for (const key of Object.keys(before)) await lake.storage.remove(key);
    const purged = new Set((await expireAt(8)).purge.map(({ key }) => key));
    expect([...purged]).toEqual(["anomalies/b.csv", "anomalies/b.rejects.csv"]);
    await expireAt(31);
    expect(await retainedOf(versions())).toEqual([]);
    await expect(restore(lake.storage, versions(), KEY, { at: Date.now() })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("12. expire never removes what is still work, nor makes work of what is done", async () => {
    await landed(OLD);
    await put(lake.storage, "bronze/new.csv", NEW);
    await put(lake.storage, "silver/hand.csv", NEW);
    const work = async () => (await planRun(lake.storage)).work.map(({ object }) => object.key);
    const before = await work();
    for (const days of [31, 61, 91, 1000]) {
      const { kept } = await expireAt(days);
      expect(await work()).toEqual(before);
      const unprocessed = kept.filter(({ reason }) => reason === "unprocessed").map(({ key }) => key);
      expect(unprocessed).toEqual(days < 60 ? ["bronze/new.csv"] : ["bronze/new.csv", "silver/hand.csv"]);
    }
    expect((await runLake()).map(({ outcome }) => outcome)).toEqual(["done", "done"]);
  });

  it("a version between two others that was purged is not mistaken for the one before it", async () => {
    const times: number[] = [];
    for (const text of ["1", "2", "3"]) {
      await put(lake.storage, KEY, text);
      await pause();
      times.push(Date.now());
      await pause();
    }
    await versions().purge(KEY, (await idsOf(KEY))[1]);
    await expect(restore(lake.storage, versions(), KEY, { at: times[1] })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("no longer kept"),
    });
    await restore(lake.storage, versions(), KEY, { at: times[0] });
    expect(await textOf(lake.storage, KEY)).toBe("1");
  });
});
