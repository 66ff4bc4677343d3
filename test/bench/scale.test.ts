import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { simulate, usesOf } from "../../bench/scale/simulate.mjs";
import { topology } from "../../src/topology.ts";

const { limits, read } = JSON.parse(readFileSync("bench/scale/limits.json", "utf8"));
const load = { requests: { "PUT silver/": 1, "GET bronze/": 5 }, seconds: 0.3 };

describe("the simulation of docs/scale.md", () => {
  it("has each of AWS's limits with its source and the day on which it was read", () => {
    expect(read).toMatch(/^\d{4}-\d\d-\d\d$/);
    for (const { value, unit, source } of Object.values(limits) as { value: number; unit: string; source: string }[]) {
      expect([value > 0, unit.length > 0, source.startsWith("https://")]).toEqual([true, true, true]);
    }
  });

  it("leaves nothing behind below the limits, and above one of them what is too much of it", () => {
    expect(simulate(load, () => 1000, limits, 5)).toMatchObject({ waiting: 0 });
    const [first] = usesOf(load, 1500, limits);
    expect([first.name, first.use.toFixed(2)]).toEqual(["GET bronze/ a second", "1.36"]);
    expect(simulate(load, () => 1500, limits, 600).waiting / (1500 - 1100) / 36_000).toBeCloseTo(1, 1);
  });

  it("has no more executions than the account, which grow no faster than Lambda lets them", () => {
    const slow = { requests: {}, seconds: 10 };
    const { executions, waiting } = simulate(slow, () => 200, limits, 5);
    expect(executions).toBe(1000);
    // A hundred more each second, then a hundred that end.
    expect(waiting).toBe((200 - 100) * 300);
  });

  it("runs the real functions, and says what docs/scale.md says, with alarms that there are", () => {
    const args = ["bench/scale.mjs", "--minutes", "1", "--rows", "2000"];
    const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n");
    const cellsOf = (line: string) => line.split("|").map((cell) => cell.trim());
    const rows = lines.slice(2).map(cellsOf);
    const said = readFileSync("docs/scale.md", "utf8")
      .split("\n")
      .flatMap((line) => (/^\| [\d,]* *\| (a|files of) /.test(line) ? [cellsOf(line)] : []));
    expect(rows.map(([, , design, batches, , , , sweep]) => [design, batches, sweep])).toEqual(
      said.map(([, , design, batches, sweep]) => [design, batches, sweep]),
    );
    expect(rows[0][10]).toBe("what a sweep lists in 300 s: 25.9 times");
    expect(rows[1][10]).toBe("none");
    const alarms = rows.flatMap((row) => row[11].split("-").at(-1) || []);
    expect(Object.keys(topology.alarms)).toEqual(expect.arrayContaining([...new Set(alarms)]));
    expect(alarms).toHaveLength(6);
  });
});
