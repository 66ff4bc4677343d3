import { describe, expect, it } from "vitest";
import { inProcess } from "./in-process.ts";
import { BAD, type Call, cli, folder, HEADER, ODD, type Ran, ROW, tree } from "./run-cli.ts";

/** Most tests of commands run them in their own process: this is why that says something of the binary that is built. */

const FILES = {
  "a.csv": HEADER + ROW + ODD + BAD,
  "refused.csv": "no header\n",
  "contract.json": JSON.stringify({ version: 1, name: "s", prefix: "bronze/s/", format: { type: "csv" } }),
  "vantageflow.config.json": JSON.stringify({ anomalyThreshold: 0.95 }),
};
const LINES: readonly (readonly [line: string, given?: Omit<Call, "cwd">])[] = [
  ["--version"],
  ["--help"],
  ["nonsense"],
  ["run --nope --json"],
  ["run"],
  ["ingest a.csv refused.csv"],
  ["ingest a.csv --json"],
  ["ingest - --name piped.csv", { input: HEADER + ROW }],
  ["run --reprocess --json", { env: { ANOMALY_THRESHOLD: "0.05" } }],
  ["run", { env: { VANTAGEFLOW_CONCURRENCY: "many" } }],
  ["contract apply contract.json"],
  ["tables sync"],
  ["report"],
  ["dlq list"],
  ["explain a.csv"],
  ["sql", { input: "select device_id, value from readings order by value" }],
  ["verify"],
  ["expire"],
  ["generate --rows 30 --seed 7"],
];

/** Without what no two runs have in common: moments, ids, how long something took, and which of many objects was done first. */
function lasting({ code, stdout, stderr }: Ran): Ran {
  const mask = (text: string) =>
    text
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "MOMENT")
      .replaceAll(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b|\b[\da-f]{24}\b/g, "ID")
      .replaceAll(/(?<=duration_ms":|took )\d+(\.\d+)?/g, "N")
      .replaceAll(/(?<=^(bronze|silver)\/.*\t)\d+$/gm, "N")
      .replaceAll(/\b\d+ (ms|s)\b/g, "N $1")
      .split("\n")
      .sort()
      .join("\n");
  return { code, stdout: mask(stdout), stderr: mask(stderr) };
}

describe("a command in the process of the test", () => {
  it("says, does and ends as the built binary", async () => {
    const [here, there] = [folder(FILES), folder(FILES)];
    for (const [line, given = {}] of LINES) {
      const args = line.split(" ");
      const [own, built] = [await inProcess(args, { ...given, cwd: here }), await cli(args, { ...given, cwd: there })];
      expect([line, lasting(own)]).toEqual([line, lasting(built)]);
    }
    expect(tree(`${here}/lake`)).toEqual(tree(`${there}/lake`));
  });
});
