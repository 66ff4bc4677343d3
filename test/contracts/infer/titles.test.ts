import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/contracts/contract.ts";
import { inferContract } from "../../../src/contracts/infer/infer.ts";
import { known } from "../contracts.ts";
import { readBy } from "../readings.ts";

/** Tables below a block of titles that spreadsheets and loggers have filled up with delimiters. */

const two = (i: number) => String(i).padStart(2, "0");
const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i));
const time = (i: number) => `${two(13 + (i >> 3))}.10.2025 ${two(i % 8)}:00:00`;
const HEADER = "Nr.;Datum;Temperatur [°C];Feuchte [%rF]";
const ROWS = lines(30, (i) => `${i + 1};${time(i)};${4 + (i % 5)},${i % 10};6${i % 4},0`);
const READING = {
  timestamp: { column: "Datum", format: "dd.MM.yyyy HH:mm:ss" },
  value: { measures: { "Temperatur [°C]": {}, "Feuchte [%rF]": {} } },
  unit: { from: "header", after: " [", before: "]" },
  carry: ["Nr."],
};

async function proposed(text: readonly string[] | string, name = "t.csv") {
  const source = Buffer.from(typeof text === "string" ? text : `${text.join("\r\n")}\r\n`);
  const proposal = await inferContract(name, source, true, known);
  const { contract } = parseContract(proposal.text, known);
  return { ...contract!, unsure: proposal.unsure.join("\n"), text: proposal.text, source };
}

describe("of a table below a block of titles", () => {
  it.each<[string, readonly string[]]>([
    [
      "with times in it",
      ["Testo;;;", "Messstelle:;Kühlraum 3;;", "Start:;13.10.2025 00:00:00;;", "Messtakt:;10 min;;", ";;;"],
    ],
    ["that has nothing else", ["Start:;13.10.2025 00:00:00;;", "Messtakt:;10 min;;", ";;;"]],
    ["of a beginning and an end", ["Gerät;Testo 174H;;", "Beginn;13.10.2025 00:00:00;;", "Ende;16.10.2025 05:00:00;;"]],
    ["with a summary", ["Gerät;Ort;Temp min;Temp max", "Testo;Raum 3;4,0;8,9"]],
    ["with a summary that is like a row", ["Seriennr.;Beginn;Temp min;Temp max", "4711;13.10.2025 00:00:00;4,0;8,9"]],
    ["with a summary by row", ["Min;;4,0;60,0", "Max;;8,9;66,9", "Mittel;;6,4;63"]],
    ["with names of its own", ["Gerät;Ort;Kunde;Typ", "Testo;Raum 3;Huber;H1"]],
    ["with units", ["Start:;13.10.2025 00:00:00;;", "Einheit:;°C;;"]],
    ["of many lines", [...lines(20, (i) => `Kanal ${i};13.10.2025 0${i % 9}:00:00;${i};`), ";;;"]],
  ])("%s the line directly above the rows is the header, and it is said", async (_, titles) => {
    const found = await proposed([...titles, HEADER, ...ROWS]);
    const at = titles.length + 1;
    expect(found).toMatchObject({
      format: { delimiter: ";", decimalChar: ",", headerRows: [at], commentRows: [], missingValues: [""] },
      reading: READING,
    });
    expect(found.unsure).toContain(`Line ${at} is taken for the header`);
    const { readings, error, rejects } = await readBy(found.text, found.source);
    expect([readings.length, error, rejects]).toEqual([60, null, null]);
  });

  it("a line of units below the header stays one", async () => {
    const found = await proposed(["Start:;13.10.2025 00:00:00;;", "Nr.;Datum;Temp;Feuchte", ";;°C;%", ...ROWS]);
    expect(found).toMatchObject({ format: { headerRows: [2], unitsRow: 3 }, reading: { unit: { from: "unitsRow" } } });
  });

  it("in two columns, the line of names for what the rows have", async () => {
    const rows = lines(20, (i) => `${time(i)};${4 + (i % 5)},${i % 10}`);
    const titles = ["Messstelle:;Kühlraum 3", "Start:;13.10.2025 00:00:00", "Kunde:;Huber"];
    const found = await proposed([...titles, "Datum;Temperatur [°C]", ...rows]);
    expect(found).toMatchObject({ format: { headerRows: [4] }, reading: { value: { column: "Temperatur [°C]" } } });
  });

  it("nothing is said where there is no such block", async () => {
    for (const titles of [[], ["Testo 184 H1", "Start:;13.10.2025 00:00:00", ""]]) {
      const { unsure, format } = await proposed([...titles, HEADER, ...ROWS]);
      expect([unsure.includes("for the header"), format]).toEqual([
        false,
        expect.objectContaining({ headerRows: [titles.length + 1] }),
      ]);
    }
  });

  it("a header that comes again is none of a table below", async () => {
    const found = await proposed([HEADER, ...ROWS.slice(0, 3), HEADER, ...ROWS]);
    expect(found).toMatchObject({ format: { headerRows: [1], again: true } });
  });
});

