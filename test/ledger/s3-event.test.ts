import { describe, expect, it } from "vitest";
import { recordsOf, s3ObjectEvent } from "../../src/ledger/s3-event.ts";

const OBJECT = { size: 1, eTag: "e", time: 0 };

const encoded = (key: string) => s3ObjectEvent("lake", { ...OBJECT, key }, "t").Records[0].s3.object.key;

function decoded(key: string) {
  const [record] = s3ObjectEvent("lake", { ...OBJECT, key: "" }, "t").Records;
  return recordsOf({ Records: [{ ...record, s3: { ...record.s3, object: { key } } }] })[0];
}

describe("a key in an event", () => {
  it.each([
    ["bronze/~()!'*.csv", "bronze/%7E%28%29%21%27*.csv"],
    ["bronze/report (1).csv", "bronze/report+%281%29.csv"],
    ["bronze/a-b_c.d*e", "bronze/a-b_c.d*e"],
    ["bronze/a+b%2B&=?#@:;,$", "bronze/a%2Bb%252B%26%3D%3F%23%40%3A%3B%2C%24"],
    ["bronze/dt=2025-01-01/\u00fc\u{1f600}.csv", "bronze/dt%3D2025-01-01/%C3%BC%F0%9F%98%80.csv"],
    ['bronze/[{<|\\^`">}]', "bronze/%5B%7B%3C%7C%5C%5E%60%22%3E%7D%5D"],
  ])("%s is form-encoded as S3 does it, and read back", (key, expected) => {
    expect(encoded(key)).toBe(expected);
    expect(decoded(expected)).toMatchObject({ key });
  });

  it("of every ASCII sign, only letters, digits, *-._ and / stay", () => {
    for (let code = 0x21; code < 0x7f; code++) {
      const sign = String.fromCharCode(code);
      const percent = `%${code.toString(16).toUpperCase()}`;
      expect(encoded(sign)).toBe(/[A-Za-z0-9*\-._/]/.test(sign) ? sign : percent);
    }
  });

  it.each([
    ["as moto", "bronze%2Fa+b%28~%29%21.csv"],
    ["as encodeURIComponent", "bronze/a%20b(~)!.csv"],
    ["in small letters", "bronze%2fa+b%28%7e%29%21.csv"],
    ["hardly", "bronze/a b(~)!.csv"],
  ])("encoded %s, it is the same key", (_, key) => {
    expect(decoded(key)).toMatchObject({ key: "bronze/a b(~)!.csv" });
  });
});
