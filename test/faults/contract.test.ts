import * as fs from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const PAGE = "docs/reliability.md";
const PROMISES = 16;

/** Promises named by the titles of tests: `contract 4: ...`, `contracts 2, 3 and 5: ...`. */
function namedIn(source: string): number[] {
  const titles = source.matchAll(/["'`]contracts? ([\d, and]+):/g);
  return [...titles].flatMap(([, numbers]) => numbers.match(/\d+/g) ?? []).map(Number);
}

const sources = fs
  .readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => ({ name: join("test", name), source: fs.readFileSync(join("test", name), "utf8") }));

it("every promise of the contract is named by a test", () => {
  const named = new Set(sources.flatMap(({ source }) => namedIn(source)));
  const missing = Array.from({ length: PROMISES }, (_, i) => i + 1).filter((number) => !named.has(number));
  expect(missing).toEqual([]);
});

it("the page names for every promise a test file that names it, too", () => {
  const page = fs.readFileSync(PAGE, "utf8");
  for (let number = 1; number <= PROMISES; number++) {
    const row = page.split("\n").find((line) => line.startsWith(`| ${number} |`)) ?? "";
    const files = [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, name]) => name);
    const naming = sources.filter(({ name, source }) => files.includes(name) && namedIn(source).includes(number));
    expect([number, naming.length > 0]).toEqual([number, true]);
  }
});