describe("numbers of rows", () => {
  it("are no value, whatever they are called and wherever they stand", async () => {
    const rows = (column: (i: number) => string) => lines(12, (i) => `${time(i)};${column(i)}`);
    const front = await proposed(["Datum;Messung;Wärme", ...rows((i) => `${i + 1};2${i % 3},5`)]);
    expect(front.reading).toMatchObject({ value: { column: "Wärme" }, carry: ["Messung"] });
    const behind = await proposed(["Datum;Wärme;Messung", ...rows((i) => `2${i % 3},5;${12 - i}`)]);
    expect(behind.reading).toMatchObject({ value: { column: "Wärme" }, carry: ["Messung"] });
  });

  it("are taken with a word where there is nothing else", async () => {
    const found = await proposed(["Datum;Messung", ...lines(6, (i) => `${time(i)};${i + 1}`)]);
    expect(found.reading.value).toEqual({ column: "Messung" });
    expect(found.unsure).toContain('"Messung" count rows');
  });

  it("and other whole numbers without a unit go along where columns say theirs in brackets", async () => {
    const rows = lines(9, (i) => `${time(i)};${i % 2};2${i % 3},5;4${i % 4},5`);
    const found = await proposed(["Datum;Melder;Temp [°C];rF [%]", ...rows]);
    expect(found.reading).toMatchObject({ value: { measures: { "Temp [°C]": {}, "rF [%]": {} } }, carry: ["Melder"] });
    expect(found.unsure).toContain('"Melder"');
  });
});

describe("thousands", () => {
  const energies = Array.from({ length: 12 }, (_, i) => 900 + 25 * i);
  const grouped = (i: number) => String(energies[i]).replace(/(\d)(\d{3})$/, "$1.$2");

  it("have a point in a file with semicolons and dates with points, and it is said", async () => {
    const rows = lines(12, (i) => `${time(i)};Z1;${grouped(i)}`).join("\n");
    const text = Buffer.from(`Zeit;Zähler;Energie [Wh]\n${rows}\n`, "latin1");
    const { text: proposal, unsure } = await inferContract("wh.csv", text, true, known);
    expect(JSON.parse(proposal).format).toMatchObject({
      encoding: "windows-1252",
      decimalChar: ",",
      groupChar: ".",
    });
    expect(unsure.join("\n")).toMatch(/it is taken for what parts thousands, .* dates .* could be what stands before/);
  });

  it("are not assumed where nothing tells, and it is said", async () => {
    const rows = lines(12, (i) => `2025-10-13 ${two(i)}:00;Z1;1.0${two(i)}`);
    const { format, unsure } = await proposed(["Zeit;Zähler;Energie [Wh]", ...rows]);
    expect(format).toMatchObject({ decimalChar: ".", groupChar: "" });
    expect(unsure).toContain("it is taken for what stands before a fraction, and could be what parts thousands");
  });

  it("are found beside a second column of dates", async () => {
    const rows = lines(12, (i) => `${time(i)};${time(i)};Z1;${grouped(i)}`);
    const { format } = await proposed(["Zeit;Ende;Zähler;Energie [Wh]", ...rows]);
    expect(format).toMatchObject({ decimalChar: ",", groupChar: "." });
  });
});
