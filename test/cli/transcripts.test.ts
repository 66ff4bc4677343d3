import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { folder, hasScript, onTerminal } from "./run-cli.ts";

/** What docs/contracts.md, docs/detection.md and the README show of a logger's file is what a terminal shows, but for what differs from run to run. */

interface Shown {
  readonly line: string;
  readonly output: string;
}

/** The commands of a page's blocks, each with what follows it. */
function shownIn(page: string): Shown[] {
  return [...fs.readFileSync(page, "utf8").matchAll(/^```\n(\$ vantageflow [\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block
      .split(/^\$ vantageflow /m)
      .slice(1)
      .map((text) => ({ line: text.slice(0, text.indexOf("\n")), output: steady(text.slice(text.indexOf("\n") + 1)) })),
  );
}

/** Without colours, the widths of columns, empty lines, and times that something took. */
function steady(output: string): string {
  return output
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/ {2,}/g, "  "))
    .map((line) => line.replace(/( {2}done {2}.* {2})\d+$/, "$1MS").replace(/: some [\d.]+ s /, ": some TIME "))
    .filter((line) => line !== "")
    .join("\n");
}

/** The rules that the page shows before its plan. */
function rulesIn(page: string): object[] {
  const [, rules = ""] = /^```json\n(\[[\s\S]*?)^```$/m.exec(fs.readFileSync(page, "utf8")) ?? [];
  return JSON.parse(rules);
}

const SOURCE = "fixtures/source-hobo/bronze/shed-north/shed-north.csv";

/** A contract without what nobody but the owner of the source knows, which `infer` leaves to be said. */
function known(text: string): object {
  const { $schema: _schema, ...contract } = JSON.parse(text);
  const { unit: _unit, anomaly_score: _score, ...reading } = contract.reading;
  return { ...contract, reading };
}

describe.runIf(hasScript)("what is shown of a logger's file", () => {
  it("in docs/contracts.md is what comes out", () => {
    const page = "docs/contracts.md";
    const cwd = folder({ "shed-north.csv": fs.readFileSync(SOURCE) });
    const contract = fs.readFileSync("fixtures/source-hobo/contracts/shed-north.json", "utf8");
    const shown = shownIn(page);
    expect(shown.map(({ line }) => line.split(" ")[0])).toEqual(["contract", "contract", "ingest", "report", "plan"]);
    for (const { line, output } of shown) {
      if (line.startsWith("contract check")) fs.writeFileSync(join(cwd, "shed-north.json"), contract);
      if (line.startsWith("plan")) {
        const text = JSON.stringify({ ...JSON.parse(contract), rules: rulesIn(page) });
        fs.writeFileSync(join(cwd, "shed-north.json"), text);
      }
      expect(steady(onTerminal(line, cwd))).toBe(output);
    }
  });

  it("in the README is what comes out", () => {
    const cwd = folder({ "shed-north.csv": fs.readFileSync(SOURCE) });
    const shown = shownIn("README.md").filter(({ line }) => /shed-north\.csv|^tables|^sql/.test(line));
    expect(shown.length).toBe(4);
    for (const { line, output } of shown) expect(steady(onTerminal(line, cwd))).toBe(output);
  });

  it("in docs/detection.md is what comes out, down to who muted which detection", () => {
    const page = "docs/detection.md";
    const text = fs.readFileSync(page, "utf8");
    const [, cut = ""] = /^```sh\n(cut .*)\n```$/m.exec(text) ?? [];
    const [, contract = ""] = /^```json\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const cwd = folder({});
    fs.symlinkSync(resolve("fixtures"), join(cwd, "fixtures"));
    execFileSync("sh", ["-c", cut], { cwd });
    const shown = shownIn(page);
    const does = ["contract", "ingest", "tables", "detect", "detect", "sql", "report"];
    expect(shown.map(({ line }) => line.split(" ")[0])).toEqual(does);
    const withoutIds = (output: string) => output.replace(/(^|unmute )[\da-f]{8}\b/gm, "$1ID");
    for (const { line, output } of shown) {
      if (line.startsWith("ingest")) {
        expect(known(fs.readFileSync(join(cwd, "machine.json"), "utf8"))).toEqual(known(contract));
        fs.writeFileSync(join(cwd, "machine.json"), contract);
      }
      expect(withoutIds(steady(onTerminal(line, cwd)))).toBe(withoutIds(output));
    }
  });
});
