import { expect, it } from "vitest";
import { fedBy, feedersOf } from "../../src/feeds.ts";
import { DEFINITIONS, passOf } from "../../src/functions/definitions.ts";
import { outputsBy } from "../../src/ledger/outputs.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { FUNCTION_IDS, functionIn, topology } from "../../src/topology.ts";
import { withThird } from "../third-function.ts";

it("every function that objects start has a definition, and nothing else has one", () => {
  expect(Object.keys(DEFINITIONS)).toEqual(FUNCTION_IDS);
});

it("one pass does the work only of functions that what it makes starts", () => {
  for (const id of FUNCTION_IDS) {
    const [, ...others] = passOf(id);
    expect(others.filter((other) => !feedersOf(other).includes(id))).toEqual([]);
  }
  expect(passOf("bronzeToSilver")).toEqual(["bronzeToSilver", "silverToGold"]);
  expect(passOf("silverToGold")).toEqual(["silverToGold"]);
});

it("the topology says whose work makes whose objects, and where a function puts what it makes", async () => {
  const storage = createMemoryStorage();
  expect([fedBy("bronzeToSilver"), fedBy("silverToGold")]).toEqual([["silverToGold"], []]);
  expect([feedersOf("bronzeToSilver"), feedersOf("silverToGold")]).toEqual([[], ["bronzeToSilver"]]);
  expect(await outputsBy(storage, "bronzeToSilver", "bronze/x/a.CSV")).toEqual([
    "silver/x/a.CSV",
    "anomalies/x/a.CSV",
    "anomalies/x/a.rejects.CSV",
  ]);
  expect(await outputsBy(storage, "silverToGold", "silver/x/a.CSV")).toEqual(["gold/x/a.CSV"]);
  expect(["bronze/a.txt", "silver/a.csv", "gold/a.csv"].map(functionIn)).toEqual([
    "bronzeToSilver",
    "silverToGold",
    null,
  ]);
});

it("what the clock starts is no function of objects", () => {
  const { functions } = withThird();
  const byObjects = Object.entries(functions).filter(([, { startedBy }]) => startedBy.kind === "object");
  expect(byObjects.map(([id]) => id)).toEqual(FUNCTION_IDS);
  const byClockOrRequest = ["sweep", "tables", "detect", "api", "stream"];
  expect(Object.keys(topology.functions).sort()).toEqual([...FUNCTION_IDS, ...byClockOrRequest].sort());
});
