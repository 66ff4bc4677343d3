import type { Receipt } from "../../../ledger/receipts.ts";

/** A receipt as the page needs it; null where there is none, or none that this version understands (it is shown raw). */
export function asReceipt(value: unknown): Receipt | null {
  if (typeof value !== "object" || value === null) return null;
  const { version, source, outcome, outputs } = value as Partial<Receipt>;
  const isWhole = typeof source?.key === "string" && typeof outcome === "string" && version === 2;
  return isWhole && Array.isArray(outputs) ? (value as Receipt) : null;
}
