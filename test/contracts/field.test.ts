import { afterEach, describe, expect, it, vi } from "vitest";
import { CELLS } from "./field-cells.ts";
import { csv, timed } from "./field-kit.ts";
import { TABLES } from "./field-tables.ts";
import { contractOf, madeBy, rowsOf } from "./made.ts";

/**
 * What other readers make of files from the field, each as it was seen in one of them: a case is one such fault, and what
 * the stages make of the file that shows it.
 */

/** The first so many cells: none of these cases has a comma in one. */
function readingsIn(text: string | null, cells = 3): string[] {
  return rowsOf(text).map((row) => row.split(",", cells).join(","));
}

describe("files of the field, as the stages read them", () => {
  it.each([...CELLS, ...TABLES].map((one) => [one.promise, one] as const))("%s", async (_, one) => {
    const { contract, source, readings, rejects = [], absent = 0, refused, isLastUnterminated } = one;
    const made = await madeBy(contractOf(contract), source);
    expect(made.error?.code).toBe(refused);
    expect(readingsIn(made.silver, readings[0]?.split(",").length)).toEqual(readings);
    expect(made.told.map(({ line, reason, row }) => [Number(line), reason, row])).toEqual(rejects);
    if (refused !== undefined) return;
    expect(made.split?.contract?.absent).toBe(absent);
    expect(made.split?.notes?.last_line_unterminated).toBe(isLastUnterminated);
    expect(made.rows.in).toBe(readings.length + rejects.length + absent);
  });
});

describe("an hour that exists twice, and one that does not", () => {
  afterEach(() => void vi.useRealTimers());

  const zoned = timed("yyyy-MM-dd HH:mm", "Europe/Berlin");
  const source = csv(
    ...["2025-10-26 02:30,A,1", "2025-10-26 02:45,A,2", "2025-10-26 02:30,A,3", "2025-03-30 02:30,B,4"],
    ...["2025-07-01 12:00,C,5", "2025-12-01 12:00,C,6"],
  );

  it.each(["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z", "2025-10-26T00:59:59Z", "1970-01-01T00:00:00Z"])(
    "are the same whatever the time is at which they are read: %s",
    async (now) => {
      vi.useFakeTimers({ now: Date.parse(now), toFake: ["Date"] });
      const { silver, told } = await madeBy(contractOf(zoned), source);
      expect(readingsIn(silver)).toEqual([
        ...["2025-10-26T00:30:00Z,A,1", "2025-10-26T00:45:00Z,A,2", "2025-10-26T01:30:00Z,A,3"],
        ...["2025-07-01T10:00:00Z,C,5", "2025-12-01T11:00:00Z,C,6"],
      ]);
      expect(told.map(({ line, reason }) => [line, reason])).toEqual([["5", "timestamp_nonexistent"]]);
    },
  );
});
