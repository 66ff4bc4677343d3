import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/contracts/contract.ts";
import { inferContract } from "../../../src/contracts/infer/infer.ts";
import { problemText } from "../../../src/contracts/problem.ts";
import type { Contract } from "../../../src/contracts/vocabulary.ts";
import { known } from "../contracts.ts";
import { listed, readBy } from "../readings.ts";

type Edit = readonly [line: string, replacement: string];

/** What has to be edited in each proposal, a line each, to take its source in as it was meant. */
const EDITS: Readonly<Record<string, readonly Edit[]>> = {
  "excel-german": [
    [
      '    "timestamp": { "column": "Datum", "format": "dd.MM.yyyy HH:mm:ss", "zone": "UTC" },',
      '    "timestamp": { "column": "Datum", "format": "dd.MM.yyyy HH:mm:ss", "zone": "+02:00" },',
    ],
  ],
  grafana: [
    ['    "device_id": { "column": "Series" },', '    "device_id": { "column": "Series", "replace": { " ": "-" } },'],
    ['    "unit": { "constant": "?" }', '    "unit": { "constant": "°C" }'],
  ],
  hobo: [
    [
      '        "Temp, °F (LGR S/N: 1000001, SEN S/N: 1000001)": {},',
      '        "Temp, °F (LGR S/N: 1000001, SEN S/N: 1000001)": { "as": "temp" },',
    ],
    [
      '        "RH, % (LGR S/N: 1000001, SEN S/N: 1000001)": {}',
      '        "RH, % (LGR S/N: 1000001, SEN S/N: 1000001)": { "as": "rh" }',
    ],
  ],
  "home-assistant": [],
  "line-protocol": [
    ['        "pressure": { "unit": "?" },', '        "pressure": { "unit": "bar" },'],
    ['        "flow": { "unit": "?" }', '        "flow": { "unit": "l/min" }'],
  ],
  "local-time-autumn": [
    [
      '    "timestamp": { "column": "time", "format": "dd.MM.yyyy HH:mm", "zone": "UTC" },',
      '    "timestamp": { "column": "time", "format": "dd.MM.yyyy HH:mm", "zone": "Europe/Berlin" },',
    ],
    ['    "unit": { "constant": "?" }', '    "unit": { "constant": "bar" }'],
  ],
  "local-time-vancouver": [
    [
      '    "timestamp": { "column": "local time", "zone": "UTC" },',
      '    "timestamp": { "column": "local time", "zone": "America/Vancouver" },',
    ],
  ],
  "lorawan-uplinks": [
    [
      '        "result.uplink_message.decoded_payload.battery": { "unit": "?" }',
      '        "result.uplink_message.decoded_payload.battery": { "unit": "V" }',
    ],
  ],
  "semicolon-decimal-comma": [
    ['    "device_id": { "template": "{file}.{measure}" },', '    "device_id": { "template": "airq.{measure}" },'],
    ['        "CO(GT)": { "unit": "?" },', '        "CO(GT)": { "as": "CO", "unit": "mg/m3" },'],
    ['        "NMHC(GT)": { "unit": "?" },', '        "NMHC(GT)": { "as": "NMHC", "unit": "ug/m3" },'],
  ],
  "senml-gateway": [],
  toa5: [
    [
      '    "timestamp": { "column": "TIMESTAMP", "zone": "UTC" },',
      '    "timestamp": { "column": "TIMESTAMP", "zone": "+01:00" },',
    ],
  ],
};

const FOLDER = "test/contracts/cases";
const CASES = readdirSync(FOLDER).map((name) => {
  const file = readdirSync(`${FOLDER}/${name}`).find((one) => one.startsWith("source."));
  return { name, file: `${FOLDER}/${name}/${file}` };
});

const inferred = (file: string) => inferContract(file, readFileSync(file), true, known);

function edited(text: string, edits: readonly Edit[]): string {
  const lines = text.split("\n");
  for (const [line, replacement] of edits) {
    const at = lines.indexOf(line);
    expect([line, at >= 0 && lines.lastIndexOf(line) === at]).toEqual([line, true]);
    lines[at] = replacement;
  }
  return lines.join("\n");
}

function parsed(text: string): Contract {
  const { contract, problems } = parseContract(text, known);
  expect(problems.map(problemText)).toEqual([]);
  return contract!;
}

describe("the contract that is proposed for a source of the cases", () => {
  it("is known for each of them", () => {
    expect(Object.keys(EDITS).sort()).toEqual(CASES.map(({ name }) => name).sort());
  });

  it.each(CASES)(
    "is one at once, and the right one after three edited lines at most: $name",
    async ({ name, file }) => {
      const { text } = await inferred(file);
      parsed(text);
      expect(EDITS[name].length).toBeLessThanOrEqual(3);
      await expect(edited(text, EDITS[name])).toMatchFileSnapshot(`${name}.json`);
    },
  );

  it.each(CASES)("says what it is unsure of: $name", async ({ name, file }) => {
    const { unsure } = await inferred(file);
    expect(unsure.every((sentence) => /^["A-Z].*[.?]$/s.test(sentence))).toBe(true);
    expect(`${unsure.join("\n")}\n`).toMatchSnapshot(name);
  });

  it.each(CASES)("reads the source as it was meant, when edited: $name", async ({ name, file }) => {
    const text = readFileSync(`test/contracts/infer/${name}.json`, "utf8");
    const { readings, error, rejects } = await readBy(text, readFileSync(file));
    expect([error, rejects]).toEqual([null, null]);
    expect(readings).toEqual(listed(readFileSync(`${FOLDER}/${name}/readings.csv`, "utf8")));
  });
});
