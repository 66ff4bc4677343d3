import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClock } from "../../../src/contracts/fields/clock.ts";
import type { LocalStretch } from "../../../src/contracts/fields/local-time.ts";
import { Passes } from "../../../src/contracts/fields/passes.ts";
import { loadZones } from "../../../src/contracts/fields/zones.ts";
import { REASONS } from "../../../src/pipeline/rejects.ts";

const rules = await loadZones();
const HOUR = 3600;
/** 2025-10-26T01:00:00Z, when the clock in Berlin went back from 03:00 to 02:00. */
const BACK = Date.parse("2025-10-26T01:00:00Z") / 1000;

type Row = readonly [device: string, text: string];

function readRows(zone: string, rows: readonly Row[]): { readonly found: string[]; readonly assumed: number } {
  let device = "";
  const clock = createClock({ format: "yyyy-MM-dd HH:mm:ss", zone, ambiguous: "order" }, rules, () => device);
  const out = Buffer.alloc(64);
  const found = rows.map(([id, text]) => {
    device = id;
    const end = clock.write(Buffer.from(text), 0, text.length, out, 0);
    return end < 0 ? REASONS[-end].reason : out.toString("latin1", 0, end);
  });
  return { found, assumed: clock.assumed };
}

/** What clocks of Berlin showed at an instant around {@link BACK}. */
function shown(utc: number): string {
  return textOf(utc + (utc < BACK ? 2 : 1) * HOUR).replace("T", " ");
}

const textOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);
const night = (device: string, times: readonly string[]): Row[] =>
  times.map((time) => [device, `2025-10-26 ${time}:00`]);
const instants = (times: readonly string[]) => times.map((time) => `2025-10-26T${time}:00Z`);

