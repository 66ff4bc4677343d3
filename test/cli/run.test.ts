import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { BAD, cli as binary, CLI, folder, HEADER, ODD, ROW, stamps, tree } from "./run-cli.ts";

const outcomes = (stdout: string) =>
  JSON.parse(stdout).batches.map(({ key, outcome }: { key: string; outcome: string }) => `${key} ${outcome}`);

/** A folder with a lake whose bronze holds generated batches. */
async function withBatches(count: number, rows: number): Promise<string> {
  const cwd = folder({ "lake/bronze/.keep": "" });
  for (let i = 0; i < count; i++) {
    const out = join("lake/bronze", `b${i}.csv`);
    const rates = ["--anomalies", "0.1", "--invalid", "0.01"];
    await cli(["generate", "--rows", String(rows), "--seed", String(i), "--out", out, ...rates], { cwd });
  }
  fs.rmSync(join(cwd, "lake/bronze/.keep"));
  return cwd;
}

const leftovers = (lake: string) =>
  ["tmp", "locks"].flatMap((name) => {
    const dir = join(lake, ".vantageflow", name);
    return fs.existsSync(dir) ? fs.readdirSync(dir) : [];
  });

describe("run", () => {
  it("processes whatever was dropped into bronze, and then nothing more", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/bronze/year=2025/b.csv": HEADER + ODD });
    const first = await cli(["run", "./lake", "--json"], { cwd });
    expect(outcomes(first.stdout)).toEqual(["bronze/a.csv done", "bronze/year=2025/b.csv done"]);
    const before = stamps(join(cwd, "lake"));
    const second = await cli(["run", "./lake", "--json"], { cwd });
    expect([second.code, JSON.parse(second.stdout).batches]).toEqual([0, []]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("--dry-run says what there is to do and writes nothing", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/silver/hand.csv": HEADER + ROW });
    const { code, stdout } = await cli(["run", "--dry-run", "--json"], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).work).toEqual([
      { key: "bronze/a.csv", function: "vantageflow-process-iot", size: HEADER.length + ROW.length },
      { key: "silver/hand.csv", function: "vantageflow-silver-to-gold", size: HEADER.length + ROW.length },
    ]);
    expect(Object.keys(stamps(join(cwd, "lake")))).toEqual(["bronze/a.csv", "silver/hand.csv"]);
  });

  it("--reprocess does it again, all or by prefix, with the same bytes", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/bronze/b.csv": HEADER + ODD });
    await cli(["run"], { cwd });
    const before = tree(join(cwd, "lake"));
    expect(outcomes((await cli(["run", "--reprocess", "b", "--json"], { cwd })).stdout)).toEqual(["bronze/b.csv done"]);
    expect(outcomes((await cli(["run", "--reprocess", "--json"], { cwd })).stdout)).toHaveLength(2);
    expect(tree(join(cwd, "lake"))).toEqual(before);
    await cli(["run", "--reprocess", "--anomaly-threshold", "0.95"], { cwd });
    expect(tree(join(cwd, "lake"))["silver/b.csv"]).toBe(HEADER + ODD);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual([]);
  });

  it("finds an overwritten file, even with the same size and time; the newest wins and nothing stale stays", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + BAD });
    await cli(["run"], { cwd });
    const path = join(cwd, "lake/bronze/a.csv");
    const { atime, mtime } = fs.statSync(path);
    fs.writeFileSync(path, HEADER + BAD.replace("1_0", "1.0"));
    fs.utimesSync(path, atime, mtime);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["bronze/a.csv done"]);
    const files = tree(join(cwd, "lake"));
    expect(files["silver/a.csv"]).toBe(HEADER + BAD.replace("1_0", "1.0"));
    expect(files["anomalies/a.rejects.csv"]).toBeUndefined();
  });

  it("only renews receipts in a copied lake", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW + ODD });
    await cli(["run"], { cwd });
    fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
    const outputs = ["silver/a.csv", "anomalies/a.csv", "gold/a.csv"];
    const before = stamps(join(cwd, "copy"));
    const { stdout } = await cli(["run", "./copy", "--json"], { cwd });
    expect(outcomes(stdout)).toEqual(["bronze/a.csv already_ingested"]);
    const after = stamps(join(cwd, "copy"));
    for (const key of outputs) expect(after[key]).toBe(before[key]);
    expect(outcomes((await cli(["run", "./copy", "--json"], { cwd })).stdout)).toEqual([]);
  });

  it("aggregates silver that was put there by hand", async () => {
    const cwd = folder({ "lake/silver/hand.csv": HEADER + ROW + ODD });
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["silver/hand.csv done"]);
    expect(tree(join(cwd, "lake"))["gold/hand.csv"]).toContain("FAB-1,2,32.25,20.5,44.0,1,50.0");
  });

  it("reports silver that can be rebuilt from nothing, without failing", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    await cli(["run"], { cwd });
    for (const key of ["bronze/a.csv", "anomalies/a.csv", "receipts"])
      fs.rmSync(join(cwd, "lake", key), { recursive: true });
    const { code, stdout } = await cli(["run", "--json"], { cwd });
    expect([code, outcomes(stdout)]).toEqual([0, ["silver/a.csv not_rebuildable"]]);
  });

  it("shows what no trigger takes", async () => {
    const cwd = folder({ "lake/bronze/a.json": "[]", "lake/bronze/b.csv": HEADER });
    const { code, stderr } = await cli(["run"], { cwd });
    const why = 'Ignored bronze/a.json: no contract claims it, and without one only names ending in ".csv"';
    expect([code, stderr]).toEqual([0, expect.stringContaining(why)]);
  });

  it("names one of many that wait for one reason, and says that they wait where there is nothing else to do", async () => {
    const claim = { version: 1, name: "s", prefix: "bronze/s/", suffixes: [".dat"], format: { type: "csv" } };
    const files = Array.from({ length: 11 }, (_, i) => [`lake/bronze/s/${i + 10}.dat`, HEADER + ROW]);
    const removed = { "lake/contracts/claims/s.json": JSON.stringify(claim) };
    const cwd = folder({ ...removed, ...Object.fromEntries(files) });
    const why = 'it waits for the contract "s", which was removed. Apply it again: ';
    for (const args of [["run"], ["run", "--reprocess", "s/"]]) {
      const { code, stderr } = await cli(args, { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Ignored bronze/s/10.dat and 10 more: ${why}`)]);
      expect(stderr).toMatch(/\nNothing to (do|reprocess) in .\/lake but what nobody reads: 11 wait\.\n$/);
    }
    const { work, ignored } = JSON.parse((await cli(["run", "--dry-run", "--json"], { cwd })).stdout);
    expect([work, ignored.length]).toEqual([[], 11]);
    const event = await cli(["generate-event", "s3-put", "--key", "bronze/s/10.dat"], { cwd });
    const invoked = await cli(["invoke", "vantageflow-process-iot", "--event", "-"], { cwd, input: event.stdout });
    expect([invoked.code, invoked.stderr]).toEqual([0, expect.stringContaining(`Ignored bronze/s/10.dat: ${why}`)]);
  });

  it("shows what is in bronze and is no file, and what has a name that is no text", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "real.csv": HEADER + ROW });
    fs.symlinkSync(join(cwd, "real.csv"), join(cwd, "lake/bronze/link.csv"));
    fs.writeFileSync(Buffer.from(`${cwd}/lake/bronze/caf\xe9.csv`, "latin1"), HEADER + ROW);
    const { stdout } = await cli(["run", "--dry-run", "--json"], { cwd });
    const { work, ignored } = JSON.parse(stdout);
    expect(work).toHaveLength(1);
    expect(ignored).toEqual([
      { key: "bronze/caf\ufffd.csv", reason: "its name is not UTF-8" },
      { key: "bronze/link.csv", reason: "it is not a regular file, and links are not followed" },
    ]);
  });

  it("refuses keys that would confuse the lake, however often it comes by, with one dead letter", async () => {
    const cwd = folder({ "lake/bronze/x.rejects.csv": HEADER + ROW, "lake/bronze/back\\slash.csv": HEADER + ROW });
    for (let i = 0; i < 2; i++) await cli(["run"], { cwd });
    const { stdout } = await cli(["dlq", "list", "--json"], { cwd });
    const letters: { source: string; code: string }[] = JSON.parse(stdout).dead_letters;
    expect(letters.map(({ source, code }) => `${source} ${code}`).sort()).toEqual([
      "bronze/back\\slash.csv key_invalid",
      "bronze/x.rejects.csv key_invalid",
    ]);
  });

  it("writes the same bytes in any time zone and locale", async () => {
    const cwd = await withBatches(1, 300);
    const trees = new Set<string>();
    for (const TZ of ["UTC", "Asia/Kolkata", "America/New_York"]) {
      for (const LANG of ["C", "de_DE.UTF-8", "tr_TR.UTF-8"]) {
        fs.rmSync(join(cwd, "copy"), { recursive: true, force: true });
        fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
        await cli(["run", "./copy"], { cwd, env: { TZ, LANG, LC_ALL: LANG } });
        trees.add(JSON.stringify(tree(join(cwd, "copy"))));
      }
    }
    expect(trees.size).toBe(1);
  });

  it("two at once on one lake end in the same tree", async () => {
    const cwd = await withBatches(6, 2000);
    fs.cpSync(join(cwd, "lake"), join(cwd, "alone"), { recursive: true });
    await cli(["run", "./alone"], { cwd });
    const both = await Promise.all([binary(["run"], { cwd }), binary(["run"], { cwd })]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    await cli(["run"], { cwd });
    expect(tree(join(cwd, "lake"))).toEqual(tree(join(cwd, "alone")));
    expect(leftovers(join(cwd, "lake"))).toEqual([]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s finishes what is in flight and exits %i; the next run does the rest", async (signal, expected) => {
    const cwd = await withBatches(8, 40_000);
    fs.cpSync(join(cwd, "lake"), join(cwd, "alone"), { recursive: true });
    await cli(["run", "./alone"], { cwd });
    const child = spawn(process.execPath, [CLI, "run", "--concurrency", "1"], { cwd });
    const closed = new Promise((resolve) => child.on("close", resolve));
    const gold = join(cwd, "lake/gold");
    while (!fs.existsSync(gold) || fs.readdirSync(gold).length === 0) await new Promise((wait) => setTimeout(wait, 2));
    child.kill(signal);
    expect(await closed).toBe(expected);
    expect(fs.readdirSync(gold).length).toBeLessThan(8);
    expect(leftovers(join(cwd, "lake"))).toEqual([]);
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect(tree(join(cwd, "lake"))).toEqual(tree(join(cwd, "alone")));
  });

  it("kill -9 at any moment loses nothing (12 kills)", async () => {
    const cwd = await withBatches(5, 20_000);
    fs.cpSync(join(cwd, "lake"), join(cwd, "alone"), { recursive: true });
    await cli(["run", "./alone"], { cwd });
    for (let kill = 0; kill < 12; kill++) {
      const child = spawn(process.execPath, [CLI, "run"], { cwd, stdio: "ignore" });
      const closed = new Promise((resolve) => child.on("close", resolve));
      setTimeout(() => child.kill("SIGKILL"), 60 + kill * 15);
      await closed;
    }
    expect((await cli(["run"], { cwd })).code).toBe(0);
    // What a killed process leaves is cleared away by the next one that writes: temporary files at once, the lock of a
    // key with the next write of that key.
    await cli(["run", "--reprocess"], { cwd });
    expect(tree(join(cwd, "lake"))).toEqual(tree(join(cwd, "alone")));
    expect(leftovers(join(cwd, "lake"))).toEqual([]);
  });

  it("finds a file that another of the same size and time was moved over", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "new.csv": HEADER + ROW.replace("20.5", "30.5") });
    await cli(["run"], { cwd });
    const path = join(cwd, "lake/bronze/a.csv");
    const { atime, mtime } = fs.statSync(path);
    fs.utimesSync(join(cwd, "new.csv"), atime, mtime);
    fs.renameSync(join(cwd, "new.csv"), path);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["bronze/a.csv done"]);
    expect(tree(join(cwd, "lake"))["gold/a.csv"]).toContain("FAB-1,1,30.5,");
  });

  it("only renews the receipt of a file that was touched, and makes again what is gone", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    await cli(["run"], { cwd });
    const path = join(cwd, "lake/bronze/a.csv");
    const before = stamps(join(cwd, "lake"));
    fs.utimesSync(path, 1, 1);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["bronze/a.csv already_ingested"]);
    const after = stamps(join(cwd, "lake"));
    for (const key of ["silver/a.csv", "anomalies/a.csv", "gold/a.csv"]) expect(after[key]).toBe(before[key]);
    fs.rmSync(join(cwd, "lake/silver/a.csv"));
    fs.utimesSync(path, 2, 2);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["bronze/a.csv done"]);
    expect(tree(join(cwd, "lake"))["silver/a.csv"]).toBe(HEADER + ROW);
  });

  it("leaves the outputs of a bronze file that is gone alone", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    await cli(["run"], { cwd });
    fs.rmSync(join(cwd, "lake/bronze/a.csv"));
    const before = stamps(join(cwd, "lake"));
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual([]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("writes nothing where there is nothing to do", async () => {
    const cwd = folder();
    fs.mkdirSync(join(cwd, "lake"));
    for (const args of [["run"], ["run", "--dry-run"], ["run", "./lake"], ["run", "--reprocess"], ["report"]]) {
      expect([args, (await cli(args, { cwd })).code]).toEqual([args, 0]);
    }
    expect((await cli(["run", "--reprocess", "zzz"], { cwd })).stderr).toContain('path begins with "zzz"');
    expect(fs.readdirSync(cwd, { recursive: true })).toEqual(["lake"]);
  });

  it("says how many batches it would process again, and writes nothing", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv", "--lake", "other"], { cwd });
    const dry = await cli(["run", "--reprocess", "--dry-run", "other"], { cwd });
    expect(dry.stderr).toContain("1 to do in other. Nothing was written.");
  });

  it("one lake is named once: two that differ are a usage error", async () => {
    const cwd = folder({ "a/bronze/b.csv": HEADER + ROW, "b/x": "" });
    for (const name of ["run", "watch", "demo"]) {
      const { code, stderr } = await cli([name, "a", "--lake", "b"], { cwd });
      expect([name, code, stderr]).toEqual([
        name,
        2,
        expect.stringContaining('two lakes are named, "a" and --lake "b"'),
      ]);
    }
    expect((await cli(["run", "a", "--lake", "./a/"], { cwd })).code).toBe(0);
  });

  it("mentions dead letters when it wrote some, and while some are open", async () => {
    const cwd = folder({ "lake/bronze/x.rejects.csv": HEADER + ROW, "lake/bronze/back\\slash.csv": HEADER + ROW });
    const first = await cli(["run"], { cwd });
    expect([first.code, first.stderr]).toEqual([
      1,
      expect.stringContaining("2 files refused: see vantageflow dlq list"),
    ]);
    const second = await cli(["run"], { cwd });
    expect([second.code, second.stdout]).toEqual([0, ""]);
    expect(second.stderr).toContain("Nothing to do");
    expect(second.stderr).toContain("2 failures are open: see vantageflow dlq list");
    fs.rmSync(join(cwd, "lake/bronze"), { recursive: true });
    expect((await cli(["run"], { cwd })).stderr).not.toContain("dlq");
  });

  it("refuses a key that can hold no receipt once; --reprocess and a new version are work again", async () => {
    const cwd = folder({ "lake/bronze/a\\b/c.csv": HEADER + ROW, [`lake/bronze/${"y".repeat(210)}.csv`]: HEADER });
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toHaveLength(2);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual([]);
    const forced = await cli(["run", "--reprocess", "a\\b", "--json"], { cwd });
    expect(outcomes(forced.stdout)).toEqual(["bronze/a\\b/c.csv refused"]);
    fs.appendFileSync(join(cwd, "lake/bronze/a\\b/c.csv"), ROW);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual(["bronze/a\\b/c.csv refused"]);
    expect(outcomes((await cli(["run", "--json"], { cwd })).stdout)).toEqual([]);
  });

  it("refused and rejected input decides the exit code; the other batches are done all the same", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + BAD, "lake/bronze/b.csv": "", "lake/bronze/c.csv": HEADER });
    const first = await cli(["run", "--json"], { cwd });
    expect([first.code, outcomes(first.stdout)]).toEqual([
      1,
      ["bronze/a.csv done", "bronze/b.csv refused", "bronze/c.csv done"],
    ]);
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect((await cli(["run", "--reprocess", "a", "--fail-on-rejects"], { cwd })).code).toBe(1);
    expect((await cli(["run", "--reprocess", "a"], { cwd })).code).toBe(0);
  });

  it("takes a file: URL for a directory", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    const { code } = await cli(["run", `file://${cwd}/lake`], { cwd });
    expect([code, tree(join(cwd, "lake"))["silver/a.csv"]]).toEqual([0, HEADER + ROW]);
  });

  it("leaves a file alone that somebody still has open for writing, says so, and processes it when it is closed", async () => {
    const cwd = folder({ "lake/bronze/whole.csv": HEADER + ROW, "lake/bronze/slow.csv": HEADER });
    const fd = fs.openSync(join(cwd, "lake/bronze/slow.csv"), "a");
    const during = await binary(["run"], { cwd });
    expect(during.stdout).toMatch(/^bronze\/whole.csv\tdone\t/);
    expect(during.stdout).not.toContain("slow.csv");
    expect(during.stderr).toContain("Ignored bronze/slow.csv: it is still being written.");
    fs.writeSync(fd, ROW);
    fs.closeSync(fd);
    expect((await cli(["run"], { cwd })).stdout).toMatch(/^bronze\/slow.csv\tdone\t1\t/);
  });
});
