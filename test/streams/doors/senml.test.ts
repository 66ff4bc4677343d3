import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import { ARRIVAL, openDoor, rowsOf } from "./open-door.ts";

const SENML = { "Content-Type": "application/senml+json" };
const T = 1735689600;

async function openSenml() {
  const storage = createMemoryStorage();
  const { post, close, inlet } = await openDoor(storage);
  const rows = async () => {
    await close();
    return rowsOf(storage);
  };
  return { post: (body: string) => post(body, SENML), rows, inlet };
}

describe("SenML becomes readings", () => {
  it.each([
    [
      "by its bases, which hold until they are stated anew",
      [
        { bn: "urn:a:", bt: T, bu: "Cel", n: "t", v: 0 },
        { n: "h", u: "%RH", t: -1, v: -70.5 },
        { bn: "urn:b:", n: "t", t: 60, v: 1 },
      ],
      [
        "2025-01-01T00:00:00Z,urn:a:t,0,Cel,0",
        "2024-12-31T23:59:59Z,urn:a:h,-70.5,%RH,0",
        "2025-01-01T00:01:00Z,urn:b:t,1,Cel,0",
      ],
    ],
    ["of bases in a record of their own", [{ bn: "a", bt: T }, { v: 1 }], ["2025-01-01T00:00:00Z,a,1,,0"]],
    [
      "with base values added to the last digit",
      '[{"bn":"a","bt":1735689600,"bv":9007199254740993,"v":0.25}]',
      ["2025-01-01T00:00:00Z,a,9007199254740993.25,,0"],
    ],
    [
      "of the digits that are written, nanoseconds, too",
      '[{"n":"a","t":1735689600.123456789,"v":9007199254740993},{"n":"a","t":1735689600,"v":1.0}]',
      ["2025-01-01T00:00:00.123456789Z,a,9007199254740993,,0", "2025-01-01T00:00:00Z,a,1.0,,0"],
    ],
    [
      "of times that count from their arrival",
      [
        { n: "a", v: 1 },
        { n: "b", t: -0.5, v: 2 },
        { bt: -60, n: "c", t: 1, v: 3 },
      ],
      [`${ARRIVAL},a,1,,0`, "2025-06-01T11:59:59.500Z,b,2,,0", "2025-06-01T11:59:01.000Z,c,3,,0"],
    ],
  ])("%s", async (_, pack, expected) => {
    const { post, rows } = await openSenml();
    const { status, json } = await post(typeof pack === "string" ? pack : JSON.stringify(pack));
    expect([status, json]).toEqual([202, { accepted: expected.length, rejected: [] }]);
    expect(await rows()).toEqual(expected);
  });

  it("but for what is no number, which is told by its name", async () => {
    const bad: [object, string, RegExp][] = [
      [{ n: "a", vs: "" }, "value_invalid", /a text \(vs\)/],
      [{ n: "a", vb: false }, "value_invalid", /a boolean \(vb\)/],
      [{ n: "a", vd: "AA" }, "value_invalid", /data \(vd\)/],
      [{ n: "a", s: 5 }, "value_invalid", /a sum \(s\) alone/],
      [{ n: "a" }, "value_invalid", /no value \(v\)/],
      [{ n: "a", v: 1, vs: "x" }, "senml_invalid", /no one value/],
      [{ n: "a", v: "1" }, "senml_invalid", /another type/],
      [{ n: "", v: 1 }, "senml_invalid", /a name/],
      [{ n: "a", v: 1, t: 1e15 }, "timestamp_invalid", /no year of four digits/],
      [{ n: "x".repeat(257), v: 1 }, "device_id_invalid", /256/],
      [{ n: "a", v: 1, u: "x".repeat(65) }, "unit_invalid", /64/],
    ];
    const { post, rows } = await openSenml();
    const { status, json } = await post(JSON.stringify([...bad.map(([record]) => record), { n: "a", t: T, v: 1 }]));
    expect([status, json.accepted]).toEqual([202, 1]);
    expect(json.rejected).toEqual(
      bad.map(([, reason, message], index) => ({ index, reason, message: expect.stringMatching(message) })),
    );
    expect(await rows()).toEqual(["2025-01-01T00:00:00Z,a,1,,0"]);
  });

  it.each([
    [400, /this is not SenML: line 1, character 1: there is "\{" where "\[" should be\.$/, '{"n":"a","v":1}'],
    [400, /character 17: the file ends where/, '[{"n":"a","v":1}'],
    [400, /the label "x_" must be understood .* Write packs without it\.$/, '[{"n":"a","v":1,"x_":1}]'],
    [400, /SenML is read up to version 10/, '[{"bver":11,"n":"a","v":1}]'],
    [400, /there is no reading in it/, '[{"bn":"a"}]'],
    [413, /32000000 bytes/, `[{"bn":"${"a".repeat(200)}"}${',{"v":1}'.repeat(200_000)}]`],
  ])("or is refused with %i and nothing of it kept: %s", async (status, message, body) => {
    const { post, inlet } = await openSenml();
    const answer = await post(body);
    expect([answer.status, answer.json.error.message]).toEqual([status, expect.stringMatching(message)]);
    expect(inlet.pendingBytes).toBe(0);
  });
});
