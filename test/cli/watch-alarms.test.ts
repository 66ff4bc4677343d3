import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { CLI, folder, HEADER, ROW } from "./run-cli.ts";

/** Two files that will be refused beside one that will not: far more than 5 %. */
const LAKE = { "lake/bronze/empty.csv": "", "lake/bronze/nul.csv": `${HEADER}\0\n`, "lake/bronze/b.csv": HEADER + ROW };

function logLines(cwd: string): Record<string, unknown>[] {
  const files = fs.readdirSync(join(cwd, "lake/logs"), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .flatMap((entry) => fs.readFileSync(join(entry.parentPath, entry.name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line));
}

describe("vantageflow watch", () => {
  it("sounds HighErrorRate when files are refused, as a line of JSON, and writes it into its log", async () => {
    const cwd = folder(LAKE);
    const watch = await startWatch(cwd);
    const alarms = () => watch.lines.filter(({ type }) => type === "alarm");
    await watch.until(() => alarms().length > 0 && watch.batches("bronze/b.csv").length > 0, "an alarm");
    await watch.end();
    expect(alarms()[0]).toEqual({
      version: 1,
      time: expect.any(String),
      type: "alarm",
      name: "HighErrorRate",
      function: "vantageflow-process-iot",
      state: "ALARM",
      value: expect.any(Number),
      threshold: 5,
      unit: "percent",
      period_seconds: 300,
    });
    expect(logLines(cwd).filter(({ alarm }) => alarm !== undefined)).toMatchObject([
      { level: "WARN", alarm: "HighErrorRate", function: "vantageflow-process-iot", state: "ALARM", threshold: 5 },
    ]);
  });

  it("says so on stderr, and keeps stdout for batches, however quiet it is to be", async () => {
    const child = spawn(process.execPath, [CLI, "watch", "lake", "--quiet"], { cwd: folder(LAKE) });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    await expect.poll(() => stderr).toContain("HighErrorRate");
    await expect.poll(() => stdout.split("\n").length).toBe(4);
    child.kill("SIGINT");
    await once(child, "close");
    expect(stderr).toMatch(/^vantageflow: HighErrorRate of vantageflow-process-iot: ALARM, [\d.]+ % is above 5 %\.$/m);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .every((line) => line.startsWith("bronze/")),
    ).toBe(true);
  });
});
