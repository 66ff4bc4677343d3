import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { simulate, usesOf } from "../../bench/scale/simulate.mjs";

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

  it("runs the real functions, and finds a file of each device too many for a sweep", () => {
    const args = ["bench/scale.mjs", "--minutes", "1", "--rows", "2000"];
    const rows = execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n");
    expect(rows).toHaveLength(2 + 9);
    expect(rows[2]).toMatch(
      /^\| 1,000 +\| +a file of each device \| +1,000 .* what a sweep lists in 300 s: 25\.9 times \|$/,
    );
    expect(rows[3]).toMatch(/none \|$/);
  });
});
