import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { API } from "../src/api/routes.ts";
import { checkLayers, type Layer } from "../src/layer.ts";
import { DEFAULT_SETTINGS } from "../src/pipeline/settings.ts";
import json from "../src/topology.json" with { type: "json" };
import { layerOf, matches, retentionDaysOf, topology } from "../src/topology.ts";
import { runsPerHour } from "../src/triggers.ts";

describe("the topology", () => {
  it("has the customer's functions, limits, triggers and retention", () => {
    const { bronzeToSilver, silverToGold } = topology.functions;
    expect(bronzeToSilver).toMatchObject({ name: "vantageflow-process-iot", memoryMb: 512, timeoutSeconds: 60 });
    expect(silverToGold).toMatchObject({ name: "vantageflow-silver-to-gold", memoryMb: 512, timeoutSeconds: 120 });
    expect(bronzeToSilver.startedBy).toMatchObject({ id: "bronze-trigger", prefix: "bronze/" });
    expect(silverToGold.startedBy).toMatchObject({ id: "silver-trigger", prefix: "silver/" });
    const days = Object.values(topology.layers).map(retentionDaysOf).filter(Number.isFinite);
    expect(days).toEqual([30, 60, 7, 90, 7, 90, 30]);
  });

  it("has the threshold that the pipeline defaults to, where it makes anomalies and where silver is judged by it", () => {
    const { bronzeToSilver, api } = topology.functions;
    for (const { environment } of [bronzeToSilver, api]) {
      expect(Number(environment.ANOMALY_THRESHOLD)).toBe(DEFAULT_SETTINGS.anomalyThreshold);
    }
  });

  it("has a function answer requests where the data API stands", () => {
    expect(topology.functions.api).toMatchObject({ startedBy: { kind: "request", path: API }, writes: [] });
    // An HTTP API waits for 30 s at most.
    expect(topology.functions.api.timeoutSeconds).toBeLessThanOrEqual(30);
  });

  it("has its functions in the order in which what one writes starts the next, whatever the order of the file", async () => {
    const functions = Object.fromEntries(Object.entries(json.functions).toReversed());
    expect(Object.keys(functions)).toEqual([
      "api",
      "stream",
      "tables",
      "sweep",
      "silverToGold",
      "detect",
      "bronzeToSilver",
    ]);
    vi.resetModules();
    vi.doMock("../src/topology.json", () => ({ default: { ...json, functions } }));
    const { FUNCTION_IDS } = await import("../src/topology.ts");
    vi.doUnmock("../src/topology.json");
    expect(FUNCTION_IDS).toEqual(["bronzeToSilver", "silverToGold"]);
  });

  it("has a version that is counted up with its shape", () => {
    const { functions, layers, ...rest } = json;
    expect([json.version, ...Object.keys(rest)]).toEqual([
      3,
      "version",
      "stage",
      "suffixes",
      "csvSuffixes",
      "tables",
      "alarms",
    ]);
    const shapeOf = (of: object) => [...new Set(Object.values(of).flatMap(Object.keys))].toSorted();
    expect(shapeOf(functions)).toEqual([
      ...["environment", "memoryMb", "metrics", "metricsNamespace", "name", "reads", "receiptPart", "requests"],
      ...["retries", "startedBy", "timeoutSeconds", "writes"],
    ]);
    expect(shapeOf(layers)).toEqual([
      ...["expires", "mirrored", "noncurrentDays", "prefix", "retained", "retentionDays", "storageClass", "transition"],
    ]);
  });

  it("sweeps every few minutes, and a sweep is over when the next one starts", () => {
    const { startedBy, timeoutSeconds } = topology.functions.sweep;
    const perHour = startedBy.kind === "schedule" ? (runsPerHour(startedBy.rate) ?? 0) : 0;
    expect(perHour).toBeGreaterThanOrEqual(4);
    expect(timeoutSeconds).toBeLessThan(3600 / perHour);
  });

  it("starts a function for keys with the trigger's prefix and one of the suffixes only, in their case", () => {
    const { startedBy: trigger } = topology.functions.bronzeToSilver;
    const taken = ["bronze/a.csv", "bronze/x/y.csv", "bronze/LOG00001.CSV", "bronze/a.CSV.gz", "bronze/a.dat"];
    expect(taken.filter((key) => !matches(trigger, key))).toEqual([]);
    const left = ["bronze/a.xlsx", "silver/a.csv", "a.csv", "bronze/a.Csv", "bronze/a.Dat"];
    expect(left.filter((key) => matches(trigger, key))).toEqual([]);
  });
});

