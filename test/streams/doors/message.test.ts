import fc from "fast-check";
import { expect, it } from "vitest";
import { messageRow } from "../../../src/streams/doors/message.ts";
import { MESSAGE_ROWS, numberAtEnd, numbered } from "../../../src/streams/form.ts";
import { readSegment, rowsIn, segmentEntry } from "../../../src/streams/segment.ts";

const MAX = 2000;
const RECEIVED = "2026-01-01T00:00:00.000Z";
const tricky = fc.constantFrom(
  "\n",
  "\r\n",
  '"',
  '\\"',
  ',"received":',
  ',"sequence":1}\n',
  "}",
  "\u2028",
  "é",
  "\ufeff",
  "\0",
);
const text = fc.array(fc.oneof(fc.string(), tricky), { maxLength: 6 }).map((parts) => parts.join(""));
const json = fc
  .tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t", "\r\n"))
  .map(([value, indent]) => JSON.stringify(value, null, indent));
const payload = fc.oneof(
  text.map((one) => Buffer.from(one)),
  json.map((one) => Buffer.from(one)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: MAX - 300, max: MAX + 300 }).map((length) => Buffer.alloc(length, "a")),
);
const message = fc.record({ topic: text, device: text, parts: fc.dictionary(fc.string(), text), payload });

/** What a row should say of bytes that came. */
function meant(bytes: Buffer) {
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) return { payload_base64: bytes.toString("base64") };
  const bare = text.replace(/^\ufeff/, "");
  try {
    return { payload: JSON.parse(bare) };
  } catch {
    return { payload: bare };
  }
}

it("a message becomes a line of JSON that has all of it, or one that is none and says that it was too long", () => {
  fc.assert(
    fc.property(message, (one) => {
      const { row, isTooLarge, document } = messageRow({ ...one, received: RECEIVED }, MAX);
      const line = numbered(MESSAGE_ROWS, row, "9007199254740993");
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX);
      expect(numberAtEnd(MESSAGE_ROWS, line.slice(-160))).toBe("9007199254740993");
      if (isTooLarge) {
        expect(() => JSON.parse(line)).toThrow();
        expect(Buffer.byteLength(JSON.stringify({ ...one, ...meant(one.payload) }))).toBeGreaterThan(MAX / 3);
        return;
      }
      expect(document).toEqual(document === undefined ? undefined : meant(one.payload).payload);
      const { topic, device, parts } = one;
      expect(JSON.parse(line)).toEqual({
        ...{ topic, device_id: device, parts, ...meant(one.payload), received: RECEIVED },
        sequence: Number("9007199254740993"),
      });
    }),
  );
});

it("keeps numbers as they were written", () => {
  const { row } = messageRow(
    {
      topic: "t",
      device: "t",
      parts: {},
      payload: Buffer.from('{"a": 1.50,\n"b": 9007199254740993}'),
      received: RECEIVED,
    },
    MAX,
  );
  expect(row).toContain('"payload":{"a": 1.50, "b": 9007199254740993},"received"');
});

it("comes out of a segment as it went in, and is told by all but the time when it came", () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (all) => {
      const rows = all.map((one) => messageRow({ ...one, received: RECEIVED }, MAX).row);
      const salt = "0123456789abcdef";
      const [entry] = readSegment(segmentEntry(salt, 7, rows, null, MESSAGE_ROWS), salt).entries;
      expect(rowsIn(entry, MESSAGE_ROWS)).toEqual(rows);
      const later = messageRow({ ...all[0], received: "2027-01-01T00:00:00.000Z" }, MAX).row;
      expect(MESSAGE_ROWS.identity(later)).toBe(MESSAGE_ROWS.identity(rows[0]));
    }),
  );
});
