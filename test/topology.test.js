import { describe, expect, it } from "vitest";
import { DEAD_LETTERS } from "../src/functions/dead-letter.js";
import { ANOMALIES, BRONZE, GOLD, RECEIPTS, SILVER_LAYER, SPLIT_FUNCTION } from "../src/pipeline/layers.js";
import { DEFAULT_SETTINGS } from "../src/pipeline/settings.js";
import { checkTriggers, matches, topology, triggeredBy } from "../src/topology.js";
describe("the topology", () => {
    it("names the layers that the code works on", () => {
        const { bronze, silver, anomalies, gold, receipts, deadLetter } = topology.layers;
        const prefixes = [bronze, silver, anomalies, gold, receipts, deadLetter].map(({ prefix }) => prefix);
        expect(prefixes).toEqual([BRONZE, SILVER_LAYER, ANOMALIES, GOLD, RECEIPTS, DEAD_LETTERS]);
    });
    it("has the customer's functions, limits, triggers and retention", () => {
        const { bronzeToSilver, silverToGold } = topology.functions;
        expect(bronzeToSilver.name).toBe(SPLIT_FUNCTION);
        expect(bronzeToSilver).toMatchObject({ name: "vantageflow-process-iot", memoryMb: 512, timeoutSeconds: 60 });
        expect(silverToGold).toMatchObject({ name: "vantageflow-silver-to-gold", memoryMb: 512, timeoutSeconds: 120 });
        expect(bronzeToSilver.trigger).toMatchObject({ id: "bronze-trigger", prefix: "bronze/", suffix: ".csv" });
        expect(silverToGold.trigger).toMatchObject({ id: "silver-trigger", prefix: "silver/", suffix: ".csv" });
        const days = Object.values(topology.layers).map(({ retentionDays }) => retentionDays);
        expect(days).toEqual([30, 60, 7, 90, 7, 90, 30]);
    });
    it("has the threshold that the pipeline defaults to", () => {
        expect(Number(topology.functions.bronzeToSilver.environment.ANOMALY_THRESHOLD)).toBe(DEFAULT_SETTINGS.anomalyThreshold);
    });
    it("sweeps every few minutes, and a sweep is over when the next one starts", () => {
        const [, minutes] = /^rate\((\d+) minutes\)$/.exec(topology.sweep.schedule) ?? [];
        expect(Number(minutes)).toBeLessThanOrEqual(15);
        expect(topology.sweep.timeoutSeconds).toBeLessThan(60 * Number(minutes));
    });
    it("starts a function for keys with the trigger's prefix and suffix only", () => {
        const { trigger } = topology.functions.bronzeToSilver;
        expect(["bronze/a.csv", "bronze/x/y.csv"].every((key) => matches(trigger, key))).toBe(true);
        expect(["bronze/a.json", "silver/a.csv", "a.csv", "bronze/a.CSV"].some((key) => matches(trigger, key))).toBe(false);
    });
});
describe("triggers", () => {
    const { bronzeToSilver, silverToGold } = topology.functions;
    const withTrigger = (trigger, writes = silverToGold.writes) => ({
        ...topology,
        functions: {
            bronzeToSilver,
            silverToGold: { ...silverToGold, writes, trigger: { ...silverToGold.trigger, ...trigger } },
        },
    });
    it("that overlap are refused, as AWS does", () => {
        for (const trigger of [{ prefix: "bronze/" }, { prefix: "bronze/x/", suffix: "csv" }, { prefix: "", suffix: "" }]) {
            expect(() => checkTriggers(withTrigger(trigger))).toThrow("overlap");
        }
        for (const trigger of [
            { prefix: "bronze/", suffix: ".json" },
            { prefix: "bronze/", events: ["s3:ObjectRemoved:*"] },
            { prefix: "elsewhere/" },
        ]) {
            expect(() => checkTriggers(withTrigger(trigger))).not.toThrow();
        }
    });
    it("that set each other off for ever are refused", () => {
        for (const writes of [["silver/"], ["silver/again/"], ["bronze/"], [""]]) {
            expect(() => checkTriggers(withTrigger({}, writes))).toThrow("go round for ever");
        }
    });
    it("fire for the events, prefixes and suffixes they name", () => {
        expect(triggeredBy("bronze/a.csv")).toBe("bronzeToSilver");
        expect(triggeredBy("silver/x/a.csv", "ObjectCreated:CompleteMultipartUpload")).toBe("silverToGold");
        for (const [key, event] of [
            ["bronze/a.json", "ObjectCreated:Put"],
            ["gold/a.csv", "ObjectCreated:Put"],
            ["bronze/a.csv", "ObjectRemoved:Delete"],
            ["bronze/a.csv", "ObjectCreatedX"],
        ]) {
            expect([key, event, triggeredBy(key, event)]).toEqual([key, event, null]);
        }
    });
});
