import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { CLI, folder, HEADER, hasScript, lakeWithHistory, ODD, ROW, tree, typed } from "./run-cli.ts";

const KEY = "bronze/readings.csv";
const ALL = ["bronze", "silver", "anomalies", "gold", "receipts", "dead-letter", "logs"];
const json = async (args: string[], cwd: string) => JSON.parse((await cli([...args, "--json"], { cwd })).stdout);

describe("versions and restore", () => {
  it("list and bring back what an ingest has overwritten; run makes the layers follow", async () => {
    const cwd = await lakeWithHistory();
    const { versions, ...rest } = await json(["versions", KEY], cwd);
    expect(rest).toEqual({ version: 1, key: KEY });
    expect(versions).toEqual([
      {
        version_id: expect.any(String),
        current: true,
        size: expect.any(Number),
        time: expect.any(String),
        deleted: false,
      },
      {
        version_id: expect.any(String),
        current: false,
        size: expect.any(Number),
        time: expect.any(String),
        deleted: false,
      },
    ]);
    const before = tree(join(cwd, "lake"));
    const restored = await cli(["restore", KEY, "--at", "24h"], { cwd });
    expect([restored.code, restored.stderr]).toEqual([0, "Next: vantageflow run\n"]);
    expect(restored.stdout.split("\t").slice(0, 3)).toEqual([KEY, "restored", versions[1].version_id]);
    await cli(["run"], { cwd });
    const after = tree(join(cwd, "lake"));
    expect([after[KEY], after["anomalies/readings.csv"]]).toEqual([HEADER + ODD, HEADER + ODD]);
    const again = await cli(["restore", KEY, "--version-id", versions[1].version_id], { cwd });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("Nothing was written")]);
    await cli(["restore", KEY, "--version-id", versions[0].version_id], { cwd });
    await cli(["run"], { cwd });
    expect(tree(join(cwd, "lake"))).toEqual(before);
  });

  it("say what to type when the key, the version or the time is none", async () => {
    const cwd = await lakeWithHistory();
    const cases: [string[], number, RegExp][] = [
      [["versions", "readings.csv"], 0, /begin with their layer: bronze\/readings.csv/],
      [["versions", "../x"], 1, /key_invalid|leads to another folder/],
      [["restore", KEY], 2, /--version-id ID or --at TIME/],
      [["restore", KEY, "--at", "1h", "--version-id", "x"], 2, /both given/],
      [["restore", KEY, "--at", "yesterday"], 2, /Cannot use --at "yesterday"/],
      [["restore", KEY, "--at", "2020-01-01"], 1, /none at 2020-01-01T00:00:00.000Z.*There are \w+ of /],
      [["restore", KEY, "--version-id", "nope"], 1, /no version nope.*See vantageflow versions/],
      [
        ["restore", "bronze/none.csv", "--at", "1h"],
        1,
        /it is not there, and nothing is kept of it: versions are kept for 30 days/,
      ],
      [["restore", "logs/none.jsonl", "--at", "1h"], 1, /nothing is kept of what is replaced or removed under logs\//],
    ];
    for (const [args, code, said] of cases) {
      const ran = await cli(args, { cwd });
      expect([args, ran.code, ran.stderr]).toEqual([args, code, expect.stringMatching(said)]);
    }
  });

  it("never say that there was none of what was purged, and tell it where a receipt still does", async () => {
    const cwd = await lakeWithHistory();
    const later = new Date(Date.now() + 80 * 86_400_000).toISOString();
    await cli(["expire", "--now", later], { cwd });
    await cli(["expire", "--now", later], { cwd });
    for (const key of [KEY, "anomalies/readings.csv"]) {
      const { code, stdout, stderr } = await cli(["versions", key], { cwd });
      expect([code, stdout]).toEqual([0, ""]);
      expect(stderr).toMatch(
        /: a receipt of 20\S+Z tells of it, but nothing is kept of it any more: versions are kept for \d+/,
      );
      const restored = await cli(["restore", key, "--at", "0s"], { cwd });
      expect([restored.code, restored.stderr]).toEqual([
        1,
        expect.stringMatching(
          /Cannot restore ".*": a receipt of .* tells of it, .*Check the key, or look for it in a backup\.\n$/,
        ),
      ]);
    }
    fs.rmSync(join(cwd, "lake/receipts"), { recursive: true });
    const { stderr } = await cli(["versions", KEY], { cwd });
    expect(stderr).toMatch(
      /: it is not there, and nothing is kept of it: versions are kept for 30 days after they were/,
    );
  });
});

