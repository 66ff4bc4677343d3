import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ageOf, type Connection, freshnessOf } from "../../../src/dashboard/page/freshness.ts";

const NOW = 1_800_000_000_000;
const fresh: Connection = { link: "open", trouble: null, interval: 5, pace: 0, made: NOW - 1000, received: NOW - 900 };

describe("how fresh the page says it is", () => {
  it("is live until three looks in a row did not come", () => {
    expect(freshnessOf(fresh, NOW)).toBe("live");
    expect(freshnessOf(fresh, NOW + 14_000)).toBe("live");
    expect(freshnessOf(fresh, NOW + 14_001)).toBe("stale");
    expect(freshnessOf({ ...fresh, interval: 60 }, NOW + 14_001)).toBe("live");
  });

  it("is live as long where the server looks less often than it was asked to: a large lake is not always stale", () => {
    const slow = { ...fresh, pace: 100 };
    expect(freshnessOf(slow, NOW + 299_000)).toBe("live");
    expect(freshnessOf(slow, NOW + 299_001)).toBe("stale");
  });

  it("says what is in the way, the worst first", () => {
    const failing = { ...fresh, trouble: "Cannot list" };
    expect(freshnessOf(failing, NOW)).toBe("failing");
    expect(freshnessOf({ ...failing, link: "lost" }, NOW)).toBe("disconnected");
    expect(freshnessOf({ ...failing, link: "signed-out" }, NOW)).toBe("signed-out");
    expect(freshnessOf({ ...failing, link: "paused" }, NOW)).toBe("paused");
    expect(freshnessOf({ ...fresh, made: null, received: null }, NOW)).toBe("connecting");
  });

  it("is never live with data that came long ago, whatever the clocks of server and browser say", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 15_001, max: 1e9 }), (skew, elapsed) => {
        const connection = { ...fresh, received: NOW, made: NOW + skew };
        expect(freshnessOf(connection, NOW + elapsed)).toBe("stale");
        expect(ageOf(connection, NOW + elapsed)).toBeGreaterThanOrEqual(elapsed / 1000);
      }),
    );
  });
});
