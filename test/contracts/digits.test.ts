import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveDigits, type NumberStyle } from "../../src/contracts/fields/digits.ts";

const style = (decimalChar: "." | ",", groupChar = ""): NumberStyle => ({
  decimalChar: decimalChar.charCodeAt(0),
  groupChar: Buffer.from(groupChar),
});
const GERMAN = style(",", ".");

function moved(text: string, of: NumberStyle): string | null {
  const b = Buffer.from(`x${text}y`);
  const out = Buffer.alloc(b.length + 10, "?");
  const end = moveDigits(b, 1, b.length - 1, of, out, 3);
  return end < 0 ? null : out.toString("latin1", 3, end);
}

describe("the digits of a value", () => {
  it("are moved, none lost, whatever stands between them", () => {
    const table: [string, NumberStyle, string][] = [
      ["1.229,7", GERMAN, "1229.7"],
      ["-1.234.567,890", GERMAN, "-1234567.890"],
      ["12", GERMAN, "12"],
      ["999", GERMAN, "999"],
      ["+5,25", GERMAN, "5.25"],
      ["1e-3", style("."), "1e-3"],
      ["5,6E+2", style(","), "5.6E+2"],
      ["1'234.5", style(".", "'"), "1234.5"],
      ["1\u202f234,5", style(",", "\u202f"), "1234.5"],
      ["12345678901234567890,10", style(","), "12345678901234567890.10"],
      [".5", style("."), ".5"],
      ["5,", style(","), "5."],
    ];
    for (const [text, of, wanted] of table) expect([text, moved(text, of)]).toEqual([text, wanted]);
  });

  it("are refused where groups are not of three, or the other sign stands among them", () => {
    const refused: [string, NumberStyle][] = [
      ...["12.34,5", "1,234.5", "192.168.1.10", "1.2345,6", "1234.567,8", ".123,4", "1..234", "1.234,", "1.23"].map(
        (text): [string, NumberStyle] => [text, GERMAN],
      ),
      ...["", "-", "+", "--1", "1,5", "1 2", "0x10", "NaN", "1e", "1e+", "1.2.3", "12a", "∞"].map(
        (text): [string, NumberStyle] => [text, style(".")],
      ),
      ["1,234,5", style(",")],
      ["1 234,5", style(",", "\u00a0")],
    ];
    for (const [text, of] of refused) {
      // A decimal sign with nothing behind it ends a number of the data contract, too.
      if (text === "1.234,") expect(moved(text, of)).toBe("1234.");
      else expect([text, moved(text, of)]).toEqual([text, null]);
    }
  });

  it("come back whatever number was written in that style", () => {
    const written = fc.record({
      whole: fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String),
      fraction: fc.option(fc.stringMatching(/^[0-9]{1,20}$/)),
      sign: fc.constantFrom("", "-"),
      group: fc.constantFrom("", ".", "'", " ", "\u00a0"),
    });
    fc.assert(
      fc.property(written, ({ whole, fraction, sign, group }) => {
        const parted = group === "" ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
        const text = `${sign}${parted}${fraction === null ? "" : `,${fraction}`}`;
        expect(moved(text, style(",", group))).toBe(`${sign}${whole}${fraction === null ? "" : `.${fraction}`}`);
      }),
      { numRuns: 2000 },
    );
  });

  it("are never read beyond the cell, and nothing is written where they are refused that counts", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.,-+eE' "), maxLength: 12 }), (text) => {
        const a = moved(text, GERMAN);
        const plain = /^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d*)?([eE][+-]?\d+)?$/.exec(text);
        const isNumber = plain !== null && /\d/.test(text.replace(/[eE].*$/, ""));
        expect(a !== null).toBe(isNumber);
      }),
      { numRuns: 5000 },
    );
  });
});