describe("contracts, tables and state", () => {
  const OLD_KEYS = ["contracts/station.json", "state/stream/shard.json", "tables/readings/_delta_log/0.json"];
  const EVERY = [...ALL, "contracts", "tables", "state"];

  it("make no folder in a lake that has none of them", async () => {
    const cwd = await lakeWithHistory();
    await cli(["expire"], { cwd });
    await cli(["backup", "copy"], { cwd });
    for (const lake of ["lake", "copy"]) {
      const folders = fs.readdirSync(join(cwd, lake)).filter((name) => /^(contracts|tables|state)$/.test(name));
      expect([lake, folders]).toEqual([lake, []]);
    }
  });

  // A contract that claims nothing here: one that could not be read would keep all from landing.
  const OLD = '{"name":"old","prefix":"bronze/old/"}';

  it("outlive expire however old they are, go into a backup and come back from it", async () => {
    const cwd = await lakeWithHistory(Object.fromEntries(OLD_KEYS.map((key) => [`lake/${key}`, OLD])));
    const tenYearsAgo = Date.now() / 1000 - 3653 * 86_400;
    for (const key of OLD_KEYS) fs.utimesSync(join(cwd, "lake", key), tenYearsAgo, tenYearsAgo);
    await cli(["expire"], { cwd });
    const there = tree(join(cwd, "lake"), EVERY);
    expect(
      Object.keys(there)
        .filter((key) => OLD_KEYS.includes(key))
        .sort(),
    ).toEqual(OLD_KEYS);
    await cli(["backup", "copy"], { cwd });
    expect(tree(join(cwd, "copy"), EVERY)).toEqual(there);
    fs.rmSync(join(cwd, "lake"), { recursive: true });
    expect((await cli(["restore-from", "copy"], { cwd })).code).toBe(0);
    expect(tree(join(cwd, "lake"), EVERY)).toEqual(there);
  });
});

describe("expire", () => {
  it("does exactly what its dry run says, and keeps and names what is still to be processed", async () => {
    const cwd = await lakeWithHistory({ "lake/bronze/waiting.csv": HEADER + ROW });
    const now = new Date(Date.now() + 40 * 86_400_000).toISOString();
    const before = tree(join(cwd, "lake"), ALL);
    const gone = [KEY, "anomalies/readings.csv", ...Object.keys(before).filter((key) => key.startsWith("logs/"))];
    const dry = await json(["expire", "--dry-run", "--now", now], cwd);
    expect(tree(join(cwd, "lake"), ALL)).toEqual(before);
    expect(dry.removed.map(({ key }: { key: string }) => key)).toEqual(gone);
    expect(dry.kept).toEqual([{ key: "bronze/waiting.csv", reason: "unprocessed" }]);
    expect(dry.warnings).toMatchObject([{ code: "gold_not_rebuildable", keys: ["gold/readings.csv"] }]);
    expect(dry.purged.length).toBe(4);
    const { dry_run, ...done } = await json(["expire", "--now", now], cwd);
    expect([dry_run, done]).toEqual([false, { ...dry, dry_run: undefined }]);
    expect(tree(join(cwd, "lake"), ALL)).toEqual(
      Object.fromEntries(Object.entries(before).filter(([key]) => !gone.includes(key))),
    );
    const quiet = await cli(["expire"], { cwd });
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, "", "Nothing in ./lake is past its retention.\n"]);
    const [, removed] = (await json(["versions", KEY], cwd)).versions;
    await cli(["restore", KEY, "--version-id", removed.version_id], { cwd });
    expect(tree(join(cwd, "lake"))[KEY]).toBe(before[KEY]);
    const said = await cli(["expire", "--now", now], { cwd });
    expect(said.stderr).toContain("Kept 2 objects past retention, still to be processed. Next: vantageflow run");
  });
});

