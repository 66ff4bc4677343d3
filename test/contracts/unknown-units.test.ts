import { expect, it } from "vitest";
import { parseContract } from "../../src/contracts/contract.ts";
import { unknownUnitsOf } from "../../src/contracts/unknown-units.ts";
import { known } from "./contracts.ts";

const of = (reading: object) => {
  const text = { version: 1, name: "a", prefix: "bronze/a/", format: { type: "influx" } };
  const device_id = { template: "{host}.{measure}" };
  const { contract } = parseContract(JSON.stringify({ ...text, reading: { device_id, ...reading } }), known);
  return unknownUnitsOf(contract!);
};

it("units that are left from a proposal are those of measures, of all values and of devices", () => {
  const value = { measures: { a: { unit: "?" }, b: { unit: "bar" }, c: {} } };
  expect(of({ value, unit: { constant: "?" } })).toEqual(['"a"', "reading.unit"]);
  const byDevice = [
    { devices: "*.t", unit: "°C" },
    { devices: "*", unit: "?" },
  ];
  expect(of({ value: { pattern: "*" }, unit: { byDevice } })).toEqual(['the devices "*"']);
  expect(of({ value, unit: { column: "?" } })).toEqual(['"a"']);
});
