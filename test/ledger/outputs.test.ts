import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import json from "../../src/topology.json" with { type: "json" };

/** What is known of what functions made that write outside the layers of batches, by a topology that has two more. */

const { silverToGold } = json.functions;
const writing = (name: string, from: string, ...writes: string[]) => ({
  ...silverToGold,
  name,
  startedBy: { ...silverToGold.startedBy, id: name, prefix: from },
  reads: [from],
  writes,
});
const ADDED = {
  goldToContracts: writing("vantageflow-gold-to-contracts", "gold/", "contracts/", "tables/"),
  contractsToState: writing("vantageflow-contracts-to-state", "contracts/", "state/"),
};

async function load() {
  vi.resetModules();
  vi.doMock("../../src/topology.json", () => ({
    default: { ...json, functions: { ...json.functions, ...ADDED } },
  }));
  return {
    ...(await import("../../src/ledger/outputs.ts")),
    ...(await import("../../src/ledger/receipts.ts")),
    ...(await import("../../src/storage/memory.ts")),
  };
}

describe("what functions made", () => {
  let code: Awaited<ReturnType<typeof load>>;
  let storage: LakeStorage;
  beforeAll(async () => {
    code = await load();
  });
  afterAll(() => void vi.doUnmock("../../src/topology.json"));

  async function put(key: string, sourceKey: string): Promise<void> {
    const writer = await storage.create(key, { derived: true });
    await writer.commit({ lineage: { sourceKey, sourceToken: "t", variant: "v" } });
  }

  /** The outputs of a function, and the receipt that names them. */
  async function make(fn: { readonly name: string }, source: string, ...keys: string[]): Promise<void> {
    for (const key of keys) await put(key, source);
    await name(fn, source, ...keys);
  }

  async function name(fn: { readonly name: string }, source: string, ...keys: string[]): Promise<void> {
    const tally = { anomaly_threshold: 0.5, rows: code.NO_ROWS, devices: 0 };
    const { writer } = await code.draftReceipt(storage, {
      version: 2,
      function: fn.name,
      source: { key: source, token: "t", size: 0, sha256: null },
      outcome: "done",
      code: "1",
      attempts: 1,
      started: "2025-01-01T00:00:00Z",
      duration_ms: 0,
      outputs: keys.map((key) => ({ key, size: 0, sha256: "" })),
      error: null,
      split: tally,
      aggregate: { ...tally, sibling: null },
    });
    await writer.commit();
  }

  const keys = async (key: string) => (await code.outputsOf(storage, key)).map((one) => one.key);

  async function made() {
    storage = code.createMemoryStorage();
    const { bronzeToSilver } = json.functions;
    await make(bronzeToSilver, "bronze/b.csv", "silver/b.csv", "anomalies/b.csv");
    await make(silverToGold, "silver/b.csv", "gold/b.csv");
    await make(ADDED.goldToContracts, "gold/b.csv", "contracts/one.json", "contracts/two.json", "tables/part-1");
    await make(ADDED.contractsToState, "contracts/two.json", "state/of-two.json");
  }

  it("is all that is behind it, what was made of that first, whatever it is called; nothing of a table", async () => {
    await made();
    const behindGold = ["state/of-two.json", "contracts/one.json", "contracts/two.json"];
    expect(await keys("bronze/b.csv")).toEqual([...behindGold, "gold/b.csv", "silver/b.csv", "anomalies/b.csv"]);
    expect(await keys("gold/b.csv")).toEqual(behindGold);
  });

  it("is what was published late, without a receipt, under the name of its source", async () => {
    await made();
    await code.removeReceipts(storage, ADDED.goldToContracts.name, "gold/b.csv");
    await put("contracts/b.csv", "gold/b.csv");
    expect(await keys("gold/b.csv")).toEqual(["contracts/b.csv"]);
  });

  it("is nothing that a receipt names which is of another source, of no function, or no key at all", async () => {
    await made();
    await put("contracts/three.json", "gold/c.csv");
    await put("logs/b.csv", "gold/b.csv");
    await put("contracts/b.csv", "gold/c.csv");
    await name(ADDED.goldToContracts, "gold/b.csv", "contracts/three.json", "logs/b.csv", "contracts/../gold/c.csv");
    expect(await keys("gold/b.csv")).toEqual([]);
  });

  it("is told of a function that writes batches only without asking the lake", async () => {
    await made();
    const list = vi.spyOn(storage, "list");
    expect(await code.outputsBy(storage, "silverToGold", "silver/b.csv")).toEqual(["gold/b.csv"]);
    expect(list).not.toHaveBeenCalled();
  });
});
