import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OLD_PRECISIONS, PRECISIONS } from "../../../src/streams/doors/instant.ts";
import { readLineProtocol } from "../../../src/streams/doors/line-protocol.ts";
import { readPointRows } from "../../../src/streams/doors/point-rows.ts";
import { numberAtEnd, numbered, POINT_ROWS } from "../../../src/streams/form.ts";

const ARRIVAL = 1_748_779_200_123;
const [CLOCK, LONG] = [new Date(ARRIVAL).toISOString(), 100_000];
const time = fc.oneof(
  fc.constant(""),
  fc.integer({ min: -2_000_000, max: 2_000_000 }).map((one) => ` ${one}`),
  fc.constant("  7\t"),
);
const field = fc.constantFrom("f=1.5", "f=-3i", "f=7u", "f=t", 'f=1,s="a\n#5\n b"', 's="x \\" y"', "a\\ b=2");
const line = fc.tuple(fc.constantFrom("m", "m,b=2,a=1", "m\\,x,a=\\=", "  m"), field, time);
const request = fc.array(
  line.map(([name, fields, at]) => `${name} ${fields}${at}`),
  { minLength: 1, maxLength: 6 },
);

describe("points as they came", () => {
  it("are the same readings when they are read again by nanoseconds, with their numbers between them", () => {
    fc.assert(
      fc.property(request, fc.constantFrom(...Object.keys(OLD_PRECISIONS)), (lines, name) => {
        const bytes = Buffer.from(["# a comment", "", ...lines].join("\r\n"));
        const read = readPointRows(bytes, OLD_PRECISIONS[name], ARRIVAL, LONG);
        const direct = readLineProtocol(bytes, OLD_PRECISIONS[name], CLOCK);
        if ("line" in read || "line" in direct) {
          expect(read).toEqual(direct);
          return;
        }
        const batch = read.rows.map((row, i) => numbered(POINT_ROWS, row, i + 1)).join("");
        const again = readLineProtocol(Buffer.from(batch), PRECISIONS.ns, CLOCK);
        if ("line" in again) throw new Error(again.message);
        const instants = (rows: readonly string[]) =>
          rows.map((row) =>
            row.replace(/^([^,]*?)(?:\.(\d+))?Z,/, (_, at, digits = "") => `${at}.${digits.padEnd(9, "0")}Z,`),
          );
        expect(instants(again.rows)).toEqual(instants(direct.rows));
        expect([read.isTimed, again.textCount]).toEqual([
          direct.isTimed,
          new Set(read.rows).size === lines.length ? direct.textCount : expect.any(Number),
        ]);
        expect(numberAtEnd(POINT_ROWS, batch.slice(-160))).toBe(String(read.rows.length));
      }),
    );
  });

  it("are kept but for those that are longer than a row may be, of which the first is named", () => {
    const bytes = Buffer.from(`m f=1 1\nm s="${"x".repeat(200)}" 1\n`);
    expect(readPointRows(bytes, PRECISIONS.ns, ARRIVAL, 200)).toEqual({
      rows: ["m f=1 1"],
      rejected: [{ index: 1, reason: "row_too_long", message: expect.stringMatching(/longer than 200 bytes/) }],
      rejectedCount: 1,
      isTimed: true,
    });
  });
});
