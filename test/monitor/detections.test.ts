import { beforeEach, describe, expect, it } from "vitest";
import type { DetectionQuery } from "../../src/monitor/details.ts";
import { addMute, removeMutes } from "../../src/tables/detections/mutes.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { problemsOf } from "../api/description.ts";
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

/** The same readings so much earlier. */
function shifted(csv: string, ms: number): string {
  return csv.replaceAll(/^\d{4}-[^,]*/gm, (time) => new Date(Date.parse(time) - ms).toISOString());
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
      silent: [],
    });
    expect(health.verdict).toBe("healthy");
    lake.now = NOON + 4 * HOUR;
    expect((await lake.monitor.refresh()).detections?.last_24h).toMatchObject({ devices: 1, detections: 1 });
    lake.now = NOON - 4 * HOUR;
    expect((await lake.monitor.refresh()).detections?.last_24h?.by_device).toMatchObject([{ device_id: "B" }]);
  });

  it("say by the clock who is silent for longer than ever, until it reports, is muted, or was not heard of for a week", async () => {
    await detect(lake);
    const silent = async (now: number) => {
      lake.now = now;
      return (await lake.monitor.refresh()).detections?.silent.map((one) => Object.values(one));
    };
    // It reports every ten minutes: six intervals.
    const [last, since] = [isoAt(0), new Date(NOON + HOUR + 1).toISOString().replace(/\.\d+/, "")];
    expect(await silent(NOON + HOUR - MINUTE)).toEqual([]);
    const both = await silent(NOON + HOUR + MINUTE);
    expect(both?.map(([device, heard]) => [device, heard])).toEqual([
      ["A", last],
      ["B", last],
    ]);
    expect(both?.[0][2].startsWith(since.slice(0, 16))).toBe(true);
    await lake.ingest("bronze/c.csv", `${HEADER}${new Date(NOON + HOUR).toISOString()},A,20,C,0.1\n`);
    await detect(lake);
    expect((await silent(NOON + HOUR + MINUTE))?.map(([device]) => device)).toEqual(["B"]);
    await addMute(lake.storage, { device: "B", from: NOON, to: null, ...said });
    expect(await silent(NOON + HOUR + MINUTE)).toEqual([]);
    await removeMutes(lake.storage, "B");
    expect((await silent(NOON + 7 * 24 * HOUR - MINUTE))?.map(([device]) => device)).toEqual(["B", "A"]);
    expect((await silent(NOON + 7 * 24 * HOUR + MINUTE))?.map(([device]) => device)).toEqual(["A"]);
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

  it("are given newest first, of one device, of a stretch of time, and no more than are asked for", async () => {
    expect(await lake.monitor.detections({})).toBe(null);
    await detect(lake);
    const asked = async (query: DetectionQuery) => {
      const page = await lake.monitor.detections(query);
      return [page?.detections.map(({ device_id, timestamp }) => [device_id, timestamp]), page?.complete];
    };
    const [a, b] = [
      ["A", isoAt(3)],
      ["B", isoAt(20)],
    ];
    const at = (hours: number, nanos = 0) => ({ ms: NOON - hours * HOUR, nanos });
    expect(await asked({})).toEqual([[a, b], true]);
    expect(await asked({ limit: 1 })).toEqual([[a], false]);
    expect(await asked({ device: "B" })).toEqual([[b], true]);
    expect(await asked({ device: "B", limit: 1 })).toEqual([[b], true]);
    expect(await asked({ device: "nobody" })).toEqual([[], true]);
    expect(await asked({ since: at(20), until: at(3) })).toEqual([[b], true]);
    expect(await asked({ since: at(20, 1), until: at(3, 1) })).toEqual([[a], true]);
    await expect(asked({ since: at(3), until: at(3) })).rejects.toThrow(/"until": it is not later than "since"/);
  });

  it("are given with what was expected, how seldom that is, and who knows of it", async () => {
    await detect(lake);
    const { id } = await addMute(lake.storage, { device: "B", from: NOON - 20 * HOUR, to: NOON - 20 * HOUR, ...said });
    const page = await lake.monitor.detections({});
    expect(problemsOf("/detections", 200, page)).toEqual([]);
    expect(page).toMatchObject({ table_version: 0, readings_version: 1 });
    const [first, second] = page?.detections ?? [];
    expect(first).toMatchObject({ value: 900, reason: "spike", muted: null });
    expect(second?.muted).toEqual({ id, who: "Ada", why: "the door stood open" });
    expect(first?.once_in_days).toBeGreaterThan(30);
    // Values were from 18 to 22.
    const [low = 0, high = 0] = first?.band ?? [];
    expect(first?.expected).toBeCloseTo(20, 0);
    expect([low > 16, low < 20, high > 20, high < 24]).toEqual([true, true, true, true]);
  });

  it("that are newest are found without reading the files of all days before", async () => {
    for (let day = 1; day <= 40; day++) {
      const device = `D${day}`;
      await lake.ingest(`bronze/${device}.csv`, shifted(csvOf(device, 3), day * 24 * HOUR));
    }
    await detect(lake);
    lake.reads.clear();
    expect((await lake.monitor.detections({ limit: 1 }))?.detections).toMatchObject([{ device_id: "A" }]);
    const files = [...lake.reads.keys()].filter((key) => key.startsWith(VIEW) && key.endsWith(".parquet"));
    expect(files.length).toBeLessThanOrEqual(16);
    // Each device reports on one day, and is silent from then on.
    const all = (await lake.monitor.detections({}))?.detections.filter(({ reason }) => reason !== "silence");
    expect(all?.map(({ timestamp }) => timestamp)).toEqual(
      [...Array(41).keys()].flatMap((day) => (day === 0 ? [isoAt(3), isoAt(20)] : [isoAt(24 * day + 3)])),
    );
  });

  it("that cannot be read degrade the lake, and nothing else of the look fails", async () => {
    await detect(lake);
    await put(lake.storage, "state/muted-detections.json", "[]");
    const muted = await lake.monitor.refresh();
    expect(muted.detections).toMatchObject({
      problem: expect.stringContaining("muted-detections.json"),
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
