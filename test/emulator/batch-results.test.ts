import { describe, expect, it } from "vitest";
import { createWholeBatches } from "../../src/emulator/batch-results.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { NO_ROWS } from "../../src/ledger/receipts.ts";

function result(key: string, outcome: BatchResult["outcome"], outputs: string[] = []): BatchResult {
  return { key, outcome, rows: NO_ROWS, devices: 0, outputs, durationMs: 1, error: null };
}

function told(tell: (batches: ReturnType<typeof createWholeBatches>) => void): string[] {
  const lines: string[] = [];
  tell(createWholeBatches(({ key, outcome, outputs }) => lines.push(`${key} ${outcome} ${outputs.join(",")}`)));
  return lines;
}

describe("a batch that a watch tells of", () => {
  it("is told of once, though its event came twice while it waited for its gold", () => {
    const lines = told((batches) => {
      batches.add("bronzeToSilver", result("bronze/b.csv", "done", ["silver/b.csv"]));
      batches.add("bronzeToSilver", result("bronze/b.csv", "already_ingested"));
      batches.add("silverToGold", result("silver/b.csv", "done", ["gold/b.csv"]));
      batches.add("silverToGold", result("silver/b.csv", "already_ingested"));
    });
    expect(lines).toEqual(["bronze/b.csv done silver/b.csv,gold/b.csv"]);
  });

  it("is told of when somebody else has made its gold", () => {
    const lines = told((batches) => {
      batches.add("bronzeToSilver", result("bronze/b.csv", "done", ["silver/b.csv"]));
      batches.finished("silverToGold", "silver/b.csv", ["gold/b.csv"]);
      batches.finished("silverToGold", "silver/b.csv", ["gold/b.csv"]);
      expect(batches.rest()).toEqual([]);
    });
    expect(lines).toEqual(["bronze/b.csv done silver/b.csv,gold/b.csv"]);
  });

  it("is told of as what became of it: refused, done before, without its gold", () => {
    const lines = told((batches) => {
      batches.add("bronzeToSilver", result("bronze/a.csv", "refused"));
      batches.add("bronzeToSilver", result("bronze/b.csv", "already_ingested"));
      batches.add("bronzeToSilver", result("bronze/c.csv", "done"));
      batches.add("silverToGold", result("silver/c.csv", "failed"));
      batches.add("silverToGold", result("silver/d.csv", "done", ["gold/d.csv"]));
    });
    expect(lines).toEqual([
      "bronze/a.csv refused ",
      "bronze/b.csv already_ingested ",
      "bronze/c.csv failed ",
      "silver/d.csv done gold/d.csv",
    ]);
  });
});
