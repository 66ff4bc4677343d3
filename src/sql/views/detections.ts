import { hasCode, VantageflowError } from "../../errors.ts";
import { lakeOption } from "../../shell.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../../tables/delta/snapshot.ts";
import type { Snapshot } from "../../tables/delta/state.ts";
import { readSnapshotAt, versionAt } from "../../tables/delta/travel.ts";
import { DETECTIONS } from "../../tables/detections/layout.ts";
import { type Mute, muteOf, readMutes } from "../../tables/detections/mutes.ts";
import { detectionsOf } from "../../tables/detections/read.ts";
import type { Cell, LakeView, TableMoment } from "../view.ts";

/** What is odd of each device and why, and who does not want to hear of it. */
export const detections: LakeView = {
  name: "detections",
  columns: [
    { name: "timestamp", type: "time" },
    { name: "device_id", type: "text" },
    { name: "value", type: "number" },
    { name: "expected", type: "number" },
    { name: "low", type: "number" },
    { name: "high", type: "number" },
    { name: "once_in_days", type: "number" },
    { name: "score", type: "number" },
    { name: "reason", type: "text" },
    { name: "detector", type: "whole" },
    { name: "muted_by", type: "text" },
    { name: "muted_why", type: "text" },
  ],
  async *rows({ storage }, at) {
    const rows = await detectionsOf(storage, await tableAt(storage, at));
    const mutes = new Map<string, Mute[]>();
    for (const mute of await readMutes(storage)) mutes.set(mute.device, [...(mutes.get(mute.device) ?? []), mute]);
    yield rows.map(({ time, device, value, expected, low, high, onceInDays, score, reason, detector }): Cell[] => {
      const mute = muteOf(mutes.get(device) ?? [], device, time);
      const muted = [mute?.who ?? null, mute?.why ?? null];
      return [time, device, value, expected, low, high, onceInDays, score, reason, detector, ...muted];
    });
  },
};

async function tableAt(storage: LakeStorage, at: TableMoment | undefined): Promise<Snapshot> {
  if (at === undefined) {
    const snapshot = await readSnapshot(storage, DETECTIONS);
    if (snapshot !== null) return snapshot;
    const what = `nobody has made them in ${storage.url} yet. Make them: vantageflow detect${lakeOption(storage.url)}`;
    throw new VantageflowError("not_found", `Cannot ask of detections: ${what}`);
  }
  if ("version" in at) {
    const why = "versions are those of readings. Ask of a time: --at 2026-01-31T12:00:00Z";
    throw new VantageflowError("usage", `Cannot ask of detections at version ${at.version}: ${why}`);
  }
  const version = await versionAt(storage, DETECTIONS, at.time).catch((cause: unknown) => {
    if (!hasCode(cause, "not_found")) throw cause;
    const time = new Date(at.time).toISOString();
    const why = `the lake has none that were made by ${time}. Ask of a later time`;
    throw new VantageflowError("not_found", `Cannot ask of detections: ${why}`, { cause });
  });
  return readSnapshotAt(storage, DETECTIONS, version);
}
