import { hasCode, messageOf } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { newestCommit } from "../tables/delta/log.ts";
import { DETECTIONS, type DetectionRow } from "../tables/detections/layout.ts";
import { type Mute, muteOf, readMutes } from "../tables/detections/mutes.ts";
import type { KeptDetections } from "../tables/detections/read.ts";
import { DAY_MS } from "../time.ts";
import type { DetectedDevice, DetectionsState, SilentDevice } from "./detections-state.ts";
import type { ReadingsState } from "./overview.ts";

export interface DetectionsFinder {
  /** Null where nobody ever made them. `readings` is the table that they are of; `now` in milliseconds. */
  look(readings: ReadingsState | null, now: number): Promise<DetectionsState | null>;
}

const MAX_DEVICES = 20;
/** What was last heard of longer ago is history that was brought in, or a device that is no more. */
const LIVE_MS = 7 * DAY_MS;

/** Tells of the kept detections: their table is read again when it has a newer version, what people say of them at each look. */
export function createDetectionsFinder(storage: LakeStorage): DetectionsFinder {
  let known: { readonly version: number; readonly stamp: string; readonly kept: KeptDetections } | null = null;

  /** With the rows from a time on, or from an earlier one. */
  async function newest(since: number): Promise<KeptDetections | null> {
    const last = await newestCommit(storage, DETECTIONS, known?.version ?? 0);
    if (known === null && last === null) return null;
    if (known !== null && last?.stamp === known.stamp) return known.kept;
    known = null;
    const { readDetections } = await import("../tables/detections/read.ts");
    const kept = await readDetections(storage, { since });
    if (kept !== null && last?.version === kept.version) known = { version: last.version, stamp: last.stamp, kept };
    return kept;
  }

  return {
    async look(readings, now) {
      if (readings === null) return null;
      let found: Omit<DetectionsState, "problem"> = { newest: null, last_24h: null, silent: [] };
      try {
        const kept = await newest(now - DAY_MS);
        if (kept === null) return null;
        const rows = kept.rows.filter(({ time }) => time > now - DAY_MS && time <= now);
        found = { newest: newestOf(kept, readings), last_24h: lastDayOf(rows, []), silent: silentOf(kept, [], now) };
        if (rows.length > 0 || found.silent.length > 0) {
          const mutes = await readMutes(storage);
          found = { ...found, last_24h: lastDayOf(rows, mutes), silent: silentOf(kept, mutes, now) };
        }
        return { ...found, problem: null };
      } catch (error) {
        // Nothing else is worse for it: the look goes on.
        if (!hasCode(error, "table_damaged", "table_unsupported", "not_found", "storage_failed", "input_invalid"))
          throw error;
        return { ...found, problem: messageOf(error) };
      }
    },
  };
}

function newestOf({ version, readings, state }: KeptDetections, table: ReadingsState): DetectionsState["newest"] {
  return {
    version,
    readings_version: readings,
    behind: readings === null || table.newest === null ? null : Math.max(0, table.newest.version - readings),
    one_in_days: state === null ? null : state.oneIn / DAY_MS,
    devices: state?.devices ?? null,
    learned: state?.learned ?? null,
  };
}

function silentOf({ state }: KeptDetections, mutes: readonly Mute[], now: number): readonly SilentDevice[] {
  return (state?.awaited ?? [])
    .filter(({ device, last, silent }) => silent < now && now - last < LIVE_MS && muteOf(mutes, device, now) === null)
    .map(({ device, last, silent }) => ({
      device_id: device,
      last: new Date(last).toISOString(),
      since: new Date(silent).toISOString(),
    }));
}

/** `rows` by time. */
function lastDayOf(rows: readonly DetectionRow[], mutes: readonly Mute[]): DetectionsState["last_24h"] {
  const told = rows.filter(({ device, time }) => muteOf(mutes, device, time) === null);
  const devices = new Map<string, DetectedDevice>();
  for (const { device, time, reason } of told.toReversed()) {
    const { detections, ...newer } = devices.get(device) ?? {
      ...{ device_id: device, detections: 0, newest: new Date(time).toISOString(), reason },
    };
    devices.set(device, { ...newer, detections: detections + 1 });
  }
  return {
    detections: told.length,
    muted: rows.length - told.length,
    devices: devices.size,
    by_device: [...devices.values()].slice(0, MAX_DEVICES),
  };
}
