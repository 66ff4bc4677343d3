import { describe, expect, it } from "vitest";
import { parseContract } from "../../src/contracts/contract.ts";
import { impossibleUnitsOf } from "../../src/contracts/impossible-units.ts";
import { noteTexts } from "../../src/ledger/notes.ts";
import { known } from "./contracts.ts";
import { readBy } from "./readings.ts";

/** A rule with a mistyped unit is a rule that nobody notices. */

// biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
const rule = (name: string, words: object) => ({ name, ...words, max: 90, then: "anomaly" });
const TIME = { timestamp: { column: "time" } };
const MEASURES = { measures: { a: { unit: "°C" }, b: { unit: "%" } } };

function contract(reading: object, rules: readonly object[]): string {
  const format = { type: "csv" };
  return JSON.stringify({ version: 1, name: "a", prefix: "bronze/a/", format, reading, rules });
}

const impossible = (reading: object, rules: readonly object[]) => {
  const device_id = { template: "x.{measure}" };
  const { contract: parsed, problems } = parseContract(contract({ ...TIME, device_id, ...reading }, rules), known);
  expect(problems).toEqual([]);
  return impossibleUnitsOf(parsed!);
};

describe("a rule for a unit that no reading can have", () => {
  it("is named with the unit that was meant", () => {
    const rules = [rule("cold", { units: ["°F", "C"] }), rule("wet", { units: ["%"] }), rule("all", {})];
    const said = impossible({ value: MEASURES }, rules);
    expect(said).toEqual([
      'the rule "cold" is for "°F", which no reading has; "°C" is',
      'the rule "cold" is for "C", which no reading has; "°C" is',
    ]);
    expect(impossible({ value: MEASURES, unit: { constant: "bar" } }, [rule("b", { units: ["bar"] })])).toHaveLength(1);
    const byDevice = [{ devices: "*", unit: "kelvin" }];
    const value = { measures: { a: {}, b: { unit: "%" } } };
    expect(impossible({ value, unit: { byDevice } }, [rule("k", { units: ["kelvin", "%", "pascal"] })])).toEqual([
      'the rule "k" is for "pascal", which no reading has; there is "%", "kelvin"',
    ]);
  });

  it("is not known where the file says units", () => {
    const value = { measures: { a: {}, b: {} } };
    for (const unit of [{ column: "u" }, { from: "header", after: "(" }]) {
      expect(impossible({ value, unit }, [rule("cold", { units: ["no such"] })])).toEqual([]);
    }
  });
});

describe("a rule that was for no reading of a batch", () => {
  const RULES = [
    rule("cold", { units: ["°F"] }),
    rule("fans", { devices: "fan-*" }),
    rule("wet", { measures: ["b"] }),
    rule("warm", { units: ["°C"] }),
    rule("none", { devices: "x.b", units: ["°C"] }),
  ];
  const reading = { ...TIME, device_id: { template: "x.{measure}" }, value: MEASURES };
  const read = async (rules: readonly object[], rows: string) => {
    const { split } = await readBy(contract(reading, rules), Buffer.from(`time,a,b\n${rows}`));
    return split?.contract?.unmet;
  };

  it("stands in its receipt, whether or not rules ask for measures", async () => {
    const rows = "2025-01-01T00:00:00Z,1,2\n";
    expect(await read(RULES, rows)).toEqual(["cold", "fans", "none"]);
    expect(await read(RULES.toSpliced(2, 1), rows)).toEqual(["cold", "fans", "none"]);
    expect(await read(RULES.slice(3, 4), rows)).toBeUndefined();
    expect(await read(RULES, "2025-01-01T00:00:00Z,x,y\n")).toBeUndefined();
  });

  it("is told, but where it was for a reading of another batch of the contract", () => {
    const rows = { in: 2, silver: 2, anomalies: 0, rejects: 0, blank: 0 };
    const batch = (key: string, unmet?: string[], name = "a") => ({
      ...{ key, rows },
      contract: { name, ...(unmet === undefined ? {} : { unmet }) },
    });
    const said = (what: string, of: string) =>
      `The rule "${what}" spoke of no reading of ${of}: look at its units, devices and measures`;
    expect(noteTexts([batch("k", ["cold"])])).toEqual([said("cold", "k")]);
    expect(noteTexts([batch("k", ["cold", "fans"]), batch("l", ["cold"])])).toEqual([said("cold", "2 batches, as k")]);
    expect(noteTexts([batch("k", ["cold"]), batch("l")])).toEqual([]);
    expect(noteTexts([batch("k", ["cold"]), batch("l", undefined, "b")])).toEqual([said("cold", "k")]);
    const none = { key: "m", rows: { ...rows, silver: 0, rejects: 2 }, contract: { name: "a" } };
    expect(noteTexts([batch("k", ["cold"]), none])).toEqual([said("cold", "k")]);
  });
});
