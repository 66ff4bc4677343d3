import { BRONZE } from "./layers.ts";

/**
 * A receipt as versions 1.0.0 to 1.1.0 of vantageflow wrote it, in the form of version 2, see `Receipt`: there were two
 * functions, and what only one of them had stood between what both had. Nothing is checked here.
 */
export function fromVersion1(receipt: Readonly<Record<string, unknown>>): object {
  const { settings, rows, notes, devices, source, ...common } = receipt;
  const { sibling = null, ...read } = Object(source);
  const tally = { anomaly_threshold: Object(settings).anomaly_threshold, rows, devices };
  const isSplit = String(read.key).startsWith(BRONZE);
  return {
    ...common,
    version: 2,
    source: read,
    ...(isSplit
      ? { split: { ...tally, ...(notes === undefined ? {} : { notes }) } }
      : { aggregate: { ...tally, sibling } }),
  };
}
