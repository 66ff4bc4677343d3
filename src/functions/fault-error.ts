import { VantageflowError } from "../errors.ts";
import type { Fault } from "../ledger/receipts.ts";

/** The error that a fault was made of, as far as it can be had back in another thread. */
export function errorOf({ code, message, line, column }: Fault): Error {
  if (code === "internal") return new Error(message);
  return new VantageflowError(code, message, {
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
  });
}
