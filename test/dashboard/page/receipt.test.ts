import { describe, expect, it } from "vitest";
import { asReceipt } from "../../../src/dashboard/page/detail/receipt.ts";
import { parseReceipt, type Receipt } from "../../../src/ledger/receipts.ts";

const SPLIT = {
  version: 2,
  function: "vantageflow-process-iot",
  source: { key: "bronze/b.csv", token: "t", size: 100, sha256: null },
  outcome: "refused",
  code: "1.1.0",
  attempts: 1,
  started: "2026-01-02T03:04:06.000Z",
  duration_ms: 7,
  outputs: [],
  error: null,
  split: { anomaly_threshold: 0.5, rows: { in: 0, silver: 0, anomalies: 0, rejects: 0, blank: 0 }, devices: 0 },
} satisfies Receipt;

describe("the page", () => {
  it("shows receipts of either version in words, as the server reads them", () => {
    const { version: _, split, ...common } = SPLIT;
    const { anomaly_threshold, ...counts } = split;
    const first = { ...common, version: 1, settings: { anomaly_threshold }, ...counts };
    const served = JSON.parse(JSON.stringify(parseReceipt(JSON.stringify(first))));
    expect(served).toEqual(SPLIT);
    expect(asReceipt(served)).toBe(served);
  });

  it("shows the receipt of a function that it does not know, which counts no rows", () => {
    const { split: _, ...table } = { ...SPLIT, function: "vantageflow-tables", table: { version: 3 } };
    expect(asReceipt(table)).toBe(table);
  });

  it("shows as JSON what it cannot put into words", () => {
    const { source: _, ...lost } = SPLIT;
    const odd = [null, "receipt", [], {}, lost, { ...SPLIT, version: 3 }, { ...SPLIT, outputs: {} }];
    for (const value of [...odd, { ...SPLIT, source: { key: 1 } }])
      expect([value, asReceipt(value)]).toEqual([value, null]);
  });
});
