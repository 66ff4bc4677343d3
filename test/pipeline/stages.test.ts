import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeviceTable, hashId } from "../../src/pipeline/devices.ts";
import { formatDouble } from "../../src/pipeline/gold.ts";
import { percentageOf } from "../../src/pipeline/percentage.ts";
import { bronzeToGold, bronzeToSilver, silverToGold } from "../../src/pipeline/stages.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { bytesOf, createLake, keysOf, process, put, textOf } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const row = (device: string, value: number | string, score: number | string) =>
  `2025-01-01T00:00:00Z,${device},${value},C,${score}\n`;

const readings = fc.array(
  fc.tuple(
    fc.constantFrom("A", "B", "C", "__proto__", '"quoted, ""id"""'),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    fc.double({ noNaN: true, min: 0, max: 1 }),
  ),
  { maxLength: 60 },
);
const batch = readings.map((all) => HEADER + all.map(([d, v, s]) => row(d, v, s)).join(""));

/** Everything in the lake but tokens. */
async function contents(storage: LakeStorage): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const key of await keysOf(storage)) found[key] = (await bytesOf(storage, key))?.toString("latin1") ?? "";
  return found;
}

const withoutTokens = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, v) => (key === "token" || key === "info" ? undefined : v)));

describe("the stages", () => {
  it("write the same in one fused pass as one after the other, results included", async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (text) => {
        const [fused, apart] = [createLake(), createLake()];
        for (const { storage } of [fused, apart]) await put(storage, "bronze/b.csv", text);
        const both = await bronzeToGold(fused, "bronze/b.csv");
        const silver = await bronzeToSilver(apart, "bronze/b.csv");
        const gold = await silverToGold(apart, "silver/b.csv");
        expect(await contents(fused.storage)).toEqual(await contents(apart.storage));
        expect(withoutTokens(both)).toEqual(withoutTokens({ silver, gold }));
      }),
      { numRuns: 300 },
    );
  });

  it("write the same bytes when they run again", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1) + row("B", "x", 0.1) + row("B", 2, 0.9));
    await bronzeToGold(lake, "bronze/b.csv");
    const before = await contents(lake.storage);
    await bronzeToGold(lake, "bronze/b.csv");
    expect(await contents(lake.storage)).toEqual(before);
  });

  it("order gold by first appearance in silver, then in anomalies", async () => {
    const { gold } = await process(HEADER + row("Z", 1, 0.9) + row("B", 1, 0.1) + row("A", 1, 0.9) + row("Z", 3, 0.1));
    expect(gold?.split("\n").map((line) => line.split(",")[0])).toEqual(["device_id", "B", "Z", "A", ""]);
  });

  it("remove a stale rejects object when the new version has no rejects", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", "x", 0.1));
    await bronzeToSilver(lake, "bronze/b.csv");
    expect(await keysOf(lake.storage, "anomalies/")).toContain("anomalies/b.rejects.csv");
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1));
    await bronzeToSilver(lake, "bronze/b.csv");
    expect(await keysOf(lake.storage, "anomalies/")).toEqual(["anomalies/b.csv"]);
  });

  it("refuse an input whose name is that of a rejects file", async () => {
    const outcome = await process(HEADER, { key: "bronze/b.rejects.csv" });
    expect([outcome.result.outcome, outcome.result.error?.code]).toEqual(["refused", "key_invalid"]);
    expect(outcome.deadLetters).toHaveLength(1);
  });

  it("publish nothing when the source was replaced meanwhile", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1));
    const storage = afterRead(lake.storage, () => put(lake.storage, "bronze/b.csv", HEADER + row("A", 2, 0.1)));
    await expect(bronzeToGold({ ...lake, storage }, "bronze/b.csv")).rejects.toMatchObject({ code: "superseded" });
    expect(await keysOf(lake.storage)).toEqual(["bronze/b.csv"]);
  });

  it("never overwrite an output that somebody else wrote meanwhile", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1));
    const storage = afterRead(lake.storage, () => put(lake.storage, "silver/b.csv", "newer"));
    await expect(bronzeToGold({ ...lake, storage }, "bronze/b.csv")).rejects.toMatchObject({ code: "conflict" });
    expect(await textOf(lake.storage, "silver/b.csv")).toBe("newer");
  });

  it("tell silver without its anomalies: missing, not rebuildable, or of another version", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1));
    await bronzeToSilver(lake, "bronze/b.csv");
    const anomalies = await bytesOf(lake.storage, "anomalies/b.csv");
    await put(lake.storage, "anomalies/b.csv", anomalies ?? "");
    const pending = (next: string) => ({ code: "sibling_pending", message: expect.stringContaining(next) });
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject(pending("vantageflow run --reprocess"));
    const bronze = (await bytesOf(lake.storage, "bronze/b.csv")) ?? "";
    await lake.storage.remove("bronze/b.csv");
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject(pending("vantageflow explain KEY"));
    await put(lake.storage, "bronze/b.csv", bronze);
    await lake.storage.remove("anomalies/b.csv");
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject({ code: "anomalies_missing" });
    await lake.storage.remove("bronze/b.csv");
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject({ code: "not_rebuildable" });
    expect(await textOf(lake.storage, "gold/b.csv")).toBeNull();
  });

  it("take silver that was put there by hand for itself, counting by its scores", async () => {
    const lake = createLake();
    await put(lake.storage, "silver/b.csv", HEADER + row("A", 1, 0.1) + row("A", 3, 0.9));
    await silverToGold(lake, "silver/b.csv");
    expect(await textOf(lake.storage, "gold/b.csv")).toContain("\nA,2,2.0,1.0,3.0,1,50.0\n");
  });

  it("refuse silver by hand that holds a row that is no reading, with its place", async () => {
    const lake = createLake();
    await put(lake.storage, "silver/b.csv", HEADER + row("A", 1, 0.1) + row("A", "x", 0.1));
    const refusal = { code: "row_invalid", line: 3, column: "value" };
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject(refusal);
    expect(await textOf(lake.storage, "gold/b.csv")).toBeNull();
  });

  it("keep gold of silver as the split saw it, whatever the threshold is by now", async () => {
    const lake = createLake({ anomalyThreshold: 0.2 });
    await put(lake.storage, "bronze/b.csv", HEADER + row("A", 1, 0.1) + row("A", 3, 0.3));
    await bronzeToSilver(lake, "bronze/b.csv");
    await silverToGold({ ...lake, settings: { ...lake.settings, anomalyThreshold: 0.9 } }, "silver/b.csv");
    expect(await textOf(lake.storage, "gold/b.csv")).toContain("\nA,2,2.0,1.0,3.0,1,50.0\n");
  });
});

