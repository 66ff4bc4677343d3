import fc from "fast-check";
import { expect, it } from "vitest";
import { checked } from "../../src/streams/lines.ts";
import { bronzeRow } from "../../src/streams/record.ts";
import { readSegment, rowsIn, segmentEntry } from "../../src/streams/segment.ts";

const SALT = "0123456789abcdef";
const piece = fc.oneof(fc.string(), fc.constantFrom('"', ",1\n", "\n", ",", '",2\n', "é", ""));
const text = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(""));
const reading = fc.record({ timestamp: text, device: text, value: text, unit: text, score: text });
const requests = fc.array(fc.array(reading, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });

function segmentOf(all: readonly (readonly string[])[]): Buffer[] {
  let first = 1;
  return all.map((rows) => {
    const entry = segmentEntry(SALT, first, rows, null);
    first += rows.length;
    return entry;
  });
}

it("a segment gives back the rows of each request, whatever is in them", () => {
  fc.assert(
    fc.property(requests, (readings) => {
      const all = readings.map((some) => some.map(bronzeRow));
      const { entries, damaged } = readSegment(Buffer.concat(segmentOf(all)), SALT);
      expect([damaged, entries.map((entry) => rowsIn(entry))]).toEqual([false, all]);
      const rows = entries.map((entry) => entry.rows.toString()).join("");
      expect(rows).toBe(
        all
          .flat()
          .map((row, i) => `${row},${i + 1}\n`)
          .join(""),
      );
    }),
  );
});

it("cut anywhere, it has the requests before, and with another byte all but that one", () => {
  fc.assert(
    fc.property(requests, fc.nat(), fc.boolean(), (readings, at, isCut) => {
      const all = readings.map((some) => some.map(bronzeRow));
      const parts = segmentOf(all);
      const whole = Buffer.concat(parts);
      const place = at % whole.length;
      let [hit, end] = [0, parts[0].length];
      while (end <= place) end += parts[++hit].length;
      if (!isCut) whole[place] ^= 1;
      const { entries, damaged } = readSegment(isCut ? whole.subarray(0, place) : whole, SALT);
      expect(entries.map((entry) => rowsIn(entry))).toEqual(all.filter((_, i) => (isCut ? i < hit : i !== hit)));
      expect(damaged).toBe(!isCut && hit < all.length - 1);
    }),
  );
});

it("takes nothing for a request that somebody has written into a reading, behind a damaged place either", () => {
  const forged = segmentEntry("fedcba9876543210", 1, ["forged"], null);
  const row = bronzeRow({ timestamp: "", device: `x\n${forged}${checked("{}")}`, value: "1", unit: "", score: "0" });
  const [first, second] = segmentOf([[row], ["b"]]);
  first[0] ^= 1;
  const { entries, damaged } = readSegment(Buffer.concat([first, second]), SALT);
  expect([damaged, entries.map((entry) => rowsIn(entry))]).toEqual([true, [["b"]]]);
});
