import { expect, it } from "vitest";
import { bronzeRow } from "../../src/streams/record.ts";
import { readingId, SeenReadings } from "../../src/streams/seen.ts";

it("remembers the last readings, and a bounded number of them", () => {
  const seen = new SeenReadings("", 10);
  const ids = Array.from({ length: 25 }, (_, i) => String(i));
  for (const id of ids) seen.add(id);
  expect(ids.filter((id) => seen.has(id))).toEqual(ids.slice(10));
});

it("tells readings apart by each of their fields, and by where one ends", () => {
  const reading = { timestamp: "2025-01-01T00:00:00Z", device: "A", value: "1", unit: "C", score: "0" };
  const others = Object.keys(reading).map((field) => ({ ...reading, [field]: "2" }));
  others.push({ ...reading, device: "A\x001", value: "" }, { ...reading, value: "1.0" });
  others.push({ ...reading, device: "A,1", value: "" }, { ...reading, device: 'A","1', value: "" });
  const idOf = (one: typeof reading) => readingId(bronzeRow(one));
  expect(new Set([reading, ...others].map(idOf)).size).toBe(1 + others.length);
  expect(idOf({ ...reading })).toBe(idOf(reading));
});
