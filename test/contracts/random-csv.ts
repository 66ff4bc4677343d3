import fc from "fast-check";
import { type RandomSource, row, type ToldRecord, time } from "./random-source.ts";

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));

/** Digits with groups, a sign or an exponent, some of them wrong: written with a point and without groups, then restyled. */
const decimal = fc
  .tuple(
    fc.constantFrom("", "-", "+"),
    fc.oneof(digits(1, 4), digits(15, 30)),
    fc.option(digits(0, 20), { nil: null }),
    fc.constantFrom("", "", "", "e3", "E-2"),
  )
  .map(([sign, whole, fraction, exponent]) => ({ sign, whole, fraction, exponent }));

function grouped(whole: string, group: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, group);
}

/** CSV with a dialect of its own. */
export const csv: fc.Arbitrary<RandomSource> = fc
  .record({
    delimiter: fc.constantFrom(";", "\t", "|"),
    comma: fc.boolean(),
    group: fc.constantFrom("", ".", ",", "'", " "),
    eol: fc.constantFrom("\n", "\r\n"),
    ends: fc.boolean(),
  })
  .filter(({ comma, group }) => group !== (comma ? "," : "."))
  .chain(({ delimiter, comma, group, eol, ends }) => {
    const point = comma ? "," : ".";
    const cell = fc.oneof(
      {
        weight: 6,
        arbitrary: decimal.map(({ sign, whole, fraction, exponent }) => {
          const parted = group === "" ? whole : grouped(whole, group);
          return `${sign}${parted}${fraction === null ? "" : point + fraction}${exponent}`;
        }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "",
          "n/a",
          "warm",
          "12.34,5",
          "1,234.5",
          "192.168.1.10",
          "1 2",
          ".",
          "1e",
          "0x1F",
          "12..3",
          "--1",
        ),
      },
    );
    const id = fc.constantFrom("P1", "Pümp 2", 'say "x"', "two\nlines", "a,b");
    const quoted = (text: string) =>
      text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const told = fc
      .tuple(fc.oneof({ weight: 8, arbitrary: time }, { weight: 1, arbitrary: fc.constant("never") }), id, cell, cell)
      .map(([at, device, a, b]): ToldRecord => {
        const readings = [
          ["a", a],
          ["b", b],
        ].map(([measure, text]) => {
          const value = digitsOf(text, point, group);
          if (text === "" || text === "n/a") return "absent" as const;
          if (at === "never") return { reason: "timestamp_invalid" };
          return value === null
            ? { reason: "value_invalid" }
            : { row: row(at, `${device}.${measure}`, value, "°C", "0") };
        });
        return { text: [at, device, a, b].map(quoted).join(delimiter), readings };
      });
    const short: ToldRecord = { text: `${delimiter}x`, readings: [{ reason: "field_count" }] };
    const blank: ToldRecord = { text: "", readings: ["absent"] };
    return fc
      .array(fc.oneof({ weight: 9, arbitrary: told }, fc.constantFrom(short, blank)), { minLength: 1, maxLength: 25 })
      .map(
        (records): RandomSource => ({
          contract: {
            format: {
              ...{ type: "csv", delimiter, decimalChar: point, groupChar: group, missingValues: ["", "n/a"] },
            },
            reading: {
              ...{ timestamp: { column: "t" }, device_id: { template: "{id}.{measure}" }, unit: { constant: "°C" } },
              value: { measures: { a: {}, b: {} } },
            },
          },
          records,
          front: `t${delimiter}id${delimiter}a${delimiter}b${eol}`,
          between: eol,
          // An empty line at the end is one only where it ends.
          behind: ends || records.at(-1)?.text === "" ? eol : "",
        }),
      );
  });

/** The digits of a cell as the data contract writes them; null for what is no number of this style. */
function digitsOf(cell: string, point: string, group: string): string | null {
  const escaped = (text: string) => text.replace(/[.|]/g, "\\$&");
  const text = cell.trim();
  const whole = group === "" ? "\\d*" : `(?:\\d*|\\d{1,3}(?:${escaped(group)}\\d{3})+)`;
  if (!new RegExp(`^[-+]?${whole}(?:${escaped(point)}\\d*)?(?:[eE][-+]?\\d+)?$`).test(text)) return null;
  const value = (group === "" ? text : text.replaceAll(group, "")).replace(point, ".").replace(/^\+/, "");
  return /\d/.test(value.replace(/e.*$/i, "")) ? value : null;
}
