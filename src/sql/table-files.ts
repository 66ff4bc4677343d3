import { PARTITION } from "../tables/days/day.ts";
import type { Add } from "../tables/delta/actions.ts";
import type { Snapshot } from "../tables/delta/state.ts";
import { readStatistics } from "../tables/delta/statistics.ts";

/** What the log says of a file of the table, for queries that need not read it. */
export interface ListedFile {
  /** In the table's folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The partition's value, a text as the log has it: `2025-12-27`. */
  readonly date: string | null;
  /** Milliseconds since the epoch between which all its times lie, both ends included; null where the log does not say. */
  readonly times: readonly [low: number, high: number] | null;
  /** The same of columns of texts, in the order of their bytes. */
  readonly texts: Readonly<Record<TextColumn, readonly [low: string, high: string] | null>>;
}

/** Columns of texts that files are chosen by. */
export const TEXT_COLUMNS = ["device_id", "batch"] as const;
type TextColumn = (typeof TEXT_COLUMNS)[number];

/** Many writers cut maxima to the millisecond. */
const CUT_MS = 1;

/** The files of a version, in the order of their paths. */
export function filesOf({ files }: Snapshot): ListedFile[] {
  return [...files]
    .map(([path, add]) => fileOf(path, add))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function fileOf(path: string, add: Add): ListedFile {
  const { minValues, maxValues } = readStatistics(add);
  const [low, high] = [Date.parse(String(minValues.timestamp)), Date.parse(String(maxValues.timestamp))];
  const texts = (name: TextColumn): [string, string] | null => {
    const [from, to] = [minValues[name], maxValues[name]];
    return typeof from === "string" && typeof to === "string" ? [from, to] : null;
  };
  return {
    path,
    size: add.size,
    date: add.partitionValues[PARTITION] ?? null,
    times: Number.isNaN(low + high) ? null : [low, high + CUT_MS],
    texts: { device_id: texts("device_id"), batch: texts("batch") },
  };
}
