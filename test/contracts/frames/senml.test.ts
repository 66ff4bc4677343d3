import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SENML_NAME, SENML_TIME, SENML_UNIT, SENML_VALUE } from "../../../src/contracts/frames/senml.ts";
import { seen } from "./laws.ts";
import { AT, opened, told, values } from "./senml-packs.ts";

it("reads the case of a gateway: the readings of both its devices, each under its own name", async () => {
  const CASE = "test/contracts/cases/senml-gateway";
  const cells = await told(readFileSync(`${CASE}/source.json`, "utf8"));
  const readings = cells.flatMap((cell) => {
    const texts = cell as (string | null)[];
    const [name, time, value, unit] = [SENML_NAME, SENML_TIME, SENML_VALUE, SENML_UNIT].map((column) => texts[column]);
    return value?.startsWith("~") ? [] : [`${new Date(time ?? "").toISOString()},${name},${value},${unit}`];
  });
  expect(["timestamp,device_id,value,unit", ...readings, ""].join("\n")).toBe(
    readFileSync(`${CASE}/readings.csv`, "utf8"),
  );
  expect(cells.filter((cell) => (cell as string[])[2].startsWith("~"))).toEqual([
    ["urn:dev:mac:0a11:door", "2026-03-01T00:00:00.0Z", "~false", "Cel"],
    ["urn:dev:mac:0a11:firmware", "2026-03-01T00:00:00.0Z", "~2.1.7", "Cel"],
    ["urn:dev:mac:0b22:door", "2026-03-01T01:00:00.0Z", "~true", "Cel"],
    ["urn:dev:mac:0b22:firmware", "2026-03-01T01:00:00.0Z", "~2.1.7", "Cel"],
  ]);
});

describe("what RFC 8428 §5.1 shows", () => {
  it("one record now", async () => {
    expect(await told('[{"n":"urn:dev:ow:77ff","u":"Cel","v":21.5}]')).toEqual([
      ["urn:dev:ow:77ff", AT, "21.5", "Cel"],
    ]);
  });

  it("two measures of one device now, and at a time with a fraction and an exponent", async () => {
    expect(
      await told('[{"bn":"urn:dev:ow:77ff:","n":"voltage","u":"V","v":119.5},{"n":"current","u":"A","v":1.1}]'),
    ).toEqual([
      ["urn:dev:ow:77ff:voltage", AT, "119.5", "V"],
      ["urn:dev:ow:77ff:current", AT, "1.1", "A"],
    ]);
    const text = `[{"bn":"urn:dev:ow:77ff:","bt":1.772366400125e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":119.5},
      {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","v":1.7e0}]`;
    expect(await told(text)).toEqual([
      ["urn:dev:ow:77ff:voltage", "2026-03-01T12:00:00.125Z", "119.5", "V"],
      ["urn:dev:ow:77ff:current", "2026-03-01T11:59:55.125Z", "1.2", "A"],
      ["urn:dev:ow:77ff:current", "2026-03-01T11:59:56.125Z", "1.3", "A"],
      ["urn:dev:ow:77ff:current", "2026-03-01T12:00:00.125Z", "1.7e0", "A"],
    ]);
  });

  it("a name that is the base alone, and other measures between", async () => {
    const text = `[{"bn":"urn:dev:ow:77ff","bt":1772366400,"bu":"%RH","v":20},{"u":"lon","v":24.3},
      {"t":60,"v":20.3},{"u":"lat","t":60,"v":60.07},{"u":"%EL","t":150,"v":98}]`;
    expect((await told(text)).map((cells) => (cells as string[]).join(" "))).toEqual([
      "urn:dev:ow:77ff 2026-03-01T12:00:00Z 20 %RH",
      "urn:dev:ow:77ff 2026-03-01T12:00:00Z 24.3 lon",
      "urn:dev:ow:77ff 2026-03-01T12:01:00Z 20.3 %RH",
      "urn:dev:ow:77ff 2026-03-01T12:01:00Z 60.07 lat",
      "urn:dev:ow:77ff 2026-03-01T12:02:30Z 98 %EL",
    ]);
  });

  it("texts, booleans and data beside numbers", async () => {
    const text = `[{"bn":"urn:dev:ow:77ff:","n":"temp","u":"Cel","v":2.31e1},{"n":"label","vs":"Machine \\"Room\\" \\u00e9\\ud83d\\ude00"},
      {"n":"open","vb":false},{"n":"nfc","vd":"aGkgCg"}]`;
    expect(await values(text)).toEqual(["2.31e1", '~Machine "Room" é😀', "~false", "~aGkgCg"]);
  });

  it("a second device, whose name begins anew while the time of the first goes on", async () => {
    const text = `[{"bn":"2001:db8::2/","bt":1772366400,"n":"temperature","u":"Cel","v":25.2},{"n":"humidity","u":"%RH","v":30},
      {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},{"n":"humidity","u":"%RH","v":67}]`;
    expect((await told(text)).map((cells) => (cells as string[]).slice(0, 3).join(" "))).toEqual([
      "2001:db8::2/temperature 2026-03-01T12:00:00Z 25.2",
      "2001:db8::2/humidity 2026-03-01T12:00:00Z 30",
      "2001:db8::1/temperature 2026-03-01T12:00:00Z 12.3",
      "2001:db8::1/humidity 2026-03-01T12:00:00Z 67",
    ]);
  });
});

