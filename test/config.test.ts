import { describe, expect, it } from "vitest";
import { type ConfigInput, resolveConfig } from "../src/config.ts";

const resolve = (input: Partial<ConfigInput>) =>
  resolveConfig({ flags: {}, environment: {}, file: undefined, cores: 2, ...input });

describe("resolveConfig", () => {
  it("is complete and frozen without any input", () => {
    const { config } = resolve({});
    expect(config).toEqual({
      lake: "./lake",
      failures: null,
      concurrency: 64,
      interval: 60,
      retryDelay: 60,
      settle: 1,
      copyInputs: false,
      detectOneIn: null,
      pipeline: { anomalyThreshold: 0.5, maxRowBytes: 1048576, chunkBytes: 262144 },
    });
    expect([Object.isFrozen(config), Object.isFrozen(config.pipeline)]).toEqual([true, true]);
  });

  it("has many batches in flight by default, for what takes time is waiting: for answers, or for the disk", () => {
    const concurrency = (lake: string, cores = 2) => resolve({ flags: { lake }, cores }).config.concurrency;
    expect([concurrency("s3://plant"), concurrency("S3://plant/x", 64), concurrency("./s3", 4)]).toEqual([16, 64, 64]);
    expect(resolve({ flags: { lake: "s3://plant", concurrency: "3" } }).config.concurrency).toBe(3);
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

  it("takes each setting from the flag, then the environment, then the file, then the default, and says which", () => {
    const names = {
      lake: ["VANTAGEFLOW_LAKE", "--lake", "./a", "./b", "./c", "./lake"],
      anomalyThreshold: ["VANTAGEFLOW_ANOMALY_THRESHOLD", "--anomaly-threshold", "0.1", "0.2", 0.3, 0.5],
      maxRowBytes: ["VANTAGEFLOW_MAX_ROW_BYTES", "--max-row-bytes", "2001", "2002", 2003, 1048576],
      concurrency: ["VANTAGEFLOW_CONCURRENCY", "--concurrency", "3", "4", 5, 64],
    } as const;
    for (const [name, [variable, flag, byFlag, byEnvironment, byFile, byDefault]] of Object.entries(names)) {
      const input = { flags: { [name]: byFlag }, environment: { [variable]: byEnvironment }, file: { [name]: byFile } };
      const origin = (given: Partial<ConfigInput>) => resolve(given).origins.find((one) => one.name === name);
      const value = (text: string | number) => (name === "lake" ? text : Number(text));
      expect([
        origin(input),
        origin({ ...input, flags: {} }),
        origin({ file: input.file }),
        origin({ environment: { [variable]: "" } }),
      ]).toEqual([
        { name, value: value(byFlag), source: "flag", detail: flag },
        { name, value: value(byEnvironment), source: "environment", detail: variable },
        { name, value: value(byFile), source: "config file", detail: `"${name}"` },
        { name, value: byDefault, source: "default", detail: "" },
      ]);
    }
  });

  it("takes the ends of every range and nothing beyond them", () => {
    const ranges = {
      anomalyThreshold: {
        good: ["0", "1", 0, 1, "0.50", "5e-1"],
        bad: ["-0.1", "1.0001", "NaN", "", " ", "0,5", true, null],
      },
      maxRowBytes: { good: ["1024", 1024, "67108864"], bad: ["1023", "1024.5", "Infinity", "67108865", "1k", []] },
      concurrency: { good: ["1", "256", 7], bad: ["0", "257", "1.5", "-1", "two", {}] },
      copyInputs: { good: [true, false, "true", "false"], bad: ["yes", 1, "", null] },
      detectOneIn: { good: ["30d", "12h", "5m", "1s"], bad: ["30", "0d", "soon", 30, null] },
      lake: { good: ["x", "s3://bucket/prefix"], bad: ["", "  ", 7, null, ["x"]] },
    };
    const wrong: unknown[] = [];
    for (const [name, { good, bad }] of Object.entries(ranges)) {
      for (const [values, taken] of [
        [good, true],
        [bad, false],
      ] as const) {
        for (const value of values) {
          let threw: unknown = null;
          try {
            resolve({ file: { [name]: value } });
          } catch (error) {
            threw = error;
          }
          if ((threw === null) !== taken) wrong.push([name, value, taken ? "should be taken" : "should be refused"]);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("reports a wrong value even where a better source hides another wrong one", () => {
    const given = {
      flags: { lake: "" },
      environment: { VANTAGEFLOW_CONCURRENCY: "x" },
      file: { maxRowBytes: -1, a: 1, b: 2 },
    };
    expect(() => resolve(given)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/"a".*"b".*--lake.*maxRowBytes.*VANTAGEFLOW_CONCURRENCY/),
      }),
    );
  });
});
