import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ROW } from "./run-cli.ts";

const CUT = HEADER + ROW + ROW.trimEnd();
const LONG = `${HEADER + ROW}2025-01-01T00:00:05Z,FAB-1,21,"C\nelsius",0.1\n`;
const SAID = "The last row of bronze/cut.csv has no line end: it may have been cut off";

describe("what is worth a look about rows that count", () => {
  it("is said by ingest, run, status and explain, and stands in their JSON", async () => {
    const cwd = folder({ "cut.csv": CUT, "long.csv": LONG });
    const { stdout, stderr, code } = await cli(["ingest", "cut.csv", "long.csv", "--json"], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain(`${SAID}\n`);
    expect(JSON.parse(stdout).batches).toMatchObject([
      { key: "bronze/cut.csv", rows_in: 2, notes: { last_line_unterminated: true } },
      { key: "bronze/long.csv", rows_in: 2, notes: { multiline_rows: { count: 1, first_line: 3 } } },
    ]);
    const again = await cli(["run", "--reprocess"], { cwd });
    expect(again.stderr).toContain(`${SAID}\n`);
    expect(again.stderr).toContain("1 row with a quoted field over several lines, on line 3 of bronze/long.csv\n");
    const status = await cli(["status"], { cwd });
    expect(status.stdout).toContain(
      `reason\tdegraded\tlast_line_unterminated\t${SAID}\tvantageflow explain bronze/cut.csv\n`,
    );
    const explained = await cli(["explain", "bronze/cut.csv"], { cwd });
    expect(explained.stdout).toMatch(new RegExp(`^ {2}note +${SAID}$`, "m"));
    expect(
      JSON.parse((await cli(["explain", "cut.csv", "--json"], { cwd })).stdout).functions[0].receipt.split.notes,
    ).toEqual({ last_line_unterminated: true });
  });

  it("is nothing for whole rows of one line each", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    const { stdout } = await cli(["ingest", "a.csv", "--json"], { cwd });
    expect(JSON.parse(stdout).batches[0]).not.toHaveProperty("notes");
    expect((await cli(["status"], { cwd })).stdout).toContain("verdict\thealthy\t100");
  });

  it("is in what watch says of the batch", async () => {
    const watch = await startWatch(folder({ "lake/bronze/cut.csv": CUT }));
    await watch.until(() => watch.batches("bronze/cut.csv").length > 0, "the batch");
    await watch.end();
    expect(watch.batches("bronze/cut.csv")).toMatchObject([{ notes: { last_line_unterminated: true } }]);
  });
});