describe("times", () => {
  const time = async (fields: string) => {
    const [cells] = await told(`[{"n":"a","v":1,${fields}}]`);
    return Array.isArray(cells) ? cells[1] : cells;
  };

  it.each([
    ['"t":0', AT],
    ['"t":-60', "2026-03-01T11:59:00.250Z"],
    ['"t":-0.2500001', "2026-03-01T11:59:59.9999999Z"],
    ['"t":-1772366400.5', "1969-12-31T23:59:59.750Z"],
    ['"t":-1772366400.2500000000000000001', "1969-12-31T23:59:59.9999999999999999999Z"],
    ['"t":0.02', "2026-03-01T12:00:00.270Z"],
    ['"bt":-3600,"t":1', "2026-03-01T11:00:01.250Z"],
    // 2^28 is the first that does not count from now.
    ['"t":268435455', "2034-09-02T09:24:15.250Z"],
    ['"t":268435455.9999999999', "2034-09-02T09:24:16.2499999999Z"],
    ['"t":268435456', "1978-07-04T21:24:16Z"],
    ['"bt":268435450,"t":6.0', "1978-07-04T21:24:16.0Z"],
  ])("%s is %s: below 2^28 they count from the arrival of the batch", async (fields, wanted) => {
    expect(await time(fields)).toBe(wanted);
  });

  it.each([
    ['"bt":1772366400.123456789,"t":0.000000001', "2026-03-01T12:00:00.123456790Z"],
    ['"bt":1772366400.123456789123456789,"t":-0.000000000000000001', "2026-03-01T12:00:00.123456789123456788Z"],
    ['"bt":1772366400,"t":0.0000000000000000001', "2026-03-01T12:00:00.0000000000000000001Z"],
    ['"bt":17723664e2', "2026-03-01T12:00:00Z"],
    ['"bt":1772366400,"t":-1e-3', "2026-03-01T11:59:59.999Z"],
    ['"bt":-1e12,"t":1001772366400', "2026-03-01T12:00:00Z"],
    ['"t":253402300799', "9999-12-31T23:59:59Z"],
  ])("%s is %s: added to the last digit", async (fields, wanted) => {
    expect(await time(fields)).toBe(wanted);
  });

  it.each([
    ['"t":253402300800', "timestamp_invalid"],
    ['"bt":253402300799,"t":1', "timestamp_invalid"],
    ['"t":1e300', "timestamp_invalid"],
    ['"t":-1e300', "timestamp_invalid"],
    ['"t":1e401', "senml_invalid"],
    [`"t":1.${"0".repeat(1000)}`, "senml_invalid"],
  ])("%s is none, and the record a reject", async (fields, reason) => {
    const { records } = await seen(opened(5000), `[{"n":"a","v":1,${fields}}]`);
    expect(records[0].reason).toBe(reason);
  });
});

describe("values", () => {
  it.each([
    ["0.1", "0.2", "0.3"],
    ["9007199254740993", "0", "9007199254740993"],
    ["9007199254740993", "9007199254740993", "18014398509481986"],
    ["-1", "1.0", "0.0"],
    ["-0.5", "0.25", "-0.25"],
    ["1e3", "0.5", "1000.5"],
    ["1E-3", "1", "1.001"],
    ["1e30", "1e-30", `1${"0".repeat(30)}.${"0".repeat(29)}1`],
    ["-1e20", "1", "-99999999999999999999"],
    ["123456789.123456789", "0.000000000000000001", "123456789.123456789000000001"],
    ["1e400", "0", `1${"0".repeat(400)}`],
  ])("%s and %s are %s", async (base, value, sum) => {
    expect(await values(`[{"n":"a","bv":${base},"v":${value}}]`)).toEqual([sum]);
    expect(await values(`[{"n":"a","bv":${value}},{"n":"a","v":${base}}]`)).toEqual([null, sum]);
  });

  it("without a base they stay as they are written", async () => {
    expect(
      await values('[{"n":"a","v":9007199254740993},{"n":"a","v":59.0},{"n":"a","v":-1.20E+05},{"n":"a","v":1e999}]'),
    ).toEqual([...["9007199254740993", "59.0", "-1.20E+05", "1e999"]]);
  });

  it("a base of any size is added, or the record is a reject, and so are those behind it", async () => {
    expect(
      await values('[{"n":"a","bv":1e401,"v":1},{"n":"a","v":1},{"n":"a","vb":true},{"n":"a","bv":1,"v":1}]'),
    ).toEqual([...["senml_invalid", "senml_invalid", "~true", "2"]]);
  });

  it("a sum is no value, and neither sums nor update times change one", async () => {
    const text = '[{"n":"a","bs":100,"s":5,"u":"J"},{"n":"a","v":1,"s":2,"ut":60},{"bn":"x","bt":5},{"v":2}]';
    expect(await values(text)).toEqual([null, "1", null, "2"]);
  });

  it("a record without a value needs no name", async () => {
    expect(await told('[{"bu":"Cel","bver":10},{"n":"a","v":1}]')).toEqual([
      [null, AT, null, "Cel"],
      ["a", AT, "1", "Cel"],
    ]);
  });
});