describe("the layers", () => {
  it("are the customer's, with the prefixes that every lake has, and others", () => {
    const prefixes = Object.values(topology.layers).map(({ prefix }) => prefix);
    const old = ["bronze/", "silver/", "anomalies/", "gold/", "logs/", "receipts/", "dead-letter/"];
    expect(prefixes.filter((prefix) => old.includes(prefix))).toEqual(old);
    expect(prefixes.filter((prefix) => !old.includes(prefix))).toEqual(["contracts/", "state/", "seals/", "tables/"]);
    expect(prefixes.map((prefix) => layerOf(`${prefix}a/b`)?.prefix)).toEqual(prefixes);
    expect(layerOf("elsewhere/bronze/a.csv")).toBeUndefined();
  });

  it("of contracts, tables, states and seals are never removed by their age", () => {
    const { contracts, tables, state, seals } = topology.layers;
    const lasting = [contracts, tables, state, seals];
    expect(lasting.map(({ expires }) => expires)).toEqual(["never", "log", "never", "never"]);
    expect(lasting.map(retentionDaysOf)).toEqual(lasting.map(() => Infinity));
  });

  it("of seals is written by no function: who may write receipts in AWS cannot seal them", () => {
    const { functions, layers } = topology;
    const written = Object.values(functions).flatMap(({ writes }) => writes);
    expect(written.filter((prefix) => prefix.startsWith(layers.seals.prefix))).toEqual([]);
  });

  it("are in the manual with what becomes of them", () => {
    const days = (count: number) => (Number.isFinite(count) ? `${count} days` : "-");
    const rows = Object.entries(topology.layers).map(([id, layer]) => {
      const name = id === "deadLetter" ? "dead letters" : id;
      return `| ${name} | ${days(retentionDaysOf(layer))} | ${layer.retained ? days(layer.noncurrentDays) : "-"} |`;
    });
    expect(readFileSync("docs/recovery.md", "utf8")).toContain(`|---|---|---|\n${rows.join("\n")}\n\n`);
  });

  it("that do not say what becomes of them, or say it twice, are refused", () => {
    const { bronze } = topology.layers;
    const { retentionDays: _, ...ageless } = bronze as Layer & { retentionDays: number };
    for (const [wrong, why] of [
      [{ ...bronze, prefix: "bronze" }, "one folder"],
      [{ ...bronze, prefix: "silver/" }, "one folder"],
      [{ ...bronze, expires: "soon" }, "age, log or never"],
      [{ ...bronze, mirrored: true }, "first, last or never"],
      [{ ...bronze, expires: "never" }, "retentionDays"],
      [{ ...bronze, expires: "log" }, "retentionDays"],
      [ageless, "retentionDays"],
      [{ ...bronze, retained: undefined }, "has retained undefined. Use true or false"],
      [{ ...bronze, retained: "true" }, 'has retained "true". Use true or false'],
      [{ ...bronze, noncurrentDays: undefined }, "has noncurrentDays undefined. Give whole days, 1 or more"],
      [{ ...bronze, retentionDays: 0 }, "has retentionDays 0. Give whole days, 1 or more"],
      [{ ...bronze, retentionDays: -1 }, "has retentionDays -1. Give"],
      [{ ...bronze, retentionDays: 1.5 }, "has retentionDays 1.5. Give"],
      [{ ...bronze, retentionDays: "30" }, 'has retentionDays "30". Give'],
      [{ ...bronze, transition: { afterDays: 0, storageClass: "GLACIER_IR" } }, "has transition.afterDays 0. Give"],
    ] as [Layer, string][]) {
      const layers = { ...topology.layers, bronze: wrong };
      expect(() => checkLayers({ layers }), why).toThrow(why);
    }
    expect(() => checkLayers({ layers: { bronze: { ...ageless, expires: "log" } } })).not.toThrow();
  });
});
