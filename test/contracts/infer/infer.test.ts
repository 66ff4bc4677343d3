import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/contracts/contract.ts";
import { inferContract } from "../../../src/contracts/infer/infer.ts";
import { problemText } from "../../../src/contracts/problem.ts";
import type { Contract } from "../../../src/contracts/vocabulary.ts";
import { known } from "../contracts.ts";
import { listed, readBy } from "../readings.ts";
import { EDITS, edited } from "./edits.ts";

const FOLDER = "test/contracts/cases";
const CASES = readdirSync(FOLDER).map((name) => {
  const file = readdirSync(`${FOLDER}/${name}`).find((one) => one.startsWith("source."));
  return { name, file: `${FOLDER}/${name}/${file}` };
});

const inferred = (file: string) => inferContract(file, readFileSync(file), true, known);

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
