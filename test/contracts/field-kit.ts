import type { contractOf } from "./made.ts";

/** What a case of the field needs: see `field.test.ts`. */
export interface FieldCase {
  readonly promise: string;
  readonly contract: Parameters<typeof contractOf>[0];
  readonly source: string;
  /** Time, device and value of each reading, in order; where units matter, the unit as well. */
  readonly readings: readonly string[];
  /** Line, reason and row. */
  readonly rejects?: readonly (readonly [number, string, string])[];
  readonly absent?: number;
  /** The code of what the file is refused with. */
  readonly refused?: string;
  readonly isLastUnterminated?: boolean;
}

export const at = (second: number) => `2025-01-01T00:00:${String(second).padStart(2, "0")}Z`;

export const csv = (...rows: readonly string[]) => `time,id,value\n${rows.join("\n")}\n`;

export const reading = {
  timestamp: { column: "time" },
  device_id: { column: "id" },
  value: { column: "value" },
  unit: { constant: "C" },
};
export const plain = { format: { type: "csv" }, reading };

export const timed = (format: string, zone = "UTC") => ({
  format: { type: "csv" },
  reading: { ...reading, timestamp: { column: "time", format, zone } },
});
