import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { DeviceFigures } from "../../src/preview/gold.ts";
import { EDITS, edited } from "../contracts/infer/edits.ts";
import { type Listed, listed } from "../contracts/readings.ts";
import { averageOf } from "../pipeline/exact.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder, stamps } from "./run-cli.ts";

/** The eleven sources as a new user takes them in: propose, edit, check, ingest, look, plan another rule, apply it. */

const CASES = resolve("test/contracts/cases");
const SOURCES = fs.readdirSync(CASES).map((name) => {
  const file = fs.readdirSync(join(CASES, name)).find((one) => one.startsWith("source.")) ?? "";
  return { name, file };
});

type Figures = Record<string, DeviceFigures>;
type Rows = Record<"rows_in" | "silver" | "anomalies" | "rejects" | "blank", number>;

/** What the report says of each device; no anomalies where a contract has neither scores nor rules. */
function figuresOf(readings: readonly Listed[]): Figures {
  const values = new Map<string, number[]>();
  for (const [, device, value] of readings) values.set(device, [...(values.get(device) ?? []), Number(value)]);
  const figures = [...values].map(([device, of]): [string, DeviceFigures] => [
    device,
    {
      ...{ readings: of.length, anomalies: 0, average: averageOf(of) },
      ...{ minimum: Math.min(...of), maximum: Math.max(...of), anomaly_percentage: 0 },
    },
  ]);
  return Object.fromEntries(figures);
}

async function reported(cwd: string): Promise<Figures> {
  const { devices } = JSON.parse((await cli(["report", "--json"], { cwd })).stdout);
  return Object.fromEntries(
    devices.map((one: Record<string, number>) => [
      one.device_id,
      {
        ...{ readings: one.total_readings, anomalies: one.anomaly_count, average: one.avg_value },
        ...{ minimum: one.min_value, maximum: one.max_value, anomaly_percentage: one.anomaly_percentage },
      },
    ]),
  );
}

function rowsOf(stdout: string): Rows {
  const [{ outcome, rows_in, silver, anomalies, rejects, blank }] = JSON.parse(stdout).batches;
  expect(outcome).toBe("done");
  expect(rows_in).toBe(silver + anomalies + rejects + blank);
  return { rows_in, silver, anomalies, rejects, blank };
}

/** All files of a layer behind bronze. */
function textsOf(cwd: string, layer: string): string[] {
  const root = join(cwd, "lake", layer);
  if (!fs.existsSync(root)) return [];
  const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.map(({ parentPath, name }) => fs.readFileSync(join(parentPath, name), "utf8"));
}

/** The contract with rules by which a quarter of the readings is rejected and another one is an anomaly. */
function withRules(text: string, readings: readonly Listed[]): string {
  const values = readings.map(([, , value]) => Number(value)).sort((a, b) => a - b);
  const at = (share: number) => values[Math.floor(values.length * share)];
  const rules = [
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    { name: "low", min: at(0.25), then: "reject" },
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    { name: "high", max: at(0.75), then: "anomaly" },
  ];
  return JSON.stringify({ ...JSON.parse(text), rules });
}

describe.each(SOURCES)("$name, as a new user takes it in", ({ name, file }) => {
  it("comes from a file to gold in four commands, and a plan says what a rule then does", async () => {
    const cwd = folder({ [file]: fs.readFileSync(join(CASES, name, file)) });
    const contract = join(cwd, "contract.json");
    const readings = listed(fs.readFileSync(join(CASES, name, "readings.csv"), "utf8"));

    const inferred = await cli(["contract", "infer", file, "--out", "contract.json"], { cwd });
    expect([inferred.code, inferred.stdout]).toEqual([0, ""]);
    fs.writeFileSync(contract, edited(fs.readFileSync(contract, "utf8"), EDITS[name]));
    const checked = await cli(["contract", "check", "contract.json"], { cwd });
    expect([checked.code, checked.stderr]).toEqual([0, expect.stringContaining("Nothing is wrong.")]);
    const ingested = await cli(["ingest", "--contract", "contract.json", file, "--json"], { cwd });
    const rows = rowsOf(ingested.stdout);
    expect([ingested.code, rows.silver, rows.rejects]).toEqual([0, readings.length, 0]);
    expect(listed(...textsOf(cwd, "silver"), ...textsOf(cwd, "anomalies"))).toEqual(readings);
    const before = await reported(cwd);
    expect(before).toEqual(figuresOf(readings));

    fs.writeFileSync(join(cwd, "stricter.json"), withRules(fs.readFileSync(contract, "utf8"), readings));
    const stood = stamps(cwd);
    const { code, stdout } = await cli(["plan", "--contract", "stricter.json", "--json"], { cwd });
    expect([code, stamps(cwd)]).toEqual([0, stood]);
    const plan = JSON.parse(stdout);
    const wanted = { ...rows };
    for (const { from, to, readings: count } of plan.moves as {
      from: keyof Rows;
      to: keyof Rows;
      readings: number;
    }[]) {
      wanted[from] -= count;
      wanted[to] += count;
    }
    expect(Math.min(wanted.rejects, wanted.anomalies)).toBeGreaterThan(0);
    const after = Object.fromEntries(plan.devices.map((one: { device_id: string }) => [one.device_id, one]));
    for (const id of Object.keys(after)) expect([id, after[id].before]).toEqual([id, before[id]]);

    const applied = await cli(["contract", "apply", "stricter.json", "--yes"], { cwd });
    expect([applied.code, applied.stdout.split("\t")[1]]).toEqual([0, "changed"]);
    const again = await cli(["run", "--reprocess", "--json"], { cwd });
    expect([again.code, rowsOf(again.stdout)]).toEqual([0, wanted]);
    const planned = Object.keys({ ...before, ...after }).map((id) => [id, id in after ? after[id].after : before[id]]);
    expect(await reported(cwd)).toEqual(Object.fromEntries(planned.filter(([, figures]) => figures !== null)));
    const nothing = await cli(["plan", "--contract", "stricter.json", "--exit-code"], { cwd });
    expect([nothing.code, nothing.stderr]).toEqual([0, expect.stringContaining("Nothing would change.")]);
  });
});
