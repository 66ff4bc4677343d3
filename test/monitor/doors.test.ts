import { beforeEach, describe, expect, it } from "vitest";
import { leftReasons } from "../../src/monitor/doors.ts";
import { ownerName, ownerOf } from "../../src/storage/local/owner.ts";
import { type DoorState, removeDeadDoors, writeDoorState } from "../../src/streams/door-state.ts";
import { problemsOf } from "../api/description.ts";
import { put } from "../pipeline/lake.ts";
import { type ClockedLake, createClockedLake, HOUR, MINUTE, NOON } from "./lake.ts";

function doorOf(changes: Partial<DoorState> = {}): DoorState {
  return {
    ...{ version: 1, door: "http", id: "a", place: "POST http://127.0.0.1:4280/v1/readings", connected: true },
    ...{ started: new Date(NOON - HOUR).toISOString(), time: new Date(NOON).toISOString() },
    ...{ readings: 1200, readings_per_second: 12.5, pending: { readings: 0, bytes: 0, oldest_seconds: null } },
    ...{ lag_seconds: null, trouble: null },
    ...changes,
  };
}

describe("the doors of a lake", () => {
  let lake: ClockedLake;
  beforeEach(() => {
    lake = createClockedLake();
  });

  async function look(now: number) {
    lake.now = now;
    const overview = await lake.monitor.refresh();
    expect(problemsOf("/overview", 200, overview)).toEqual([]);
    return overview;
  }

  it("are none where nobody listens, and told with what they said last", async () => {
    expect((await look(NOON)).doors).toEqual([]);
    await writeDoorState(lake.storage, doorOf());
    await writeDoorState(lake.storage, doorOf({ door: "mqtt", place: "mqtt://broker" }));
    const { doors, health } = await look(NOON + MINUTE);
    expect(doors.map(({ door, state, readings }) => [door, state, readings])).toEqual([
      ["http", "up", 1200],
      ["mqtt", "up", 1200],
    ]);
    expect(health.reasons.map(({ code }) => code)).not.toContain("door_down");
  });

  it("are down when they have said nothing for three minutes or have lost their connection, and late when the lake does not take what came", async () => {
    await writeDoorState(lake.storage, doorOf());
    await writeDoorState(lake.storage, doorOf({ door: "mqtt", place: "mqtt://broker", connected: false }));
    const pending = { readings: 7, bytes: 500, oldest_seconds: 290 };
    await writeDoorState(lake.storage, doorOf({ door: "slow", pending }));
    await writeDoorState(lake.storage, doorOf({ door: "stream", lag_seconds: 900 }));
    const { doors, health } = await look(NOON + MINUTE);
    expect(doors.map(({ door, state }) => [door, state])).toEqual([
      ["http", "up"],
      ["mqtt", "down"],
      ["slow", "late"],
      ["stream", "late"],
    ]);
    const told = health.reasons.filter(({ code }) => code.startsWith("door_"));
    expect(told.map(({ verdict, message }) => [verdict, message])).toEqual([
      ["unhealthy", "the door mqtt has no connection to mqtt://broker"],
      ["degraded", "7 readings of the door slow wait for the lake"],
      ["degraded", expect.stringMatching(/^the door stream is 15m behind /)],
    ]);
    const later = await look(NOON + 4 * MINUTE);
    expect(later.doors.map(({ state }) => state)).toEqual(["down", "down", "down", "down"]);
    expect(later.health.reasons[0].message).toMatch(/^the door http \(POST .*\) has said nothing for 4m$/);
  });

  it("are down at once where their process is gone and that can be seen, and are forgotten by the next one then", async () => {
    const gone = ownerName({ ...ownerOf(), pid: 999_999_999 });
    await writeDoorState(lake.storage, doorOf({ owner: gone }));
    await writeDoorState(lake.storage, doorOf({ id: "b", owner: ownerName(ownerOf()) }));
    await writeDoorState(lake.storage, doorOf({ id: "c", owner: ownerName({ ...ownerOf(), host: "other", pid: 1 }) }));
    const { doors, health } = await look(NOON);
    expect(doors.map(({ id, state }) => [id, state])).toEqual([
      ["a", "down"],
      ["b", "up"],
      ["c", "up"],
    ]);
    expect(health.reasons[0].message).toMatch(/^the process of the door http \(POST .*\) is gone$/);
    expect(JSON.stringify(doors)).not.toContain(ownerOf().host);
    await removeDeadDoors(lake.storage, [{ door: "http", place: "elsewhere" }], NOON);
    expect((await look(NOON)).doors.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("are forgotten when another of the name is opened behind a dead one, or after a week", async () => {
    await writeDoorState(lake.storage, doorOf());
    await writeDoorState(lake.storage, doorOf({ id: "b", time: new Date(NOON + 10 * MINUTE).toISOString() }));
    await removeDeadDoors(lake.storage, [{ door: "http", place: "elsewhere" }], NOON + 10 * MINUTE);
    expect((await look(NOON + 10 * MINUTE)).doors.map(({ id }) => id)).toEqual(["b"]);
    expect((await look(NOON + 8 * 24 * HOUR)).doors).toEqual([]);
  });

  it("that are gone have left readings that the next brings in, whatever it is for, which are no loss", () => {
    const left = (source: string, readings: number) => ({ source, readings, bytes: 1, since: 0 });
    const reasons = leftReasons([left("mqtt", 1), left("pumps.v2.ndjson.http", 7)]);
    expect(reasons.map(({ verdict, message, next }) => [verdict, message.split(",")[0], next])).toEqual([
      ["degraded", "1 reading by mqtt was acknowledged and not brought into bronze", "vantageflow listen --http 4280"],
      [
        "degraded",
        "7 readings by pumps.v2.ndjson.http were acknowledged and not brought into bronze",
        "vantageflow listen --http 4280",
      ],
    ]);
  });

  it("are passed over where what stands there is no state of one", async () => {
    for (const text of [
      "",
      "{}",
      "[]",
      JSON.stringify({ ...doorOf(), pending: null }),
      JSON.stringify(doorOf({ id: "other" })),
    ]) {
      await put(lake.storage, "state/streams/doors/http/a.json", text);
      expect((await look(NOON)).doors).toEqual([]);
    }
  });
});
