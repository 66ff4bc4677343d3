import { describe, expect, it } from "vitest";
import { receiptKey } from "../../src/ledger/names.ts";
import { parseReceipt, type Receipt, readReceipts, tallyOf } from "../../src/ledger/receipts.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { put, textOf, writeReceipt } from "../pipeline/lake.ts";

const SHA = "a".repeat(64);
const ROWS = { in: 4, silver: 1, anomalies: 1, rejects: 1, blank: 1 };
const SIBLING = { key: "anomalies/b.csv", size: 50, sha256: SHA };
const TALLY = { anomaly_threshold: 0.5, rows: ROWS, devices: 2 };

const common = {
  source: { key: "bronze/b.csv", token: "t", size: 100, sha256: SHA, modified: "2026-01-02T03:04:05.678Z" },
  outcome: "done",
  code: "1.1.0",
  attempts: 1,
  started: "2026-01-02T03:04:06.000Z",
  duration_ms: 7,
  outputs: [SIBLING, { key: "silver/b.csv", size: 51, sha256: SHA }],
  error: null,
} as const;
const SPLIT: Receipt = { version: 2, function: "vantageflow-process-iot", ...common, split: TALLY };
const AGGREGATE: Receipt = {
  version: 2,
  function: "vantageflow-silver-to-gold",
  ...common,
  source: { ...common.source, key: "silver/b.csv" },
  aggregate: { ...TALLY, sibling: SIBLING },
};

/** As versions 1.0.0 to 1.1.0 wrote it. */
function version1({ split, aggregate, ...receipt }: Receipt): Record<string, unknown> {
  const { anomaly_threshold, rows, devices } = split ?? aggregate ?? TALLY;
  const sibling = aggregate?.sibling ?? undefined;
  const source = { ...receipt.source, sibling };
  return { ...receipt, version: 1, source, settings: { anomaly_threshold }, rows, notes: split?.notes, devices };
}

const parse = (value: unknown) => parseReceipt(JSON.stringify(value));

describe("a receipt", () => {
  it("of version 1 says what it said, in the form of version 2", () => {
    const notes = { last_line_unterminated: true, multiline_rows: { count: 1, first_line: 2 } } as const;
    const noted: Receipt = { ...SPLIT, split: { ...TALLY, notes } };
    const alone: Receipt = { ...AGGREGATE, aggregate: { ...TALLY, sibling: null } };
    const { modified: _, ...undated } = SPLIT.source;
    const old: Receipt = { ...SPLIT, source: { ...undated, sha256: null } };
    const error = { code: "header_invalid", message: "there is none", line: 1, column: null } as const;
    const refused: Receipt = { ...SPLIT, outcome: "refused", outputs: [], error };
    for (const receipt of [SPLIT, noted, AGGREGATE, alone, old, refused]) {
      expect(parse(version1(receipt))).toEqual(receipt);
      expect(parse(receipt)).toEqual(receipt);
    }
  });

  it("is none where something is missing or of another type, in either version", () => {
    const broken: [string, unknown][] = [
      ...["function", "source", "outcome", "code", "attempts", "started", "duration_ms", "outputs", "error"].map(
        (field): [string, unknown] => [field, undefined],
      ),
      ["outcome", "perhaps"],
      ["attempts", "1"],
      ["duration_ms", null],
      ["outputs", {}],
      ["outputs", [{ key: "silver/b.csv" }]],
      ["error", "it failed"],
      ["source", { ...SPLIT.source, key: 1 }],
      ["source", { ...SPLIT.source, token: undefined }],
      ["source", { ...SPLIT.source, sha256: 1 }],
      ["source", { ...SPLIT.source, modified: 1 }],
    ];
    for (const [field, value] of broken) {
      for (const receipt of [SPLIT, version1(SPLIT), AGGREGATE, version1(AGGREGATE)]) {
        expect([field, value, parse({ ...receipt, [field]: value })]).toEqual([field, value, null]);
      }
    }
    for (const version of [undefined, 0, 1, 3, "2"]) expect(parse({ ...SPLIT, version })).toBeNull();
    expect(parse({ ...version1(SPLIT), version: 2 })).toBeNull();
    expect(["", "{", "null", "[]", '"receipt"', "2"].map(parseReceipt)).toEqual(Array(6).fill(null));
  });

  it("has the part of its function, and in it what such a function says", () => {
    expect(parse({ ...SPLIT, split: undefined })).toBeNull();
    expect(parse({ ...AGGREGATE, aggregate: undefined })).toBeNull();
    expect(parse({ ...SPLIT, split: undefined, aggregate: AGGREGATE.aggregate })).toBeNull();
    for (const odd of [
      { rows: { ...ROWS, blank: "1" } },
      { rows: null },
      { devices: null },
      { anomaly_threshold: "0" },
    ]) {
      expect(parse({ ...SPLIT, split: { ...TALLY, ...odd } })).toBeNull();
      expect(parse({ ...AGGREGATE, aggregate: { ...TALLY, sibling: null, ...odd } })).toBeNull();
    }
    for (const sibling of [undefined, {}, "anomalies/b.csv"]) {
      expect(parse({ ...AGGREGATE, aggregate: { ...TALLY, sibling } })).toBeNull();
    }
  });

  it("of a function that this version does not know is read, and counts no rows", () => {
    const other = { ...common, version: 2, function: "vantageflow-stations", station: { version: 3, rows: 40 } };
    const read = parse(other);
    expect(read).toEqual(other);
    expect(read && tallyOf(read)).toBeNull();
  });

  it("of the tables has which version of which table has its rows, or is none", () => {
    const table = { id: "i", version: 3, rows: 40, sibling: null };
    const receipt = { ...common, version: 2, function: "vantageflow-tables", table };
    expect(parse(receipt)).toEqual(receipt);
    for (const wrong of [{ id: 1 }, { version: "3" }, { rows: null }, { sibling: {} }, { sibling: undefined }]) {
      expect(parse({ ...receipt, table: { ...table, ...wrong } })).toBeNull();
    }
  });

  it("keeps parts that this version does not know when it is written again, and is written as version 2", async () => {
    const storage = createMemoryStorage();
    const contract = { digest: SHA };
    const key = (token: string) => receiptKey(SPLIT.function, "bronze/b.csv", token);
    await put(storage, key("t"), JSON.stringify({ ...SPLIT, contract }));
    await put(storage, key("u"), JSON.stringify(version1(SPLIT)));
    for (const [i, receipt] of (await readReceipts(storage, SPLIT.function, "bronze/b.csv")).entries()) {
      const renewed = { ...receipt, source: { ...receipt.source, token: `new${i}` } };
      await writeReceipt(storage, renewed);
      const written = JSON.parse((await textOf(storage, key(`new${i}`))) ?? "");
      expect(written).toEqual({ ...SPLIT, source: renewed.source, ...(i === 0 ? { contract } : {}) });
    }
  });
});