describe("an hour that exists twice", () => {
  it("is told apart by the step back", () => {
    const rows = night("P-3", ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:45", "03:00"]);
    const { found, assumed } = readRows("Europe/Berlin", rows);
    expect(found.slice(1)).toEqual(instants(["00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:45", "02:00"]));
    expect(assumed).toBe(0);
  });

  it("is told apart for hourly rows, which do not step back, and a reading that is there twice is no second pass", () => {
    const hourly = readRows("Europe/Berlin", night("a", ["00:00", "01:00", "02:00", "02:00", "03:00"]));
    expect(hourly.found.slice(1)).toEqual(
      instants(["23:00", "00:00", "01:00", "02:00"]).with(0, "2025-10-25T23:00:00Z"),
    );
    const again = readRows("Europe/Berlin", night("a", ["01:45", "02:00", "02:00", "02:15", "02:00", "02:00"]));
    expect(again.found.slice(1)).toEqual(instants(["00:00", "00:00", "00:15", "01:00", "01:00"]));
  });

  it("is told apart for hourly times of several rows each, forwards and backwards", () => {
    const times = ["01:00", "01:00", "02:00", "02:00", "02:00", "02:00", "03:00", "03:00"];
    const expected = instants(["00:00", "00:00", "00:00", "00:00", "01:00", "01:00", "02:00", "02:00"]);
    const forwards = readRows("Europe/Berlin", night("a", times));
    expect(forwards.found.slice(2)).toEqual(expected.slice(2));
    const backwards = readRows("Europe/Berlin", night("a", times.toReversed()));
    expect(backwards.found.slice(0, -2)).toEqual(expected.toReversed().slice(0, -2));
  });

  it("is told apart where the newest row is first", () => {
    const { found } = readRows("Europe/Berlin", night("a", ["03:00", "02:30", "02:00", "02:30", "02:00", "01:30"]));
    expect(found.slice(0, 5)).toEqual(instants(["02:00", "01:30", "01:00", "00:30", "00:00"]));
  });

  it("cannot be there three times: rows that come in no order are rejects", () => {
    const { found } = readRows("Europe/Berlin", night("a", ["01:30", "02:30", "02:15", "02:00", "02:45", "03:00"]));
    expect(found.slice(1)).toEqual([
      ...instants(["00:30", "01:15"]),
      "timestamp_ambiguous",
      "timestamp_ambiguous",
      "2025-10-26T02:00:00Z",
    ]);
  });

  it("is the first where a device begins in it, and that is counted until a step within it tells", () => {
    const { found, assumed } = readRows("Europe/Berlin", night("a", ["02:15", "02:45", "02:00"]));
    expect([found, assumed]).toEqual([instants(["00:15", "00:45", "01:00"]), 0]);
    // Either of two passes, or backwards within one.
    expect(readRows("Europe/Berlin", night("a", ["02:45", "02:00"])).assumed).toBe(2);
    expect(readRows("Europe/Berlin", night("a", ["02:45", "02:00", "03:00"])).assumed).toBe(0);
    expect(readRows("Europe/Berlin", night("a", ["02:45", "02:00", "01:45"])).assumed).toBe(2);
  });

  it.each([
    ["which one row of a device is in", ["01:30", "02:30", "03:00"], 1],
    ["which a device shows once, where it goes on", ["01:45", "02:00", "02:30", "03:00"], 2],
    ["which a device shows once, where it ends", ["01:45", "02:00", "02:00", "02:30"], 3],
    ["which a device shows once, where the newest is first", ["03:00", "02:30", "02:15", "01:45"], 2],
    ["whose other pass comes later", ["01:45", "02:00", "02:30", "02:00", "03:00"], 0],
    ["that hourly rows show once", ["01:00", "02:00", "03:00"], 1],
  ])("is a pass that nothing tells, and so counted, %s", (_, times, expected) => {
    expect(readRows("Europe/Berlin", night("a", times)).assumed).toBe(expected);
  });

  it("is told for each device by its own rows, whatever the others show", () => {
    const texts = [
      "P-3 01:30",
      "P-4 01:30",
      "P-3 02:00",
      "P-3 02:30",
      "P-3 02:00",
      "P-4 02:30",
      "P-3 02:30",
      "P-4 03:00",
    ];
    const { found, assumed } = readRows(
      "Europe/Berlin",
      texts.flatMap((text) => night(text.slice(0, 3), [text.slice(4)])),
    );
    expect([found[5], assumed]).toEqual(["2025-10-26T00:30:00Z", 1]);
  });

  it("is another one in another year", () => {
    const times = ["2024-10-27 02:59:00", "2024-10-27 02:00:00", "2025-10-26 02:10:00", "2025-10-26 02:05:00"];
    const { found } = readRows(
      "Europe/Berlin",
      times.map((text) => ["a", text]),
    );
    expect(found).toEqual([
      "2024-10-27T00:59:00Z",
      "2024-10-27T01:00:00Z",
      "2025-10-26T00:10:00Z",
      "2025-10-26T01:05:00Z",
    ]);
  });

  it("is half an hour on Lord Howe Island", () => {
    const times = ["01:15", "01:45", "01:45", "02:15"].map((time): Row => ["a", `2026-04-05 ${time}:00`]);
    const { found } = readRows("Australia/Lord_Howe", times);
    expect(found).toEqual(["14:15", "14:45", "15:15", "15:45"].map((time) => `2026-04-04T${time}:00Z`));
  });

  it("is told apart for each of many devices, forwards and backwards, whatever their intervals", () => {
    const device = fc.record({
      start: fc.integer({ min: 1, max: 6 * HOUR }),
      gaps: fc.array(fc.integer({ min: 1, max: HOUR - 1 }), { minLength: 30, maxLength: 60 }),
      isForward: fc.boolean(),
    });
    const fleets = fc.array(device, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fleets, fc.infiniteStream(fc.nat({ max: 3 })), (fleet, order) => {
        const queues = fleet.map(({ start, gaps, isForward }, i) => {
          let utc = BACK - HOUR - start;
          const instantsOf = [utc, ...gaps.map((gap) => (utc += gap))];
          if (!isForward) {
            // Back from behind the hour: a device must have a row there.
            const last = Math.max(utc, BACK + HOUR);
            instantsOf.push(last + 1);
            instantsOf.reverse();
          }
          return instantsOf.map((at): [Row, string] => [[`d${i}`, shown(at)], `${textOf(at)}Z`]);
        });
        const merged: [Row, string][] = [];
        while (queues.some((queue) => queue.length > 0)) {
          const queue = queues[order.next().value % queues.length];
          const row = queue.shift() ?? queues.find((other) => other.length > 0)!.shift()!;
          merged.push(row);
        }
        // Gaps are shorter than the hour: who reaches its second pass has a row of either.
        const within = fleet.map(({ start, gaps, isForward }) => {
          let utc = BACK - HOUR - start;
          const all = [utc, ...gaps.map((gap) => (utc += gap))];
          const [first, second] = [BACK - HOUR, BACK].map(
            (at) => all.filter((one) => one >= at && one < at + HOUR).length,
          );
          return first > 0 && second > 0 ? 0 : isForward ? first : second + first;
        });
        const { found, assumed } = readRows(
          "Europe/Berlin",
          merged.map(([row]) => row),
        );
        expect(found).toEqual(merged.map(([, expected]) => expected));
        expect(assumed).toBe(within.reduce((sum, rows) => sum + rows, 0));
      }),
    );
  });

  it("is rejected for devices beyond the bound, and for no others", () => {
    const passes = new Passes(2);
    const hour: LocalStretch = { from: 0, to: HOUR, first: 7200, second: 3600 };
    passes.pass("a", -60);
    passes.pass("b", -60);
    passes.pass("c", -60);
    expect(["a", "b", "c", "d"].map((id) => passes.passOf(id, 120, hour))).toEqual([1, 1, 0, 0]);
    expect(["a", "b", "c", "d"].map((id) => passes.passOf(id, 60, hour))).toEqual([2, 2, 0, 0]);
    expect(passes.assumed).toBe(0);
  });
});
