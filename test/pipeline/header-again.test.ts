import { describe, expect, it } from "vitest";
import { silverToGold } from "../../src/pipeline/stages.ts";
import { createLake, process, put } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1";
const QUOTED = HEADER.replace(/\w+/g, '"$&"');

describe("a header that comes again", () => {
  it("is no reading, however its names are written", async () => {
    const again = [HEADER, QUOTED, HEADER.replaceAll(",", " ,\t"), HEADER.toUpperCase()];
    for (const header of [HEADER, QUOTED]) {
      const rows = again.flatMap((one) => [ROW, one]);
      const { result, silver, rejects } = await process(`${[header, ...rows, ROW].join("\n")}\n`);
      expect(result.rows).toEqual({ in: 9, silver: 5, anomalies: 0, rejects: 4, blank: 0 });
      expect(silver).toBe(`${header}\n${`${ROW}\n`.repeat(5)}`);
      const lines = rejects?.split("\n") ?? [];
      expect(lines[1]).toMatch(new RegExp(`^3,\\d+,,header_repeated,the header again,"${HEADER}"$`));
      expect(rejects?.match(/,header_repeated,/g)).toHaveLength(4);
    }
  });

  it("with other columns, or in another order, refuses the file with its place: values would land in wrong columns", async () => {
    const others = [
      "timestamp,value,device_id,unit,anomaly_score",
      `${HEADER},note`,
      HEADER.replace(",unit", ""),
      "time,device_id,value,unit,score",
      "Value;x,TIMESTAMP , unit,device_id",
      QUOTED.replace("unit", "Unit ").replace('"anomaly_score"', '"score"'),
    ];
    for (const other of others) {
      const { result, silver, gold } = await process(`${HEADER}\n${ROW}\n\n${other}\n${ROW}\n`);
      expect([result.outcome, result.error?.code, result.error?.line]).toEqual(["refused", "header_changed", 4]);
      expect(result.error?.message).toBe(
        `Cannot read "bronze/b.csv": line 4: there is another header, ${JSON.stringify(other.replaceAll(/"|(?<=,) | (?=,)/g, ""))}, with other columns than on line 1. Split the file in front of it, or export it again with one header.`,
      );
      expect([silver, gold]).toEqual([null, null]);
    }
  });

  it("is only what names three of the columns: any other row is judged as ever", async () => {
    const rows = ["timestamp,device_id,1,C,0.1", "no reading", "value,unit,unit,unit,unit", "timestamp,value"];
    const { rejects } = await process(`${HEADER}\n${rows.join("\n")}\n2025-01-01T00:00:00Z,value,1,unit,0.1\n`);
    expect(
      rejects
        ?.trimEnd()
        .split("\n")
        .slice(1)
        .map((row) => row.split(",")[3]),
    ).toEqual(["timestamp_invalid", "field_count", "timestamp_invalid", "field_count"]);
  });

  it("is longer than a line, or than the names, without harm", async () => {
    const other = `timestamp,device_id,value,unit,"score\n${"x".repeat(500)}"`;
    const { result } = await process(`${HEADER}\n${other}\n`);
    expect(result.error).toMatchObject({ code: "header_changed", line: 2 });
    expect(result.error?.message.length).toBeLessThan(350);
  });

  it("makes silver that was put there by hand no silver, as any row that is no reading", async () => {
    const lake = createLake();
    await put(lake.storage, "silver/b.csv", `${HEADER}\n${ROW}\n${HEADER}\n`);
    await expect(silverToGold(lake, "silver/b.csv")).rejects.toMatchObject({ code: "row_invalid", line: 3 });
  });
});
