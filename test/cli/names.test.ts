import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { inProcess as cli } from "./in-process.ts";
import { BAD, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

const outputsOf = (lake: string) => Object.keys(tree(lake, ["silver", "anomalies", "gold"])).toSorted();

describe("a suffix in capitals", () => {
  const LOG = HEADER + ROW + ODD + BAD;
  const OUTPUTS = [
    "anomalies/LOG00001.CSV",
    "anomalies/LOG00001.rejects.CSV",
    "gold/LOG00001.CSV",
    "silver/LOG00001.CSV",
  ];

  it("is one of CSV for ingest, run and watch, and stays as it is in every layer", async () => {
    const ingested = folder({ "LOG00001.CSV": LOG });
    const said = await cli(["ingest", "LOG00001.CSV"], { cwd: ingested });
    expect([said.code, outputsOf(join(ingested, "lake"))]).toEqual([0, OUTPUTS]);
    expect(said.stderr).toContain("anomalies/LOG00001.rejects.CSV");

    const dropped = folder({ "lake/bronze/LOG00001.CSV": LOG });
    expect((await cli(["run"], { cwd: dropped })).code).toBe(0);

    const watched = folder({ "log.csv": LOG });
    const watch = await startWatch(watched);
    fs.copyFileSync(join(watched, "log.csv"), join(watched, "lake/bronze/LOG00001.CSV"));
    await watch.until(() => watch.batches("bronze/LOG00001.CSV").length > 0, "the batch");
    await watch.end();
    for (const cwd of [dropped, watched]) expect(tree(join(cwd, "lake"))).toEqual(tree(join(ingested, "lake")));
  });

  it("keeps a batch apart from the one of the same name in small letters, for every command that reads", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW + BAD, "lake/bronze/a.CSV": HEADER + ROW + ODD + BAD });
    await cli(["run"], { cwd });
    expect(outputsOf(join(cwd, "lake"))).toHaveLength(8);
    const { devices } = JSON.parse((await cli(["report", "--json"], { cwd })).stdout);
    expect(devices).toMatchObject([{ batches: 2, total_readings: 3 }]);
    const status = JSON.parse((await cli(["status", "--json"], { cwd })).stdout);
    expect([status.work.waiting, status.ignored.count, status.dead_letters.open]).toEqual([0, 0, 0]);
    const rejects = await cli(["explain", "anomalies/a.rejects.CSV", "--json"], { cwd });
    expect(JSON.parse(rejects.stdout).functions.map(({ source }: { source: string }) => source)).toEqual([
      "bronze/a.CSV",
      "silver/a.CSV",
    ]);

    await cli(["backup", "./copy"], { cwd });
    fs.writeFileSync(join(cwd, "copy/gold/a.CSV"), tree(join(cwd, "copy"))["gold/a.csv"]);
    const diff = await cli(["diff", "./lake", "./copy"], { cwd });
    expect([diff.code, diff.stdout]).toEqual([1, expect.stringContaining("gold/a.CSV\tdevice FAB-1")]);
  });

  it("may be that of JSON, which lands as .csv", async () => {
    const reading = '{"timestamp":"2025-03-01T00:00:00Z","device_id":"A","value":1,"unit":"C","anomaly_score":0.1}';
    const cwd = folder({ "X.JSON": reading });
    expect((await cli(["ingest", "X.JSON"], { cwd })).code).toBe(0);
    expect(Object.keys(tree(join(cwd, "lake"), ["bronze"]))).toEqual(["bronze/X.csv"]);
  });

  it("of both cases is ignored, as S3's filters would, and the reason names those that are processed", async () => {
    const cwd = folder({ "lake/bronze/a.Csv": HEADER + ROW, "b.Csv": HEADER + ROW });
    const { code, stderr } = await cli(["run"], { cwd });
    const reason = 'Ignored bronze/a.Csv: only names ending in ".csv" or ".CSV" or ';
    expect([code, stderr]).toEqual([0, expect.stringContaining(reason)]);
    const refused = await cli(["ingest", "b.Csv"], { cwd });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--name b.csv")]);
  });
});

