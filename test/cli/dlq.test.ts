import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ROW, stamps } from "./run-cli.ts";

interface Letter {
  readonly id: string;
  readonly source: string;
  readonly code: string;
  readonly open: boolean;
  readonly closed: string | null;
}

const LONG = HEADER + ROW.replace("FAB-1", `FAB-1,${"x".repeat(2000)}`);

async function letters(cwd: string, ...flags: string[]): Promise<Letter[]> {
  return JSON.parse((await cli(["dlq", "list", ...flags, "--json"], { cwd })).stdout).dead_letters;
}

const states = async (cwd: string, ...flags: string[]) =>
  (await letters(cwd, "--all", ...flags)).map(({ source, open, closed }) => `${source} ${open ? "open" : closed}`);

/** A lake in which `worse.csv` is refused for good and `long.csv` by a setting of that day. */
async function withFailures(): Promise<string> {
  const cwd = folder({ "worse.csv": "\u0000", "long.csv": LONG });
  await cli(["ingest", "worse.csv", "long.csv", "--max-row-bytes", "1024"], { cwd });
  return cwd;
}

describe("dlq", () => {
  it("lists what is open in tabs, and says so where there is none", async () => {
    const cwd = folder({ "bad.csv": "", "worse.csv": "\u0000" });
    fs.mkdirSync(join(cwd, "lake"));
    expect(await cli(["dlq", "list"], { cwd })).toEqual({ code: 0, stdout: "", stderr: "No dead letters.\n" });
    await cli(["ingest", "bad.csv", "worse.csv"], { cwd });
    const { stdout } = await cli(["dlq", "list"], { cwd });
    const rows = stdout.trimEnd().split("\n");
    expect(rows.map((line) => line.split("\t").slice(2, 5)).toSorted()).toEqual([
      ["open", "bronze/bad.csv", "empty"],
      ["open", "bronze/worse.csv", "nul_byte"],
    ]);
  });

  it("shows a record by its id, the beginning of it or its file; --json gives one document", async () => {
    const cwd = await withFailures();
    const [{ id, source, code }] = await letters(cwd);
    for (const name of [id, id.slice(0, 8), id.slice(0, 8).toUpperCase(), source]) {
      const { stdout } = await cli(["dlq", "show", name], { cwd });
      expect([name, JSON.parse(stdout).responsePayload.errorType]).toEqual([name, code]);
    }
    const { version, lake, dead_letter } = JSON.parse((await cli(["dlq", "show", id, "--json"], { cwd })).stdout);
    expect([version, lake, dead_letter.id, dead_letter.open]).toEqual([1, "./lake", id, true]);
    expect(dead_letter.record.requestContext.requestId).toBe(id);
  });

  it("takes the path of a file in bronze, in the lake or on a shell, as explain does", async () => {
    const cwd = await withFailures();
    fs.mkdirSync(join(cwd, "lake/bronze/north"));
    fs.writeFileSync(join(cwd, "lake/bronze/north/worse.csv"), "");
    await cli(["run"], { cwd });
    const named: string[][] = [];
    for (const name of ["worse.csv", "north/worse.csv", "lake/bronze/worse.csv", "./bronze/worse.csv"]) {
      const { dead_letter } = JSON.parse((await cli(["dlq", "show", name, "--json"], { cwd })).stdout);
      named.push([name, dead_letter.source]);
    }
    expect(named).toEqual([
      ["worse.csv", "bronze/worse.csv"],
      ["north/worse.csv", "bronze/north/worse.csv"],
      ["lake/bronze/worse.csv", "bronze/worse.csv"],
      ["./bronze/worse.csv", "bronze/worse.csv"],
    ]);
    const rehearsed = await cli(["dlq", "redrive", "worse.csv", "--dry-run", "--json"], { cwd });
    expect(JSON.parse(rehearsed.stdout).rehearsals).toMatchObject([{ key: "bronze/worse.csv" }]);
    await cli(["dlq", "dismiss", "north/worse.csv"], { cwd });
    expect(await states(cwd)).toContain("bronze/north/worse.csv dismissed");
  });

  it("says of a file that was mended in place that it is work, wherever somebody asks for it", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER.replace("timestamp", "time") + ROW });
    await cli(["run"], { cwd });
    fs.writeFileSync(join(cwd, "lake/bronze/a.csv"), HEADER.replace("timestamp", "zeit") + ROW);
    await cli(["run"], { cwd });
    const [{ id }] = await letters(cwd);
    fs.writeFileSync(join(cwd, "lake/bronze/a.csv"), HEADER + ROW);
    const work = "bronze/a.csv was replaced since: it is work, run: vantageflow run\n";
    for (const args of [
      ["list"],
      ["show", id],
      ["redrive"],
      ["redrive", "--dry-run"],
      ["redrive", id],
      ["redrive", "a.csv"],
    ]) {
      const { code, stderr } = await cli(["dlq", ...args], { cwd });
      expect([args, code, stderr]).toEqual([args, 0, expect.stringContaining(work)]);
    }
    const all: (Letter & { work: boolean })[] = (await letters(cwd, "--all")) as never;
    expect(all.map(({ closed, work: isWork }) => [closed, isWork])).toEqual([
      ["replaced", true],
      ["replaced", true],
    ]);
    await cli(["run"], { cwd });
    expect((await cli(["dlq", "list"], { cwd })).stderr).not.toContain("it is work");
  });

  it("says what is wrong with a name: none, several, nothing, or no such action", async () => {
    const cwd = await withFailures();
    // As many letters as it takes for two ids to begin alike.
    for (let i = 0; i < 20; i++) fs.writeFileSync(join(cwd, `lake/bronze/n${i}.csv`), "");
    await cli(["run"], { cwd });
    const firsts = (await letters(cwd)).map(({ id }) => id[0]);
    const twice = firsts.find((first, i) => firsts.indexOf(first) !== i) ?? "";
    for (const action of ["show", "redrive", "dismiss"]) {
      const several = await cli(["dlq", action, twice], { cwd });
      expect([several.code, several.stderr]).toEqual([1, expect.stringMatching(/\d+ dead letters are meant by it/)]);
      const none = await cli(["dlq", action, "zzz", "--json"], { cwd });
      expect([none.code, JSON.parse(none.stdout).error.code]).toEqual([1, "not_found"]);
    }
    for (const [args, code] of [
      [["show", ""], 1],
      [["show"], 2],
      [["dismiss"], 2],
      [["redo"], 2],
      [[], 2],
    ] as const) {
      expect([args, (await cli(["dlq", ...args], { cwd })).code]).toEqual([args, code]);
    }
  });

  it("redrive --dry-run says what would pass today, with the reason where not, and writes nothing", async () => {
    const cwd = await withFailures();
    const before = stamps(join(cwd, "lake"));
    const { code, stdout, stderr } = await cli(["dlq", "redrive", "--dry-run", "--json"], { cwd });
    expect([code, JSON.parse(stdout).rehearsals]).toEqual([
      0,
      expect.arrayContaining([
        { key: "bronze/long.csv", function: "vantageflow-process-iot", outcome: "would_pass", error: null },
        expect.objectContaining({
          outcome: "would_be_refused",
          error: expect.objectContaining({ code: "nul_byte", line: 1 }),
        }),
      ]),
    ]);
    expect(stderr).toBe("1 of 2 would pass in ./lake. Nothing was written.\n");
    const strict = await cli(["dlq", "redrive", "--dry-run", "--max-row-bytes", "1024"], { cwd });
    expect([strict.code, strict.stderr]).toEqual([0, expect.stringContaining("0 of 2 would pass")]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("redrive runs what is open again, exits 1 while one still fails, and closes what passed; twice is harmless", async () => {
    const cwd = await withFailures();
    const first = await cli(["dlq", "redrive", "--json"], { cwd });
    const outcomes = JSON.parse(first.stdout).batches.map((one: { outcome: string }) => one.outcome);
    expect([first.code, outcomes.toSorted()]).toEqual([1, ["done", "refused"]]);
    expect((await states(cwd)).toSorted()).toEqual(["bronze/long.csv redriven", "bronze/worse.csv open"]);
    expect(fs.existsSync(join(cwd, "lake/gold/long.csv"))).toBe(true);
    const again = await cli(["dlq", "redrive", "bronze/long.csv"], { cwd });
    expect([again.code, again.stdout]).toEqual([0, ""]);
    expect(again.stderr).toMatch(/^Left out [0-9a-f-]{36}: bronze\/long.csv was redriven.$/m);
    const logs = fs.readdirSync(join(cwd, "lake/logs"), { recursive: true, encoding: "utf8" });
    expect(logs.some((name) => name.includes("-redrive-"))).toBe(true);
  });

  it("a replaced file closes its failure, and the next command of every hint keeps the lake", async () => {
    const cwd = folder({ "b.csv": "", "good.csv": HEADER + ROW });
    await cli(["ingest", "b.csv", "--lake", "other lake"], { cwd });
    const { stderr } = await cli(["dlq", "list", "--lake", "other lake"], { cwd });
    expect(stderr).toContain("vantageflow dlq redrive --dry-run --lake 'other lake'");
    await cli(["ingest", "good.csv", "--name", "b.csv", "--overwrite", "--lake", "other lake"], { cwd });
    expect(await states(cwd, "--lake", "other lake")).toEqual(["bronze/b.csv replaced"]);
    const none = await cli(["dlq", "list", "--lake", "other lake"], { cwd });
    expect(none.stderr).toBe("No open failures; 1 closed: vantageflow dlq list --all --lake 'other lake'\n");
  });

  it("dismiss closes for good and keeps the record; a sweep does not bring it back", async () => {
    const cwd = await withFailures();
    const { code, stdout } = await cli(["dlq", "dismiss", "bronze/worse.csv", "--json"], { cwd });
    expect([code, JSON.parse(stdout).dead_letters]).toMatchObject([0, [{ open: false, closed: "dismissed" }]]);
    expect((await cli(["run", "--json"], { cwd })).stdout).toContain('"batches":[]');
    expect((await cli(["dlq", "redrive", "--json"], { cwd })).code).toBe(0);
    expect((await states(cwd)).toSorted()).toEqual(["bronze/long.csv redriven", "bronze/worse.csv dismissed"]);
    expect((await cli(["dlq", "show", "bronze/worse.csv"], { cwd })).stdout).toContain('"nul_byte"');
  });

  it("a failure of a key that can hold no receipt is dismissed for good, too", async () => {
    const cwd = folder({ "lake/bronze/back\\slash.csv": HEADER + ROW });
    await cli(["run"], { cwd });
    expect((await cli(["dlq", "dismiss", "bronze/back\\slash.csv"], { cwd })).code).toBe(0);
    const { code, stderr } = await cli(["run"], { cwd });
    expect([code, stderr]).toEqual([0, "Nothing to do in ./lake: no batch is without its receipt.\n"]);
  });

  it("reads the records that Lambda itself wrote where the setting failures says they are", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv", "--name", "c.csv"], { cwd });
    const event = await cli(["generate-event", "s3-put", "--key", "bronze/b.csv", "--json"], { cwd });
    const letter = {
      timestamp: "2026-01-01T00:00:00.000Z",
      requestContext: {
        requestId: "00000000-0000-4000-8000-000000000001",
        functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:vantageflow-process-iot:$LATEST",
        condition: "RetriesExhausted",
      },
      requestPayload: JSON.parse(event.stdout),
      responsePayload: { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 60.00 seconds" },
    };
    const path = join(cwd, "crashes/aws/lambda/async/vantageflow-process-iot/2026/01/01/x");
    fs.mkdirSync(join(path, ".."), { recursive: true });
    fs.writeFileSync(path, JSON.stringify(letter));
    fs.writeFileSync(join(cwd, "vantageflow.config.json"), '{ "failures": "./crashes" }');
    expect(await states(cwd)).toEqual(["bronze/b.csv removed"]);
    expect((await cli(["dlq", "show", "0000", "--json"], { cwd })).stdout).toContain("Sandbox.Timedout");
    const typo = await cli(["dlq", "list"], { cwd, env: { VANTAGEFLOW_FAILURES: "./crsahes" } });
    expect([typo.code, typo.stderr]).toEqual([1, expect.stringContaining('the failures in "./crsahes"')]);
  });

  it("a file that is no dead letter hides none", async () => {
    const cwd = folder({
      "lake/bronze/b.csv": "no header\n",
      "lake/dead-letter/empty": "",
      "lake/dead-letter/x.json": "{}",
    });
    await cli(["run"], { cwd });
    fs.writeFileSync(join(cwd, "lake/dead-letter/large"), " ".repeat(2 << 20));
    const { code, stdout, stderr } = await cli(["dlq", "list", "--json"], { cwd });
    const found = JSON.parse(stdout).dead_letters;
    const leftOut = stderr.match(/^Left out "dead-letter\/(empty|large|x.json)"/gm);
    expect([code, found.length, leftOut?.length]).toEqual([0, 1, 3]);
    expect((await cli(["dlq", "show", found[0].id], { cwd })).code).toBe(0);
  });
});
