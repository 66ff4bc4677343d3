import { VantageflowError } from "../errors.ts";
import type { Instant } from "../pipeline/instant.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { DetectionRow } from "../tables/detections/layout.ts";
import { type Mute, muteOf, readMutes } from "../tables/detections/mutes.ts";
import { compareInstants } from "../tables/scan/reading.ts";
import type { DetectionDocument, DetectionPage, DetectionQuery } from "./details.ts";

const DEFAULT_LIMIT = 200;

/**
 * The newest detections that are asked for; null where nobody has made them. Throws `usage` for times that are none, `input_invalid` where
 * it cannot be read what is muted, `storage_failed`, `table_damaged` and `table_unsupported`.
 */
export async function detectionPage(
  storage: LakeStorage,
  { device, since, until, limit = DEFAULT_LIMIT }: DetectionQuery,
): Promise<DetectionPage | null> {
  if (since !== undefined && until !== undefined && compareInstants(since, until) >= 0) {
    throw new VantageflowError("usage", 'Cannot read the parameter "until": it is not later than "since". Swap them.');
  }
  // Reading Parquet takes much code.
  const { readDetections } = await import("../tables/detections/read.ts");
  const span = { since: msFrom(since), until: msFrom(until) };
  const kept = await readDetections(storage, { device, ...span, newest: limit + 1 });
  if (kept === null) return null;
  const shown = kept.rows.slice(-limit).toReversed();
  const mutes = shown.length === 0 ? [] : await readMutes(storage);
  return {
    version: 1,
    table_version: kept.version,
    readings_version: kept.readings,
    complete: kept.rows.length <= limit,
    detections: shown.map((row) => detectionDocument(row, muteOf(mutes, row.device, row.time))),
  };
}

/** The first whole millisecond from there on: detections have no others. */
function msFrom(instant: Instant | undefined): number | undefined {
  return instant === undefined ? undefined : instant.ms + (instant.nanos > 0 ? 1 : 0);
}

/** A detection as JSON has it, whoever prints it, with the mute that is of it. */
export function detectionDocument(row: DetectionRow, mute: Mute | null): DetectionDocument {
  const { device, time, value, expected, low, high, onceInDays, reason, score, detector } = row;
  return {
    timestamp: new Date(time).toISOString(),
    device_id: device,
    value,
    expected,
    band: [low, high],
    once_in_days: onceInDays,
    reason,
    score,
    detector,
    muted: mute === null ? null : { id: mute.id, who: mute.who, why: mute.why },
  };
}
