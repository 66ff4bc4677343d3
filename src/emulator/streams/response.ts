import { compareSequences, isSequence } from "../../streams/record.ts";

/**
 * The index of the first record of a batch that a function has not processed, by what it answered (Lambda developer guide, "Configuring
 * partial batch response with Kinesis Data Streams and Lambda"); their number where it has processed all. An identifier that none
 * of them has says nothing of any, so that all have failed.
 */
export function firstFailed(response: unknown, sequences: readonly string[]): number {
  const { batchItemFailures: failures } = (response ?? {}) as { readonly batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return sequences.length;
  if (!Array.isArray(failures)) return 0;
  let lowest: string | null = null;
  for (const failure of failures) {
    const { itemIdentifier: id } = (failure ?? {}) as { readonly itemIdentifier?: unknown };
    if (typeof id !== "string" || !isSequence(id) || !sequences.includes(id)) return 0;
    if (lowest === null || compareSequences(id, lowest) < 0) lowest = id;
  }
  return lowest === null ? sequences.length : sequences.indexOf(lowest);
}
