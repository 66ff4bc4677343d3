import { describe, expect, it } from "vitest";
import { readBy } from "./readings.ts";

// biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
const HOT = { name: "hot", measures: ["temperature"], max: 21, then: "anomaly" };

function contract(value: object, records?: string): string {
  return JSON.stringify({
    ...{ version: 1, name: "plant", prefix: "bronze/plant/", suffixes: [".json"], rules: [HOT] },
    format: { type: "json", ...(records === undefined ? {} : { records }) },
    reading: {
      timestamp: { column: "ts", format: "unix:s" },
      device_id: { template: "boiler.{measure}" },
      value,
      unit: { constant: "C" },
    },
  });
}

const anomaliesOf = async (text: string, source: object) => {
  const { split } = await readBy(text, Buffer.from(JSON.stringify(source)));
  return split?.rows.anomalies;
};

describe("a rule for measures", () => {
  it("holds where the measure is the name of the member that the record stands in", async () => {
    const source = {
      humidity: [{ ts: 1_741_000_000, value: 40 }],
      temperature: [
        { ts: 1_741_000_000, value: 20 },
        { ts: 1_741_000_060, value: "22" },
      ],
    };
    expect(await anomaliesOf(contract({ column: "value" }, "*"), source)).toBe(1);
  });

  it("holds for the last of more measures than 16 bits could count", async () => {
    const record: Record<string, number> = { ts: 1_741_000_000 };
    for (let i = 0; i < 40_000; i++) record[`m${i}`] = 30;
    expect(await anomaliesOf(contract({ pattern: "*" }), { ...record, temperature: 22 })).toBe(1);
  });
});