describe("bases", () => {
  it("hold until they are stated anew, and within their pack only", async () => {
    const text =
      '[{"bn":"a:","bu":"V","bv":10,"bt":1772366400,"n":"x","v":1},{"n":"y","v":2,"bu":"A"}]\n[{"n":"z","v":3}] [{"n":"w","bn":"","v":4}][]';
    expect(await told(text)).toEqual([
      ["a:x", "2026-03-01T12:00:00Z", "11", "V"],
      ["a:y", "2026-03-01T12:00:00Z", "12", "A"],
      ["z", AT, "3", null],
      ["w", AT, "4", null],
    ]);
  });

  it("of a record that is rejected hold, too", async () => {
    expect(await told('[{"bn":"a:","bu":"V","n":"x","v":"1"},{"n":"y","v":2}]')).toEqual([
      "senml_invalid",
      ["a:y", AT, "2", "V"],
    ]);
    expect(await told('[{"bn":"a:","n":"x","v":1,"v":1},{"n":"y","v":2}]')).toEqual([
      "key_twice",
      ["a:y", AT, "2", null],
    ]);
  });

  it.each(['"bn":5', '"bn":null', '"bn":"b\\u0020:"', '"bn":":b"', '"bn":"b","bn":"c"', '"bn":"\\ud800"'])(
    "a name %s that is none is nobody's: no reading behind it goes to the device before",
    async (name) => {
      const [first, second, ...behind] = await told(
        `[{"bn":"a:","n":"x","v":1},{${name},"n":"x","v":2},{"n":"x","v":3},{"bn":"c:","n":"x","v":4}]`,
      );
      expect([first, ...behind]).toEqual([["a:x", AT, "1", null], "senml_invalid", ["c:x", AT, "4", null]]);
      expect(second).toMatch(/senml_invalid|key_twice/);
    },
  );

  it("a time or unit that is none leaves the records without, but for those that have their own", async () => {
    const text =
      '[{"n":"x","bt":"now","v":1},{"n":"x","v":1},{"n":"x","bt":0,"bu":1,"v":1},{"n":"x","v":1},{"n":"x","u":"V","v":1}]';
    expect(await values(text)).toEqual([...Array(4).fill("senml_invalid"), "1"]);
  });
});

it.each([
  ['{"n":"a b","v":1}', "senml_invalid"],
  ['{"n":"-a","v":1}', "senml_invalid"],
  ['{"n":"é","v":1}', "senml_invalid"],
  ['{"n":"","v":1}', "senml_invalid"],
  ['{"v":1}', "senml_invalid"],
  ['{"n":1,"v":1}', "senml_invalid"],
  ['{"n":"a","v":"1"}', "senml_invalid"],
  ['{"n":"a","v":null}', "senml_invalid"],
  ['{"n":"a","vb":1}', "senml_invalid"],
  ['{"n":"a","vs":true}', "senml_invalid"],
  ['{"n":"a","vs":"\\udc00"}', "senml_invalid"],
  ['{"n":"a","v":1,"t":"0"}', "senml_invalid"],
  ['{"n":"a","v":1,"u":{}}', "senml_invalid"],
  ['{"n":"a","v":1,"bver":"10"}', "senml_invalid"],
  ['{"n":"a","v":1,"s":[]}', "senml_invalid"],
  ['{"n":"a","v":1,"vb":true}', "senml_invalid"],
  ['{"n":"a","n":"a","v":1}', "key_twice"],
  ['{"n":"a","v":1,"\\u0076":1}', "key_twice"],
  ["5", "senml_invalid"],
  ["null", "senml_invalid"],
  ['"[{]"', "senml_invalid"],
  ['[{"n":"a","v":1}]', "senml_invalid"],
])("%s is a reject, and the records around it are read", async (record, reason) => {
  expect(await told(`[{"n":"b","v":1},${record},{"n":"c","v":2}]`)).toEqual([
    ["b", AT, "1", null],
    reason,
    ["c", AT, "2", null],
  ]);
});

it("labels that are not known are ignored, whatever they have, and escapes in labels mean what they say", async () => {
  const text = '[{"\\u006e":"a","x":{"v":[5,{"n":"b"}],"v":1},"foo":"bar_","_f":1,"":0,"bvex":1,"é":true,"\\u0076":1}]';
  expect(await told(text)).toEqual([["a", AT, "1", null]]);
});
