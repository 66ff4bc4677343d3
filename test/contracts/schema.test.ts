import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { contractSchema } from "../../src/contracts/vocabulary.ts";
import { altered, CASES, refused } from "./contracts.ts";

const FILE = "src/contracts/contract.schema.json";
const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(FILE, "utf8")));

describe("the JSON Schema of contracts", () => {
  // Made anew with `npx vitest run test/contracts/schema.test.ts -u`.
  it("is made of the vocabulary", async () => {
    const { $schema, ...schema } = z.toJSONSchema(contractSchema, { io: "input" });
    const whole = {
      $schema,
      title: "A contract of vantageflow",
      description: "How a source becomes readings, and by which rules they are judged.",
      ...schema,
    };
    await expect(`${JSON.stringify(whole, null, 2)}\n`).toMatchFileSnapshot(`../../${FILE}`);
  });

  it.each(CASES)("takes the contract of $name", ({ text }) => {
    expect(validate(JSON.parse(text))).toBe(true);
  });

  it.each(refused("structure"))("refuses what is wrong by itself: $name", ({ text }) => {
    expect(validate(JSON.parse(text))).toBe(false);
  });

  it.each(refused("between"))("leaves to others what fields say about one another: $name", ({ text }) => {
    expect(validate(JSON.parse(text))).toBe(true);
  });

  it("judges contracts as the vocabulary does", () => {
    fc.assert(
      fc.property(altered, (contract) => validate(contract) === contractSchema.safeParse(contract).success),
      { numRuns: 3000 },
    );
  });
});
