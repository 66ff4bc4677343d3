import { describe, expect, it } from "vitest";
import { readBy } from "./readings.ts";

/** What a file is refused with that its contract cannot read as a whole: as the built-in one says it. */

const contract = (delimiter: string) =>
  JSON.stringify({
    ...{ version: 1, name: "a", prefix: "bronze/a/", format: { type: "csv", delimiter } },
    reading: {
      timestamp: { column: "time" },
      device_id: { constant: "x" },
      value: { measures: { temp: { unit: "°C" } } },
    },
  });

const refusal = async (delimiter: string, text: string) => {
  const { error } = await readBy(contract(delimiter), Buffer.from(text));
  return [error?.code, error?.message];
};

describe("a file is refused", () => {
  it.each([
    [";", "time\ttemp\n", 'separated by tabs, and the contract\'s delimiter is ";"'],
    [";", "time,temp\n", 'separated by commas, and the contract\'s delimiter is ";"'],
    [",", "time;temp\n", 'separated by semicolons, and the contract\'s delimiter is ","'],
    ["\t", "time|temp\n", 'separated by vertical bars, and the contract\'s delimiter is "\\t"'],
  ])("for columns that are parted by something else than %j: %j", async (delimiter, text, why) => {
    expect(await refusal(delimiter, text)).toEqual(["columns_missing", expect.stringContaining(why)]);
  });

  it("for columns that are missing, where they are parted as the contract says", async () => {
    const [code, message] = await refusal(";", "time;tmp\n");
    expect([code, message]).toEqual(["columns_missing", expect.stringContaining('column "temp" is missing')]);
  });

  it("as empty where it has not a byte", async () => {
    expect(await refusal(",", "")).toEqual(["empty", expect.stringContaining("it is empty")]);
    expect(await refusal(",", "\n")).not.toEqual(["empty", expect.stringContaining("it is empty")]);
  });
});