describe("the device table", () => {
  it("counts 100,000 devices one by one", async () => {
    let text = HEADER;
    for (let i = 0; i < 100_000; i++) text += row(`FAB-${i}`, i, i % 10 === 0 ? 0.9 : 0.1);
    const { result, gold } = await process(text);
    expect(result.devices).toBe(100_000);
    const lines = (gold ?? "").trimEnd().split("\n").slice(1);
    expect(new Set(lines.map((line) => line.split(",")[0])).size).toBe(100_000);
    expect(lines.every((line) => line.split(",")[1] === "1")).toBe(true);
  });

  it("tells ids apart that share their hash", () => {
    const table = new DeviceTable();
    const ids = Buffer.from("abcdefabcdxf");
    const hash = hashId(ids, 0, 6);
    table.add(ids, 0, 6, hash, 1, 0);
    table.add(ids, 6, 6, hash, 2, 0);
    table.add(ids, 0, 5, hash, 3, 0);
    table.flush(ids);
    expect([...table.devices()].map((d) => [Buffer.from(d.id).toString(), d.average])).toEqual([
      ["abcdef", 1],
      ["abcdxf", 2],
      ["abcde", 3],
    ]);
  });
});

describe("gold's numbers", () => {
  it("are the shortest that read back, integers with .0", () => {
    const table: [number, string][] = [
      [22, "22.0"],
      [-0, "0.0"],
      [1e21, "1e+21"],
      [1e-7, "1e-7"],
      [28.5, "28.5"],
      [-273.15, "-273.15"],
      [123456789012345680000, "123456789012345680000.0"],
    ];
    for (const [value, text] of table) expect(formatDouble(value)).toBe(text);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(formatDouble(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("have percentages with one fraction digit, rounded half up", () => {
    const table: [number, number, string][] = [
      [2, 15, "13.3"],
      [1, 10, "10.0"],
      [0, 7, "0.0"],
      [7, 7, "100.0"],
      [1, 2000, "0.1"],
      [1, 2001, "0.0"],
      [2, 3, "66.7"],
      [1999, 2000, "100.0"],
    ];
    for (const [part, total, text] of table) expect(percentageOf(part, total).toFixed(1)).toBe(text);
  });

  it("refuse a place that holds what was made of another batch, and leave it as it is", async () => {
    const { storage } = createLake();
    const writer = await storage.create("silver/x.csv", { derived: true });
    await writer.write(Buffer.from("of another"));
    await writer.commit({ lineage: { sourceKey: "bronze/x", sourceToken: "t", variant: "v" } });
    const { result } = await process(HEADER + row("A", 1, 0), { storage, key: "bronze/x.csv" });
    expect([result.outcome, result.error?.code]).toEqual(["refused", "key_invalid"]);
    expect(result.error?.message).toContain('was made of "bronze/x"');
    expect(await textOf(storage, "silver/x.csv")).toBe("of another");
  });
});

/** Runs `meanwhile` once the object has been read to its end. */
function afterRead(storage: LakeStorage, meanwhile: () => Promise<void>): LakeStorage {
  return {
    ...storage,
    async read(key) {
      const reader = await storage.read(key);
      return {
        ...reader,
        async pull(into) {
          const pulled = await reader.pull(into);
          if (pulled === 0) await meanwhile();
          return pulled;
        },
      };
    },
  };
}
