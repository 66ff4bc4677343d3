import { expect, it } from "vitest";
import { isTimestamp } from "../../src/pipeline/timestamp.ts";
import { contractOf, madeBy, rowsOf } from "./made.ts";

const MINUTES = ["2026-03-01T00:00", "2026-03-01 00:00", "2026-03-01T00:01", "2026-02-29T00:00", "2026-03-01T24:00"];
const ENDS = [
  "",
  "Z",
  ":00Z",
  ":59.000456789Z",
  ":59.25+05:30",
  ":60Z",
  ":5",
  ":00.Z",
  ":00z",
  ":00 ",
  "-0330",
  "+0",
  "9",
];
const others = ["", "1772323200", "1772323200123", "2026-03-01", "2026-03-01T00:0"];
const texts = [...MINUTES.flatMap((minute) => ENDS.map((end) => minute + end)), ...others];

const isOne = (text: string) => isTimestamp(Buffer.from(text), 0, Buffer.byteLength(text));

function contractIn(zone: string): string {
  const timestamp = { column: "t", format: "iso", zone };
  return contractOf({
    format: { type: "ndjson" },
    reading: { timestamp, device_id: { constant: "d" }, value: { column: "v" }, unit: { constant: "x" } },
  });
}

it("a timestamp is read the same whichever one stands in front of it", async () => {
  const pairs = texts.flatMap((a) => texts.flatMap((b) => [a, b]));
  const written = (text: string, i: number) => (i % 7 === 0 ? text.replaceAll(":", "\\u003a") : text);
  const source = pairs.map((text, i) => `{"v":${i},"t":"${written(text, i)}"}\n`).join("");
  const { silver, told } = await madeBy(contractIn("UTC"), source);
  const wanted = pairs.flatMap((text, i) => (isOne(text) ? [`${text},d,${i},x,0`] : []));
  expect(wanted.length).toBeGreaterThan(1000);
  expect(rowsOf(silver)).toEqual(wanted);
  expect(told.length).toBe(pairs.length - wanted.length);
});

it("and of another zone each is reckoned for itself", async () => {
  const local = ["2026-03-01T00:00:01", "2026-03-01T00:00:02", "2026-03-01T00:00:03Z", "2026-03-01T00:00:04"];
  const { silver } = await madeBy(contractIn("+01:00"), local.map((text) => `{"v":1,"t":"${text}"}\n`).join(""));
  expect(rowsOf(silver)).toEqual(
    ["2026-02-28T23:00:01Z", "2026-02-28T23:00:02Z", "2026-03-01T00:00:03Z", "2026-02-28T23:00:04Z"].map(
      (text) => `${text},d,1,x,0`,
    ),
  );
});
