import { beforeEach, describe, expect, it } from "vitest";
import { addMute, removeMutes } from "../../src/tables/detections/mutes.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { viewContextOf } from "../tables/detections.ts";
import { syncContext } from "../tables/table.ts";
import { type ClockedLake, createClockedLake, HEADER, HOUR, MINUTE, NOON } from "./lake.ts";

/** The detections as a look at the lake tells of them. */

const VIEW = "tables/detections/";
/** Two days of readings every ten minutes that end at noon; the last of each of these hours before noon stands out. */
function csvOf(device: string, ...spikes: readonly number[]): string {
  const odd = new Set(spikes.map((hours) => NOON - hours * HOUR));
  let csv = "";
  for (let time = NOON - 48 * HOUR; time <= NOON; time += 10 * MINUTE) {
    const value = odd.has(time) ? 900 : 20 + Math.sin(time / 7919) + Math.cos(time / 104_729);
    csv += `${new Date(time).toISOString()},${device},${value.toFixed(3)},C,0.1\n`;
  }
  return HEADER + csv;
}

async function detect({ storage }: ClockedLake): Promise<void> {
  await syncReadings(syncContext(storage));
  await syncDetections(viewContextOf(storage));
}

const isoAt = (hours: number) => new Date(NOON - hours * HOUR).toISOString();
const said = { why: "the door stood open", who: "Ada", said: NOON };

describe("the detections of a lake", () => {
  let lake: ClockedLake;
  beforeEach(async () => {
    lake = createClockedLake();
    await lake.ingest("bronze/a.csv", csvOf("A", 3));
    await lake.ingest("bronze/b.csv", csvOf("B", 20));
  });

  it("are nothing where there is no table or nobody has made them; then that is one listing more of a look", async () => {
    expect((await lake.monitor.refresh()).detections).toBe(null);
    expect(lake.lists).not.toContain(`${VIEW}_delta_log/`);
    await syncReadings(syncContext(lake.storage));
    lake.lists.length = 0;
    expect((await lake.monitor.refresh()).detections).toBe(null);
    expect(lake.lists.filter((prefix) => prefix.startsWith(VIEW))).toEqual([`${VIEW}_delta_log/`]);
  });

  it("are told by device, the newest first, those of the last 24 hours by the readings' own time", async () => {
    await detect(lake);
    const { detections, health } = await lake.monitor.refresh();
    expect(detections).toEqual({
      newest: { version: 0, readings_version: 1, behind: 0, one_in_days: 30, devices: 2, learned: 2 },
      problem: null,
      last_24h: {
        ...{ detections: 2, muted: 0, devices: 2 },
        by_device: [
          { device_id: "A", detections: 1, newest: isoAt(3), reason: "spike" },
          { device_id: "B", detections: 1, newest: isoAt(20), reason: "spike" },
        ],
      },
    });
    expect(health.verdict).toBe("healthy");
    lake.now = NOON + 4 * HOUR;
    expect((await lake.monitor.refresh()).detections?.last_24h).toMatchObject({ devices: 1, detections: 1 });
    lake.now = NOON - 4 * HOUR;
    expect((await lake.monitor.refresh()).detections?.last_24h?.by_device).toMatchObject([{ device_id: "B" }]);
  });

  it("that are muted are counted apart, until that is taken back", async () => {
    await detect(lake);
    await lake.monitor.refresh();
    await addMute(lake.storage, { device: "A", from: NOON - 4 * HOUR, to: null, ...said });
    const { detections } = await lake.monitor.refresh();
    expect(detections?.last_24h).toMatchObject({
      detections: 1,
      muted: 1,
      devices: 1,
      by_device: [{ device_id: "B" }],
    });
    await removeMutes(lake.storage, "A");
    expect((await lake.monitor.refresh()).detections?.last_24h).toMatchObject({ detections: 2, muted: 0, devices: 2 });
  });

  it("say how many versions of the table of readings are newer than theirs", async () => {
    await detect(lake);
    await lake.ingest("bronze/c.csv", csvOf("C", 1));
    await syncReadings(syncContext(lake.storage));
    expect((await lake.monitor.refresh()).detections?.newest).toMatchObject({ readings_version: 1, behind: 1 });
    await detect(lake);
    expect((await lake.monitor.refresh()).detections).toMatchObject({
      newest: { version: 1, readings_version: 2, behind: 0, devices: 3 },
      last_24h: { devices: 3 },
    });
  });

  it("are read once a version", async () => {
    await detect(lake);
    await lake.monitor.refresh();
    lake.reads.clear();
    await lake.monitor.refresh();
    expect([...lake.reads.keys()].filter((key) => key.startsWith(VIEW))).toEqual([]);
  });

  it("that cannot be read degrade the lake, and nothing else of the look fails", async () => {
    await detect(lake);
    await put(lake.storage, "state/detections/mutes.json", "[]");
    const muted = await lake.monitor.refresh();
    expect(muted.detections).toMatchObject({
      problem: expect.stringContaining("mutes.json"),
      last_24h: { detections: 2, muted: 0 },
    });
    expect(muted.health.reasons).toMatchObject([{ code: "detections_unreadable" }]);
    await put(lake.storage, `${VIEW}_delta_log/00000000000000000000.json`, "{");
    const { detections, health, devices } = await lake.monitor.refresh();
    expect(detections).toMatchObject({ newest: null, problem: expect.stringContaining(VIEW), last_24h: null });
    expect(health).toMatchObject({ verdict: "degraded", reasons: [{ code: "detections_unreadable" }] });
    expect(devices.total).toBe(2);
  });
});
