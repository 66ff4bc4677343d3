import { describe, expect, it } from "vitest";
import { type ConfigInput, resolveConfig } from "../src/config.ts";

const resolve = (input: Partial<ConfigInput>) =>
  resolveConfig({ flags: {}, environment: {}, file: undefined, cores: 2, ...input });

describe("resolveConfig", () => {
  it("is complete and frozen without any input", () => {
    const { config } = resolve({});
    expect(config).toEqual({
      lake: "./lake",
      concurrency: 2,
      pipeline: { anomalyThreshold: 0.5, maxRowBytes: 1048576, chunkBytes: 262144 },
    });
    expect([Object.isFrozen(config), Object.isFrozen(config.pipeline)]).toEqual([true, true]);
  });

  it("takes ANOMALY_THRESHOLD as the function on AWS does, behind its own name", () => {
    const threshold = (environment: Record<string, string>) =>
      resolve({ environment }).config.pipeline.anomalyThreshold;
    expect(threshold({ ANOMALY_THRESHOLD: "0.7" })).toBe(0.7);
    expect(threshold({ ANOMALY_THRESHOLD: "0.7", VANTAGEFLOW_ANOMALY_THRESHOLD: "0.8" })).toBe(0.8);
    expect(threshold({ ANOMALY_THRESHOLD: "" })).toBe(0.5);
  });

  it("refuses values that are none, all at once", () => {
    const flags = { anomalyThreshold: "1.5", concurrency: "0", maxRowBytes: "0x400" };
    const problems = /--anomaly-threshold is "1.5".*--max-row-bytes is "0x400".*--concurrency is "0"/;
    expect(() => resolve({ flags })).toThrow(problems);
    for (const file of [[], "text", null, { concurrency: true }, { lake: 7 }, { __proto__: null, unknown: 1 }]) {
      expect(() => resolve({ file })).toThrow(expect.objectContaining({ code: "config_invalid" }));
    }
  });
});
