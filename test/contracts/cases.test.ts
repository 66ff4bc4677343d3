import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASES } from "./contracts.ts";
import { listed, readBy } from "./readings.ts";

it.each(CASES)("$name: what its contract reads is what is in it, and its receipt names the contract", async (one) => {
  const folder = `test/contracts/cases/${one.name}`;
  const source = readdirSync(folder).find((file) => file.startsWith("source.")) ?? "";
  const { error, rejects, readings, split } = await readBy(one.text, readFileSync(`${folder}/${source}`));
  expect([error, rejects]).toEqual([null, null]);
  expect(readings).toEqual(listed(readFileSync(`${folder}/readings.csv`, "utf8")));
  const { name } = JSON.parse(one.text);
  expect(split?.contract).toMatchObject({ name, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
