import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { bronzeToSilver } from "../../src/pipeline/stages.ts";
import { createLake, process, put } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1";

/** The error that refuses the file. */
async function faultOf(content: string | Uint8Array): Promise<VantageflowError> {
  const lake = createLake({ chunkBytes: 64, maxRowBytes: 200 });
  await put(lake.storage, "bronze/b.csv", content);
  const error: unknown = await bronzeToSilver(lake, "bronze/b.csv").then(
    () => null,
    (thrown) => thrown,
  );
  if (error instanceof VantageflowError) return error;
  throw new Error("the file was not refused");
}

describe("a fault of a file", () => {
  it("says the line, the byte offset and the column where it is", async () => {
    const latin = Buffer.from(`${HEADER}\n${ROW}\n${ROW.replace("C", "\u00b0")}\n`, "latin1");
    const cases: [string | Uint8Array, string, number, number, string | undefined][] = [
      [`\n \r\n\n${HEADER.replace("value,", "")}\n`, "columns_missing", 4, 5, "value"],
      [`\ufeff${HEADER},value\n`, "columns_duplicate", 1, 3, "value"],
      [`\n\n${ROW}\n`, "header_invalid", 3, 2, undefined],
      [`\r\n${HEADER.replace("unit", 'u"nit')}\n`, "header_invalid", 2, 2, undefined],
      [`${HEADER}\n${ROW}\n"open\n\n`, "quote_unclosed", 3, 76, undefined],
      [`${HEADER}\r\n\r\n${ROW}${"0".repeat(300)}\n`, "row_too_long", 3, 48, undefined],
      [`\n${HEADER}\n${ROW}\n\0`, "nul_byte", 4, 77, undefined],
      [latin, "encoding_invalid", 3, 101, undefined],
      [`${HEADER}\n${ROW}\n"a\nb\n\u0000"\n`, "nul_byte", 5, 81, undefined],
    ];
    for (const [content, code, line, byteOffset, column] of cases) {
      const error = await faultOf(content);
      expect([error.code, error.line, error.byteOffset, error.column]).toEqual([code, line, byteOffset, column]);
      expect(error.message).toContain(`line ${line}`);
    }
  });
});

describe("the header", () => {
  it("with a column twice is told for that, wherever it stands", async () => {
    for (const at of [0, 1, 2, 3, 4, 5]) {
      const names = HEADER.split(",").toSpliced(at, 0, "value");
      expect(await faultOf(`${names.join(",")}\n`)).toMatchObject({
        code: "columns_duplicate",
        column: "value",
        message: 'Cannot read "bronze/b.csv": line 1: column "value" is there twice. Rename or remove one.',
      });
    }
    const twice = await faultOf(`note,note,${HEADER}\n`);
    expect([twice.code, twice.column]).toEqual(["columns_duplicate", "note"]);
    expect((await process(`,,${HEADER}\n`)).result.outcome).toBe("done");
  });
});

describe("an id", () => {
  const rowOf = (id: string) => `2025-01-01T00:00:00Z,${id},1,C,0.1\n`;

  it("is read without the blanks around it, which stay in the bytes; in quotes they count", async () => {
    const rows = ["A", " A", "A ", "\tA \t", '"A"', '" A"', '"A "', '"A ""1"""'].map(rowOf);
    const { gold, silver } = await process(`${HEADER}\n${rows.join("")}`);
    expect(silver).toBe(`${HEADER}\n${rows.join("")}`);
    const counts = gold?.trimEnd().split("\n").slice(1);
    expect(counts?.map((row) => row.split(",").slice(0, 2))).toEqual([
      ["A", "5"],
      ['" A"', "1"],
      ['"A "', "1"],
      ['"A ""1"""', "1"],
    ]);
  });

  it("of blanks only is none, and blanks do not count towards its length", async () => {
    const long = "F".repeat(256);
    const rows = [" ", " \t ", ` ${long} `, '" "'].map(rowOf);
    const { rejects, gold } = await process(`${HEADER}\n${rows.join("")}`);
    expect(rejects?.match(/device_id_invalid/g)).toHaveLength(2);
    expect(
      gold
        ?.split("\n")
        .slice(1, 3)
        .map((row) => row.split(",")[0]),
    ).toEqual([long, '" "']);
  });
});
