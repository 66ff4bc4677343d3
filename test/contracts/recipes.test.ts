import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { inferContract } from "../../src/contracts/infer/infer.ts";
import { known } from "./contracts.ts";
import { EDITS, edited } from "./infer/edits.ts";
import { listed } from "./readings.ts";

/** Each recipe of docs/sources.md is a fixture: its lines are in the file, its edits make the contract, its readings are the case's. */

interface Recipe {
  readonly title: string;
  readonly text: string;
}

const RECIPES: Recipe[] = readFileSync("docs/sources.md", "utf8")
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.slice(0, text.indexOf("\n")), text }));

function block(text: string, language: string): string[] {
  const [, found = ""] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, "m").exec(text) ?? [];
  return found === "" ? [] : found.split("\n");
}

function fixtureOf(text: string) {
  const [call = ""] = block(text, "sh");
  const [, contract = "", file = ""] = /^vantageflow ingest --contract (\S+) (\S+)$/.exec(call) ?? [];
  return { contract, file, name: /^fixtures\/source-([^/]+)\//.exec(file)?.[1] ?? "" };
}

/** The lines of a source, in whichever of the encodings of the recipes it is. */
function linesOf(file: string): string[] {
  const bytes = readFileSync(file);
  const text = new TextDecoder("utf-8").decode(bytes);
  return (text.includes("\ufffd") ? new TextDecoder("windows-1252").decode(bytes) : text).split(/\r?\n/);
}

/** Whether a line is one of the file's, but for what … stands for. */
function isShown(line: string, lines: readonly string[]): boolean {
  const pieces = line.split("…").map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const pattern = new RegExp(`^${pieces.join(".+")}$`);
  return lines.some((one) => pattern.test(one));
}

describe("the recipes of docs/sources.md", () => {
  it("are the fixtures of all sources", () => {
    const fixtures = readdirSync("fixtures").flatMap((name) => (name.startsWith("source-") ? [name.slice(7)] : []));
    expect(RECIPES.map(({ text }) => fixtureOf(text).name).sort()).toEqual(fixtures.sort());
    expect(fixtures.sort()).toEqual(Object.keys(EDITS).sort());
  });

  it.each(RECIPES)("shows lines of its file, and all that has to be edited: $title", async ({ text }) => {
    const { contract, file, name } = fixtureOf(text);
    const lines = linesOf(file);
    for (const line of block(text, "")) expect([line, isShown(line, lines)]).toEqual([line, true]);
    const diff = block(text, "diff");
    expect(diff).toEqual([...EDITS[name].map(([line]) => `-${line}`), ...EDITS[name].map(([, line]) => `+${line}`)]);
    const proposed = await inferContract(basename(file), readFileSync(file), true, known);
    expect(edited(proposed.text, EDITS[name])).toBe(readFileSync(contract, "utf8"));
  });

  it.each(RECIPES)("gives what is in the source: $title", ({ text }) => {
    const { file, name } = fixtureOf(text);
    const made = ["silver", "anomalies"].flatMap((layer) => {
      const path = file.replace("/bronze/", `/${layer}/`);
      return [path, `${path}.csv`].filter((one) => existsSync(one)).map((one) => readFileSync(one, "utf8"));
    });
    expect(listed(...made)).toEqual(listed(readFileSync(`test/contracts/cases/${name}/readings.csv`, "utf8")));
  });
});
