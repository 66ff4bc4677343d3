import type { Receipt } from "../../../ledger/receipts.ts";

/** A receipt as the page needs it; null where there is none, or none that this version understands (it is shown raw). */
export function asReceipt(value: unknown): Receipt | null {
  if (typeof value !== "object" || value === null) return null;
  const { source, outcome, rows, outputs } = value as Partial<Receipt>;
  const isWhole = typeof source?.key === "string" && typeof outcome === "string" && typeof rows?.in === "number";
  return isWhole && Array.isArray(outputs) ? (value as Receipt) : null;
}
