import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY_MS } from "../src/time.ts";
import json from "../src/topology.json" with { type: "json" };
import { keysOf, put, textOf } from "./pipeline/lake.ts";

/**
 * A layer more is a line of `topology.json`: these modules are loaded over a copy that has four, and nothing else is
 * changed. `infra/plan.test.ts` shows the same of Terraform.
 */

const LAYER = { noncurrentDays: 3, retained: true, mirrored: "first", storageClass: "STANDARD" };
const MORE = {
  aging: { ...LAYER, prefix: "aging/", expires: "age", retentionDays: 5 },
  lasting: { ...LAYER, prefix: "lasting/", expires: "never", mirrored: "last" },
  local: { ...LAYER, prefix: "local/", expires: "log", mirrored: "never" },
  fleeting: { ...LAYER, prefix: "fleeting/", expires: "never", retained: false },
};

async function loadWithMore() {
  vi.resetModules();
  vi.doMock("../src/topology.json", () => ({ default: { ...json, layers: { ...json.layers, ...MORE } } }));
  const [{ planExpire, takeInventory }, { expire }] = [
    await import("../src/retention/plan.ts"),
    await import("../src/retention/expire.ts"),
  ];
  const { mirror, planLakes } = await import("../src/backup/mirror.ts");
  const { createMemoryStorage } = await import("../src/storage/memory.ts");
  const { openStorage, openVersions } = await import("../src/storage/open.ts");
  return { planExpire, takeInventory, expire, mirror, planLakes, createMemoryStorage, openStorage, openVersions };
}

describe("a layer more", () => {
  const home = mkdtempSync(join(tmpdir(), "vantageflow-layer-"));
  let code: Awaited<ReturnType<typeof loadWithMore>>;
  beforeAll(async () => {
    code = await loadWithMore();
  });
  afterAll(() => {
    vi.doUnmock("../src/topology.json");
    rmSync(home, { recursive: true });
  });

  const KEYS = ["aging/a", "fleeting/a", "lasting/a", "local/a"];

  it("expires as it says, and versions of it that are retained do as well", async () => {
    const root = join(home, "expire");
    const [storage, versions] = [code.openStorage(root), code.openVersions(root)];
    for (const key of KEYS) for (const text of ["1", "2"]) await put(storage, key, text);
    const inventory = () => code.takeInventory(storage, versions);
    const early = code.planExpire(await inventory(), Date.now() + 2 * DAY_MS);
    expect([early.remove, early.purge]).toEqual([[], []]);
    const late = code.planExpire(await inventory(), Date.now() + 3653 * DAY_MS);
    expect(late.remove.map(({ layer }) => layer)).toEqual(["aging"]);
    expect(late.purge.map(({ key }) => key)).toEqual(["aging/a", "lasting/a", "local/a"]);
    await code.expire(storage, versions, late, { concurrency: 1 });
    expect(await keysOf(storage)).toEqual(KEYS.slice(1));
  });

  it("is kept by a directory when it is replaced, unless it says otherwise", async () => {
    const root = join(home, "retained");
    const [storage, versions] = [code.openStorage(root), code.openVersions(root)];
    for (const key of KEYS) for (const text of ["1", "2"]) await put(storage, key, text);
    const counts = await Promise.all(KEYS.map(async (key) => (await versions.versions(key)).length));
    expect(counts).toEqual([2, 1, 2, 2]);
  });

  it("is mirrored when it says, in that order", async () => {
    const [from, to] = [code.createMemoryStorage(), code.createMemoryStorage()];
    for (const key of [...KEYS, "receipts/r", "bronze/b.csv"]) await put(from, key, key);
    const options = { concurrency: 1, removeExtra: true, removeEmptied: false };
    const { copied } = await code.mirror(from, to, await code.planLakes(from, to), options);
    expect(copied.map(({ key }) => key)).toEqual(["bronze/b.csv", "aging/a", "fleeting/a", "receipts/r", "lasting/a"]);
    expect(await textOf(to, "aging/a")).toBe("aging/a");
  });
});
