import { Point } from "@influxdata/influxdb-client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END, ROW } from "../../../src/contracts/frames/frame.ts";
import { LineFrame } from "../../../src/contracts/frames/line-protocol.ts";
import { PRECISIONS } from "../../../src/streams/doors/instant.ts";
import { readLineProtocol } from "../../../src/streams/doors/line-protocol.ts";
import { cpuSeconds } from "../../cpu-seconds.ts";
import { readingsOf } from "../readings-of.ts";

const ARRIVAL = "2025-06-01T12:00:00.000Z";
const RUNS = { numRuns: Number(process.env.LINE_RUNS ?? 300) };

const read = (bytes: Buffer) => readLineProtocol(bytes, PRECISIONS.ns, ARRIVAL);

/** What needs escapes, and what does not. A comment begins with a hash, and no name can end with a backslash in line protocol. */
const name = fc
  .string({ unit: fc.constantFrom(..."ab,= \\\"'#.0ü😀"), minLength: 1, maxLength: 8 })
  .filter((text) => !text.startsWith("#") && !text.endsWith("\\"));
const point = fc.record({
  measurement: name,
  tags: fc.dictionary(name, name, { maxKeys: 4 }),
  floats: fc.dictionary(name, fc.double({ noNaN: true, min: -1e100, max: 1e100 }), { maxKeys: 3 }),
  totals: fc.dictionary(name, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxKeys: 2 }),
  flags: fc.dictionary(name, fc.boolean(), { maxKeys: 2 }),
  texts: fc.dictionary(name, fc.string({ unit: "grapheme", maxLength: 8 }), { maxKeys: 2 }),
  nanos: fc.bigInt({ min: 0n, max: 2n ** 62n }),
});
type Model = typeof point extends fc.Arbitrary<infer T> ? T : never;

/** A line of the official client, and what is meant by it, by the names of its fields: the last one of a name holds there. */
function written({ measurement, tags, floats, totals, flags, texts, nanos }: Model) {
  const made = new Point(measurement).timestamp(String(nanos));
  const values = new Map<string, string | null>();
  for (const [tag, value] of Object.entries(tags)) made.tag(tag, value);
  for (const [field, value] of Object.entries(floats))
    values.set(field, String(made.floatField(field, value) && value));
  for (const [field, value] of Object.entries(totals)) values.set(field, String(made.uintField(field, value) && value));
  for (const [field, value] of Object.entries(flags))
    values.set(field, made.booleanField(field, value) && value ? "1" : "0");
  for (const [field, value] of Object.entries(texts)) values.set(field, made.stringField(field, value) && null);
  const ordered = Object.keys(tags).sort();
  const prefix = [measurement, ...ordered.map((tag) => tags[tag])].join(".");
  const time = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const timestamp = `${time}.${String(nanos % 1_000_000_000n).padStart(9, "0")}Z`;
  const readings = [...values].flatMap(([field, value]) => {
    const device = `${prefix}.${field}`.replace(/^ +| +$/g, "");
    return value === null ? [] : [{ timestamp, device, value: value === "-0" ? "0" : value }];
  });
  return { line: made.toLineProtocol() ?? "#", readings, texts: values.size - readings.length };
}

/** Pieces of which points and what is none of them are made. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("m,t=a f=1 1\n", "m f=1i,g=t\n", 'm f="x" 2\r\n', "# x\n") },
  fc.constantFrom(...'m,= "\\\n\r\t#ü1f-+.eEiu\0'),
  fc.constantFrom("m f=", 'm f="', "m,", '"\n', "f=t", "\\ ", " 1 "),
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join("")));

describe("line protocol", () => {
  it("comes out as the official client was told, whatever is in names and texts", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 5 }), (points) => {
        const made = points.map(written);
        const found = read(Buffer.from(made.map(({ line }) => line).join("\n")));
        if ("line" in found) throw new Error(found.message);
        const distinct = (all: readonly { timestamp: string; device: string; value: string }[]) =>
          [...new Set(all.map(({ timestamp, device, value }) => `${timestamp}\n${device}\n${value}`))].sort();
        expect(distinct(readingsOf(found.rows))).toEqual(distinct(made.flatMap(({ readings }) => readings)));
        expect(found.textCount).toBe(made.reduce((sum, { texts }) => sum + texts, 0));
        expect([found.rejectedCount, found.isTimed]).toEqual([0, true]);
      }),
      RUNS,
    );
  });

  it("is what it is in a file: the same lines are points, the same first line is none, and no field is lost", () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        let at = 0;
        const pull = (into: Uint8Array) => {
          const count = bytes.copy(into, 0, at);
          at += count;
          return count;
        };
        const frame = new LineFrame("x", pull, { columns: [], leaves: true, maxRecordBytes: 1000 });
        let [fields, wrong] = [0, 0];
        for (let next = frame.next(); next !== END && wrong === 0; next = frame.next()) {
          if (next !== ROW) void frame.fill();
          else if (frame.reason !== 0) wrong = frame.line;
          else fields += frame.leaves;
        }
        const found = read(bytes);
        expect("line" in found ? found.line : 0).toBe(wrong);
        if ("line" in found) return;
        const { rows, textCount, rejectedCount } = found;
        expect(rows.length + textCount + rejectedCount).toBeLessThanOrEqual(fields);
        expect(rows.length === 0 && textCount === 0 && rejectedCount === 0).toBe(fields === 0);
      }),
      RUNS,
    );
  });

  it("is the same device in whatever order its tags are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { minLength: 2 }), (tags) => {
        const line = (order: readonly string[]) => `m,${order.map((tag) => `${tag}=${tag}1`).join(",")} f=1`;
        const found = read(Buffer.from([line(tags), line([...tags].sort())].join("\n")));
        expect("line" in found ? found : readingsOf(found.rows).map(({ device }) => device)).toEqual([
          `m.${[...tags]
            .sort()
            .map((tag) => `${tag}1`)
            .join(".")}.f`,
        ]);
      }),
      { numRuns: 50 },
    );
  });

  it("takes time in proportion to its bytes, whatever it is made of", () => {
    const bodies = [
      `m ${'f="'.repeat(300_000)}`,
      "\\".repeat(1_200_000),
      `m,${"t=\\".repeat(300_000)}`,
      "m f=1\n".repeat(200_000),
      `${"m".repeat(1_200_000)} ${"a=1,".repeat(9)}b=1`,
      `m${",t=a".repeat(300_000)} f=1`,
    ];
    for (const body of bodies) {
      const before = cpuSeconds();
      read(Buffer.from(body));
      // Half a second at most where nothing else runs; what is quadratic takes hours.
      expect(cpuSeconds() - before).toBeLessThan(20);
    }
  });
});
