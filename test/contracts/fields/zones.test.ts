import moment from "moment-timezone";
import { describe, expect, it } from "vitest";
import { makeZones } from "../../../scripts/zones.mjs";
import type { LocalTime } from "../../../src/contracts/fields/local-time.ts";
import data from "../../../src/contracts/fields/zones.json" with { type: "json" };
import { loadZones } from "../../../src/contracts/fields/zones.ts";

const rules = await loadZones();
const zone = (name: string) => rules.find(name) as LocalTime;
const seconds = (iso: string) => Date.parse(`${iso}Z`) / 1000;

/** Which offsets a local time had, in hours. */
function hoursAt(name: string, local: string): number[] {
  const found = zone(name);
  const { first, second } = found.at(found.indexOf(seconds(local)))!;
  return [...new Set([first, second])].filter((offset) => !Number.isNaN(offset)).map((offset) => offset / 3600);
}

describe("the zones of this package", () => {
  it("are what the script makes of the pinned package", () => {
    expect(data).toEqual(makeZones());
  });

  it("say which release of the IANA database they are", () => {
    expect(rules.version).toBe("2026f");
    expect(rules.version).toBe((moment.tz as unknown as { dataVersion: string }).dataVersion);
    expect(rules.names.length).toBe(597);
  });

  it("agree with moment-timezone's own reading a second before, at and after every change until 2499, and back again", () => {
    const wrong: string[] = [];
    let changes = 0;
    for (const name of rules.names) {
      const judge = moment.tz.zone(name)!;
      const found = zone(name);
      for (const until of judge.untils) {
        if (until === null || !Number.isFinite(until)) continue;
        changes++;
        for (const utc of [until / 1000 - 1, until / 1000, until / 1000 + 1]) {
          const offset = 0 - Math.round(judge.utcOffset(utc * 1000) * 60);
          const { first, second } = found.at(found.indexOf(utc + offset))!;
          if (offset !== first && offset !== second) wrong.push(`${name} ${utc}: ${offset}, not ${first} or ${second}`);
          // The other of two passes is one that the judge knows, too.
          for (const other of [first, second]) {
            if (0 - Math.round(judge.utcOffset((utc + offset - other) * 1000) * 60) !== other)
              wrong.push(`${name} ${utc}`);
          }
        }
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(changes).toBeGreaterThan(100_000);
  }, 60_000);

  it("have no local time where the judge has none, a second before and at both ends of every gap from 1970 to 2037", () => {
    let gaps = 0;
    for (const name of rules.names) {
      const judge = moment.tz.zone(name)!;
      for (const [i, until] of judge.untils.entries()) {
        const at = (until ?? Number.NaN) / 1000;
        const [before, after] = [judge.offsets[i], judge.offsets[i + 1]].map((minutes) => 0 - Math.round(minutes * 60));
        if (!(at >= 0 && at < seconds("2038-01-01T00:00:00")) || after <= before) continue;
        gaps++;
        const found = zone(name);
        const isNever = (local: number) => Number.isNaN(found.at(found.indexOf(local))!.first);
        expect([
          name,
          isNever(at + before - 1),
          isNever(at + before),
          isNever(at + after - 1),
          isNever(at + after),
        ]).toEqual([name, false, true, true, false]);
      }
    }
    expect(gaps).toBeGreaterThan(10_000);
  }, 60_000);

  it.each([
    ["Europe/Berlin", "2025-10-26T02:30:00", [2, 1]],
    ["Europe/Berlin", "2025-10-26T01:59:59", [2]],
    ["Europe/Berlin", "2025-10-26T03:00:00", [1]],
    ["Europe/Berlin", "2026-03-29T02:30:00", []],
    ["Europe/Berlin", "2400-07-01T12:00:00", [2]],
    ["America/Vancouver", "2025-11-02T01:30:00", [-7, -8]],
    ["America/Vancouver", "2026-11-01T01:30:00", [-7]],
    ["America/Vancouver", "2027-01-01T00:00:00", [-7]],
    ["Europe/Kyiv", "2026-07-01T00:00:00", [3]],
    ["Europe/Kiev", "2026-07-01T00:00:00", [3]],
    ["US/Pacific", "2026-11-01T01:30:00", [-7, -8]],
    ["Asia/Calcutta", "2026-07-01T00:00:00", [5.5]],
    ["Asia/Kolkata", "2026-07-01T00:00:00", [5.5]],
    ["Africa/Casablanca", "2026-12-01T00:00:00", [0]],
    ["Pacific/Apia", "2011-12-30T12:00:00", []],
    ["Australia/Lord_Howe", "2026-04-05T01:45:00", [11, 10.5]],
    ["America/Nuuk", "2026-03-28T23:30:00", []],
    ["Etc/GMT+5", "2026-07-01T00:00:00", [-5]],
    ["-03:30", "2026-07-01T00:00:00", [-3.5]],
    ["UTC", "2026-07-01T00:00:00", [0]],
  ])("%s at %s: %j", (name, local, hours) => {
    expect(hoursAt(name, local)).toEqual(hours);
  });

  it.each(["Europe/berlin", "Mars/Olympus", "CEST", "+24:00", "+1:00", "+0100", "__proto__", "constructor", ""])(
    "has no %j",
    (name) => {
      expect(rules.find(name)).toBeNull();
    },
  );
});