describe("backup and restore-from", () => {
  it("make both sides equal byte for byte; again copies nothing", async () => {
    const cwd = await lakeWithHistory({ "empty.csv": "" });
    await cli(["ingest", "empty.csv"], { cwd });
    await cli(["backup", "./copy"], { cwd });
    expect(tree(join(cwd, "copy"), ALL)).toEqual(tree(join(cwd, "lake"), ALL));
    const again = await json(["backup", "./copy"], cwd);
    const files = Object.keys(tree(join(cwd, "lake"), ALL)).length;
    expect(again).toMatchObject({ version: 1, copied: [], same: files, removed: [], extra: [], failed: [] });
    expect(fs.existsSync(join(cwd, "copy/.vantageflow/versions"))).toBe(false);
  });

  it("into an empty lake: run finds nothing to process and only renews the receipts", async () => {
    const cwd = await lakeWithHistory({ "empty.csv": "" });
    await cli(["ingest", "empty.csv"], { cwd });
    await cli(["backup", "./copy"], { cwd });
    const before = tree(join(cwd, "lake"), ["bronze", "silver", "anomalies", "gold", "dead-letter"]);
    fs.rmSync(join(cwd, "lake"), { recursive: true });
    const restored = await cli(["restore-from", "./copy"], { cwd });
    expect([restored.code, restored.stderr]).toEqual([0, expect.stringContaining("Next: vantageflow run\n")]);
    const { batches } = await json(["run"], cwd);
    expect(batches.map(({ key, outcome }: { key: string; outcome: string }) => [key, outcome])).toEqual([
      ["bronze/empty.csv", "refused"],
      [KEY, "already_ingested"],
    ]);
    expect(tree(join(cwd, "lake"), ["bronze", "silver", "anomalies", "gold", "dead-letter"])).toEqual(before);
    expect((await json(["run"], cwd)).batches).toEqual([]);
  });

  it("refuse a place that is the lake, is in it or holds it, also through a link", async () => {
    const cwd = await lakeWithHistory();
    fs.symlinkSync(join(cwd, "lake"), join(cwd, "link"));
    for (const place of ["lake", "./lake/bronze", "link/gold/x", ".", "..", `file://${cwd}/lake`]) {
      for (const command of ["backup", "restore-from"]) {
        const { code, stderr } = await cli([command, place], { cwd });
        expect([command, place, code, stderr]).toEqual([
          command,
          place,
          2,
          expect.stringContaining("Use a place of its own"),
        ]);
      }
    }
    expect((await cli(["backup", "./lake-2"], { cwd })).code).toBe(0);
  });

  it("keep what is only in the destination; --delete needs --yes where nobody can be asked", async () => {
    const cwd = await lakeWithHistory();
    fs.mkdirSync(join(cwd, "backup/bronze"), { recursive: true });
    fs.writeFileSync(join(cwd, "backup/bronze/old.csv"), "x");
    const kept = await cli(["backup", "./backup"], { cwd });
    expect(kept.stderr).toContain("1 only in ./backup, kept; --delete removes them.");
    const refused = await cli(["backup", "./backup", "--delete"], { cwd });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Add --yes")]);
    expect(tree(join(cwd, "backup"))["bronze/old.csv"]).toBe("x");
    const removed = await json(["backup", "./backup", "--delete", "--yes"], cwd);
    expect(removed.removed).toEqual(["bronze/old.csv"]);
    expect(tree(join(cwd, "backup"), ALL)).toEqual(tree(join(cwd, "lake"), ALL));
  });

  it.runIf(hasScript)("--delete asks on a terminal, and does nothing at all without a yes", async () => {
    const cwd = await lakeWithHistory();
    fs.writeFileSync(join(cwd, "backup/bronze/old.csv"), "x");
    fs.writeFileSync(join(cwd, "lake/bronze/new.csv"), HEADER);
    for (const answer of ["n\n", "\n", "\u0004", "\u0003"]) {
      const { code, output } = await typed("backup ./backup --delete", cwd, answer);
      expect([answer, code]).toEqual([answer, 1]);
      expect(output).toContain("Remove 1 object only in ./backup, such as bronze/old.csv? [y/N]");
      const { "bronze/old.csv": old, "bronze/new.csv": fresh } = tree(join(cwd, "backup"));
      expect([old, fresh]).toEqual(["x", undefined]);
    }
    expect((await typed("backup ./backup --delete", cwd, "y\n")).code).toBe(0);
    expect(tree(join(cwd, "backup"), ALL)).toEqual(tree(join(cwd, "lake"), ALL));
  });

  it("an empty or mistyped source empties nothing", async () => {
    const cwd = await lakeWithHistory();
    const before = tree(join(cwd, "backup"), ALL);
    for (const args of [
      ["backup", "./backup", "--lake", "./lkae", "--delete", "--yes"],
      ["restore-from", "./bakcup", "--delete", "--yes"],
      ["restore-from", "./bakcup"],
    ]) {
      const { code, stderr } = await cli(args, { cwd });
      expect([args, code, stderr]).toEqual([args, 1, expect.stringContaining("there is no such lake")]);
    }
    expect(tree(join(cwd, "backup"), ALL)).toEqual(before);
    fs.mkdirSync(join(cwd, "empty"));
    for (const args of [
      ["backup", "./backup", "--lake", "./empty", "--delete", "--yes"],
      ["restore-from", "./empty", "--delete", "--yes"],
      ["restore-from", "./empty"],
    ]) {
      const { code, stderr } = await cli(args, { cwd });
      expect([args, code, stderr]).toEqual([args, 1, expect.stringContaining("there is no object in")]);
    }
    expect(tree(join(cwd, "backup"), ALL)).toEqual(before);
    expect((await cli(["backup", "./new", "--lake", "./empty"], { cwd })).code).toBe(0);
  });

  it("killed at any moment, the next run completes it and copies only what is missing", async () => {
    const cwd = folder();
    for (let i = 0; i < 40; i++) {
      fs.mkdirSync(join(cwd, "lake/bronze"), { recursive: true });
      fs.writeFileSync(join(cwd, "lake/bronze", `b${i}.csv`), HEADER + ROW.repeat(5000) + ODD);
    }
    await cli(["run"], { cwd });
    const wanted = tree(join(cwd, "lake"), ALL);
    for (const delay of [0, 40, 90, 160]) {
      const copy = `copy-${delay}`;
      const child = spawn(process.execPath, [CLI, "backup", copy], { cwd });
      while (!fs.existsSync(join(cwd, copy))) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.on("exit", resolve));
      const there = tree(join(cwd, copy), ALL);
      for (const [key, text] of Object.entries(there)) expect(text === wanted[key], key).toBe(true);
      const { copied, same } = await json(["backup", copy], cwd);
      expect([same, copied.length]).toEqual([
        Object.keys(there).length,
        Object.keys(wanted).length - Object.keys(there).length,
      ]);
      expect(tree(join(cwd, copy), ALL)).toEqual(wanted);
      expect(fs.readdirSync(join(cwd, copy, ".vantageflow/tmp"))).toEqual([]);
    }
  });
});
