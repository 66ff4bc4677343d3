import { describe, expect, it } from "vitest";
import { process } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1";
const EXPORT = `Export it as UTF-8, with commas and one header that has ${HEADER}`;

const quotedNames = (separator: string) => HEADER.replace(/\w+/g, '"$&"').replaceAll(",", separator);

/** First lines as loggers, databases and spreadsheets write them, and what their owner is told. */
const DIALECTS: readonly (readonly [what: string, text: string, code: string, told: string])[] = [
  ["semicolons", HEADER.replaceAll(",", ";"), "columns_missing", `separated by semicolons. ${EXPORT}.`],
  ["semicolons, quoted", quotedNames(";"), "columns_missing", `separated by semicolons. ${EXPORT}.`],
  ["tabs", HEADER.replaceAll(",", "\t"), "columns_missing", "separated by tabs"],
  ["bars", quotedNames("|"), "columns_missing", "separated by vertical bars"],
  ["semicolons, other names", "Zeit;Wert, gemessen;Einheit", "columns_missing", '"anomaly_score" are not among them'],
  ["Excel's line", `sep=;\n${HEADER.replaceAll(",", ";")}`, "header_invalid", 'Excel\'s line "sep=;", not the header'],
  ["Excel's line for commas", `sep=,\n${HEADER}`, "header_invalid", 'line "sep=,", not the header. Remove it.'],
  ["Excel's line, quoted", `"sep=;"\n${HEADER}`, "header_invalid", "Excel's line"],
  ["a Campbell logger", '"TOA5","Station7","CR1000","1234"\n"TIMESTAMP","RECORD"', "header_invalid", "this is TOA5"],
  ["annotated CSV", `#group,false,false\n#datatype,string,long\n${HEADER}`, "header_invalid", "annotated CSV"],
  ["a comment", `# exported 2025-01-01\n${HEADER}`, "header_invalid", 'begins with "#"'],
  ["line protocol", "room,sensor=A temperature=21.5 1735689600000000000", "header_invalid", "line protocol"],
  ["JSON", '{"timestamp":"2025-01-01T00:00:00Z","device_id":"A"}', "header_invalid", "this is JSON"],
  ["HTML", "<!DOCTYPE html>\n<html>", "header_invalid", "HTML or XML"],
  ["a title", `Plot Title: Shed North\n${HEADER}`, "columns_missing", '"Plot Title: Shed North", as a title is'],
  ["no header", ROW, "header_invalid", `a reading, not a header. Put ${HEADER} above it.`],
];

describe("a file of another dialect", () => {
  it("is told for what it is, with what to do", async () => {
    for (const [what, text, code, told] of DIALECTS) {
      const { result } = await process(`${text}\n${ROW}\n`);
      expect([what, result.outcome, result.error?.code, result.error?.line]).toEqual([what, "refused", code, 1]);
      expect(result.error?.message).toContain(told);
    }
  });

  it("is the same with a byte order mark, CRLF and blank lines before it, and however it is read", async () => {
    for (const [what, text, code, told] of DIALECTS) {
      for (const chunkBytes of [64, 4096]) {
        const content = `\ufeff\r\n\r\n${text.replaceAll("\n", "\r\n")}\r\n`;
        const { result } = await process(content, { settings: { chunkBytes } });
        expect([what, result.error?.code, result.error?.line]).toEqual([what, code, 3]);
        expect(result.error?.message).toContain(told);
      }
    }
  });

  it("is never told to do what leads to the same message: without Excel's line, or its comment, the rest is read", async () => {
    for (const first of ["sep=,", "# exported 2025-01-01"]) {
      const refused = await process(`${first}\n${HEADER}\n${ROW}\n`);
      expect(refused.result.error?.message).toMatch(/Remove it[.,]/);
    }
    expect((await process(`${HEADER}\n${ROW}\n`)).result.outcome).toBe("done");
    const headed = await process(`${HEADER}\n"TOA5","Station7"\n"TIMESTAMP","RECORD","Temp"\n`);
    expect(headed.result.rows).toMatchObject({ silver: 0, rejects: 2 });
  });

  it("keeps its message short, whatever stands there", async () => {
    for (const text of ["x;".repeat(20_000), `"${"long ".repeat(10_000)}"`, `sep=;${"y".repeat(9000)}`]) {
      const { result } = await process(`${text}\n`);
      expect(result.outcome).toBe("refused");
      expect(result.error?.message.length).toBeLessThan(600);
    }
  });
});

describe("a row with a decimal comma", () => {
  it("is told for that, quoted or not; other rows are as they were", async () => {
    const rows = [
      '2025-01-01T00:00:00Z,A,"21,5",C,0.1',
      '2025-01-01T00:00:00Z,A,1,C,"0,1"',
      "2025-01-01T00:00:00Z,A,21,5,C,0,1",
      '2025-01-01T00:00:00Z,A,"1,234.5",C,0.1',
      "2025-01-01T00:00:00Z,A,1,C",
    ];
    const { result, rejects } = await process(`${[HEADER, ROW, ...rows].join("\n")}\n`);
    expect(result.rows).toMatchObject({ in: 6, silver: 1, rejects: 5 });
    expect(rejects?.split("\n").map((line) => line.split(",").slice(2, 5).join())).toEqual([
      "column,reason,message",
      "value,value_invalid,a decimal comma: write a point as in 21.5",
      "anomaly_score,anomaly_score_invalid,a decimal comma: write a point as in 21.5",
      ",field_count,more fields than the header has: a decimal comma or a text with a comma and no quotes",
      "value,value_invalid,not a decimal such as -12.5 or 1e3 of magnitude at most 1e100",
      ",field_count,not as many fields as the header has",
      "",
    ]);
  });
});