describe("what systems and programs leave beside files", () => {
  const SIDE = "\0\x05\x16\x07\0\x02\0\0Mac OS X";
  const LITTER = ["._a.csv", ".DS_Store", "Thumbs.db", "~$a.csv", "a.csv.part", "a.csv~", ".a.csv.swp", ".gitkeep"];
  const LAYERS = ["bronze", "silver", "anomalies", "gold", "receipts/vantageflow-process-iot/a.csv", "dead-letter"];

  it("is passed over without a verdict in whatever layer, and explain says why", async () => {
    const side = LAYERS.flatMap((layer) => LITTER.map((name) => [`lake/${layer}/${name}`, SIDE]));
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, ...Object.fromEntries(side) });
    fs.symlinkSync("a.csv", join(cwd, "lake/bronze/.#a.csv"));
    const dry = await cli(["run", "--dry-run", "--json"], { cwd });
    expect([JSON.parse(dry.stdout).ignored, JSON.parse(dry.stdout).passed_over.length]).toEqual([[], 17]);
    const { code, stdout, stderr } = await cli(["run"], { cwd });
    expect([code, stdout.match(/^bronze/gm)?.length, stderr]).toEqual([0, 1, "Next: vantageflow report\n"]);

    const { health, dead_letters, ignored } = JSON.parse((await cli(["status", "--json"], { cwd })).stdout);
    expect([health.verdict, dead_letters.open, ignored.keys]).toEqual(["healthy", 0, []]);
    const report = await cli(["report"], { cwd });
    expect([report.code, report.stderr]).toEqual([0, ""]);
    expect((await cli(["dlq", "list"], { cwd })).stdout).toBe("");
    expect((await cli(["explain", "._a.csv"], { cwd })).stdout).toContain(
      "but: its name is that of a side file of macOS",
    );
    expect((await cli(["explain", "Thumbs.db"], { cwd })).stdout).toContain("none: its name is that of a folder's");

    await cli(["backup", "./copy"], { cwd });
    expect(fs.existsSync(join(cwd, "copy/bronze/._a.csv"))).toBe(true);
    expect((await cli(["diff", "./lake", "./copy"], { cwd })).code).toBe(0);
  });

  it("says nothing in watch, but a file with the wrong suffix does", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    const watch = await startWatch(cwd);
    for (const name of [...LITTER, "notes.txt"]) fs.writeFileSync(join(cwd, "lake/bronze", name), SIDE);
    await watch.until(() => watch.lines.some(({ type }) => type === "ignored"), "what is ignored");
    await watch.end();
    const told = watch.lines.filter(({ key }) => key !== undefined);
    expect(new Set(told.map(({ key }) => key))).toEqual(new Set(["bronze/a.csv", "bronze/notes.txt"]));
  });

  it("is told of and not landed by ingest, and refused where nothing else is named", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW, "._a.csv": SIDE, "Thumbs.db": SIDE });
    const all = await cli(["ingest", "a.csv", "._a.csv", "Thumbs.db"], { cwd });
    expect([all.code, Object.keys(tree(join(cwd, "lake"), ["bronze"]))]).toEqual([0, ["bronze/a.csv"]]);
    expect(all.stderr).toContain("Passed over ._a.csv: its name is that of a side file of macOS (AppleDouble).");
    const alone = await cli(["ingest", "._a.csv"], { cwd });
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("--name a.csv")]);
  });

  it("is none of a file that only has a dot in front: that is a batch", async () => {
    const cwd = folder({ "lake/bronze/.hidden.csv": HEADER + ROW });
    expect((await cli(["run"], { cwd })).stdout).toContain("bronze/.hidden.csv\tdone");
  });
});

describe("names that Windows cannot hold", () => {
  const files = { "lake/bronze/nul.csv": HEADER + ROW, "lake/bronze/con/12:00.csv": HEADER + ROW };

  it("are those of batches where the file system has them; doctor and backup say that a copy to Windows would fail", async () => {
    const cwd = folder(files);
    const { code, stdout } = await cli(["run"], { cwd });
    expect([code, stdout.match(/^bronze.*done/gm)]).toEqual([
      0,
      ["bronze/con/12:00.csv\tdone", "bronze/nul.csv\tdone"],
    ]);
    expect(outputsOf(join(cwd, "lake"))).toContain("gold/nul.csv");
    expect((await cli(["status", "--check"], { cwd })).code).toBe(0);
    expect((await cli(["ingest", "lake/bronze/nul.csv", "--name", "aux.csv"], { cwd })).code).toBe(0);

    const names = JSON.parse((await cli(["doctor", "--json"], { cwd })).stdout).checks.at(-1);
    expect(names).toMatchObject({
      name: "names",
      ok: true,
      detail: expect.stringContaining("3 names could not be copied"),
    });
    const backup = await cli(["backup", "./copy"], { cwd });
    expect([backup.code, backup.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^\d+ names could not be copied to Windows, such as bronze\/aux.csv: "aux.csv" is reserved/m,
      ),
    ]);
  });

  it("are nothing that doctor or backup mention where there are none", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    expect((await cli(["doctor"], { cwd })).stdout).not.toContain("names");
    expect((await cli(["backup", "./copy"], { cwd })).stderr).not.toContain("Windows");
  });
});
