import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchHash, deviceHash, OVERVIEW, readRoute } from "../../../src/dashboard/page/route.ts";

describe("the addresses of pages", () => {
  it("lead to the device or batch that they were made of, whatever its name", () => {
    const name = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(name, (text) => {
        expect(readRoute(deviceHash(text))).toEqual({ page: "device", id: text });
        expect(readRoute(batchHash(text))).toEqual({ page: "batch", key: text });
      }),
    );
  });

  it("lead nowhere where they are none, and never throw", () => {
    expect([readRoute(""), readRoute("#"), readRoute(OVERVIEW)]).toEqual(Array(3).fill({ page: "overview" }));
    for (const hash of ["#/device/", "#/device/%E0%A4%A", "#/nowhere/x", "#x"]) {
      expect(readRoute(hash)).toEqual({ page: "unknown" });
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readRoute(`#${text}`)));
    expect(deviceHash("\ud800")).toBe("#/device/%EF%BF%BD");
  });
});
