import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { faulty } from "../faults/lakes.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ODD, ROW, stamps, tree } from "./run-cli.ts";

/**
 * A command over many objects treats each by itself: one that it can do nothing with is told and exits 1, the rest is
 * done, and the account of it is printed all the same.
 */

const LATER = "2030-01-01";
const NAMES = ["back\\slash.csv", "tab\there.csv", "%2e%2e/encoded dots.csv", `${"long".repeat(50)}.csv`];
const ALL = ["bronze", "silver", "anomalies", "gold", "receipts", "dead-letter", "logs"];

/** What `--json` printed: one document. */
const documentOf = (stdout: string) => JSON.parse(stdout);
const keys = (items: readonly { readonly key: string }[]) => items.map(({ key }) => key);

async function lakeOf(names: readonly string[]): Promise<string> {
  const files = Object.fromEntries(
    names.map((name, i) => [`lake/bronze/${name}`, HEADER + ROW.replace("20.5", `${i}`)]),
  );
  const cwd = folder(files);
  await cli(["run"], { cwd });
  return cwd;
}

describe("expire", () => {
  it("removes all but what no store could name, tells that in text and JSON, and its dry run promised no more", async () => {
    const cwd = await lakeOf(["a.csv", "b.csv", ...NAMES]);
    const odd = NAMES.map((name) => `bronze/${name}`);
    const dry = await cli(["expire", "--now", LATER, "--dry-run", "--json"], { cwd });
    const text = await cli(["expire", "--now", LATER, "--dry-run"], { cwd });
    expect([text.code, text.stdout.match(/\tfailed\t/g)?.length]).toEqual([1, odd.length]);
    const told = /Cannot remove .*\. Remove it with the tool that put it there, or rename it\.\n/g;
    expect(text.stderr.match(told)).toHaveLength(odd.length);
    const before = tree(join(cwd, "lake"), ALL);
    const { dry_run, ...promised } = documentOf(dry.stdout);
    expect([dry.code, dry_run, new Set(keys(promised.failed))]).toEqual([1, true, new Set(odd)]);
    const ran = await cli(["expire", "--now", LATER, "--json"], { cwd });
    expect([ran.code, documentOf(ran.stdout)]).toEqual([1, { dry_run: false, ...promised }]);
    const gone = new Set(keys(promised.removed));
    expect(gone.has("bronze/a.csv") && gone.has("gold/b.csv")).toBe(true);
    expect(Object.keys(tree(join(cwd, "lake"), ALL))).toEqual(Object.keys(before).filter((key) => !gone.has(key)));
  });

  it("a disk that fails at one object: the others go, and the next run removes that one", async () => {
    for (const errno of ["EACCES", "EIO", "EROFS"]) {
      const cwd = await lakeOf(["a.csv", "b.csv", "c.csv"]);
      const env = faulty({ lake: join(cwd, "lake"), kind: "rename", errno, path: "bronze/b.csv" });
      const args = ["expire", "--now", LATER, "--concurrency", "1"];
      const { code, stdout, stderr } = await cli([...args, "--json"], { cwd, env });
      const { failed, removed } = documentOf(stdout);
      expect([code, failed]).toEqual([1, [{ key: "bronze/b.csv", message: expect.stringContaining(errno) }]]);
      expect(stderr).toContain(failed[0].message);
      expect(keys(removed)).toEqual(expect.arrayContaining(["bronze/a.csv", "bronze/c.csv", "gold/c.csv"]));
      expect(Object.keys(tree(join(cwd, "lake"), ["bronze", "silver", "gold"]))).toEqual(["bronze/b.csv"]);
      const again = await cli(args, { cwd });
      expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("bronze/b.csv\tremove\t")]);
    }
  });

  it("warns only of gold that really lost what it was made of", async () => {
    const cwd = await lakeOf(["a.csv"]);
    const env = faulty({ lake: join(cwd, "lake"), kind: "rename", errno: "EIO", path: "bronze/a.csv" });
    const days = new Date(Date.now() + 40 * 86_400_000).toISOString();
    const args = ["expire", "--now", days, "--concurrency", "1", "--json"];
    const { stdout } = await cli(args, { cwd, env });
    expect([keys(documentOf(stdout).failed), documentOf(stdout).warnings]).toEqual([["bronze/a.csv"], []]);
    expect(documentOf((await cli(args, { cwd })).stdout).warnings).toMatchObject([{ keys: ["gold/a.csv"] }]);
  });

  it("versions that a link hides stop nothing else, and are told", async () => {
    const cwd = await lakeOf(["day/a.csv", "b.csv"]);
    fs.writeFileSync(join(cwd, "lake/bronze/day/a.csv"), HEADER + ODD);
    await cli(["run"], { cwd });
    fs.mkdirSync(join(cwd, "elsewhere"));
    const hidden = join(cwd, "lake/.vantageflow/versions/silver/day");
    fs.rmSync(hidden, { recursive: true });
    fs.symlinkSync(join(cwd, "elsewhere"), hidden);
    const { code, stdout } = await cli(["expire", "--now", LATER, "--json"], { cwd });
    const { failed, purged, removed } = documentOf(stdout);
    expect([code, keys(failed)]).toEqual([1, ["silver/day", "silver/day/a.csv"]]);
    expect(keys(purged)).toContain("gold/day/a.csv");
    expect(keys(removed)).toContain("bronze/b.csv");
  });

  it("says that it can be restored only where that is true", async () => {
    const cwd = folder({ "lake/logs/old.jsonl": "{}\n" });
    const logs = await cli(["expire", "--now", LATER], { cwd });
    expect([logs.code, logs.stderr]).toEqual([0, "1 object and 0 older versions removed.\n"]);
    fs.mkdirSync(join(cwd, "lake/gold"));
    fs.writeFileSync(join(cwd, "lake/logs/old.jsonl"), "{}\n");
    fs.writeFileSync(join(cwd, "lake/gold/a.csv"), "x");
    const both = await cli(["expire", "--now", LATER, "--json"], { cwd });
    expect(documentOf(both.stdout).removed).toMatchObject([
      { key: "gold/a.csv", restorable: true },
      { key: "logs/old.jsonl", restorable: false },
    ]);
    expect(both.stderr).toContain(
      "1 of the objects can be restored, receipts and run logs not: vantageflow versions KEY",
    );
  });
});

describe("expire over a bucket", () => {
  const credentials = { accessKeyId: "vantageflow", secretAccessKey: "secret" };
  const started = startS3Server(credentials);
  afterAll(async () => (await started).close());

  it("a DELETE that is throttled stops no other", async () => {
    const server = await started;
    const place = { name: "own", endpoint: server.endpoint, ...credentials };
    const client = connect(place);
    const lake = `s3://${await makeBucket(client, true)}`;
    client.destroy();
    const cwd = folder({ "a.csv": HEADER + ROW, "b.csv": HEADER + ODD, "c.csv": HEADER });
    const env = { ...environmentOf(place), AWS_MAX_ATTEMPTS: "2" };
    await cli(["ingest", "a.csv", "b.csv", "c.csv", "--lake", lake], { cwd, env });
    server.interfere = (method, key) => (method === "DELETE" && key.endsWith("bronze/b.csv") ? "503" : "none");
    const args = ["expire", "--now", LATER, "--lake", lake, "--json"];
    const { code, stdout } = await cli(args, { cwd, env });
    server.interfere = () => "none";
    const { failed, removed } = documentOf(stdout);
    expect([code, failed]).toEqual([1, [{ key: "bronze/b.csv", message: expect.stringContaining("SlowDown") }]]);
    expect(keys(removed)).toEqual(expect.arrayContaining(["bronze/a.csv", "bronze/c.csv", "gold/b.csv"]));
    expect(removed.every(({ restorable }: { restorable: boolean }) => restorable)).toBe(true);
    const { removed: rest, purged } = documentOf((await cli(args, { cwd, env })).stdout);
    expect([keys(rest), keys(purged)]).toEqual([
      expect.arrayContaining(["bronze/b.csv"]),
      expect.arrayContaining(["bronze/a.csv"]),
    ]);
    // The bucket's delete marker is all that is left of it.
    const restored = await cli(["restore", "bronze/a.csv", "--at", "0s", "--lake", lake], { cwd, env });
    expect([restored.code, restored.stderr]).toEqual([
      1,
      expect.stringMatching(
        /: it was removed 20\S+Z, and nothing is kept of it any more: versions are kept for 30 days/,
      ),
    ]);
  });
});

describe("diff", () => {
  it("compares all others when an object on both sides cannot be, tells it, and exits 1", async () => {
    const cwd = await lakeOf(["ok.csv", ...NAMES]);
    fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
    const odd = keys(documentOf((await cli(["expire", "--now", LATER, "--dry-run", "--json"], { cwd })).stdout).failed);
    const same = await cli(["diff", "lake", "copy", "--json"], { cwd });
    expect([same.code, keys(documentOf(same.stdout).failed), documentOf(same.stdout).different]).toEqual([1, odd, []]);
    fs.appendFileSync(join(cwd, "copy/silver/ok.csv"), "x\n");
    const { code, stdout, stderr } = await cli(["diff", "lake", "copy"], { cwd });
    expect([code, stdout]).toEqual([1, expect.stringContaining("silver/ok.csv\trow only in B\t3\t\t\tx")]);
    expect(stdout.match(/\tnot compared\t/g)).toHaveLength(odd.length);
    expect(stderr).toContain(`Objects: 3 the same, 1 different, ${odd.length} not compared.`);
  });

  it("an object that cannot be read is told, the others are compared", async () => {
    const cwd = await lakeOf(["a.csv", "b.csv", "c.csv"]);
    fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
    const env = faulty({ lake: join(cwd, "lake"), kind: "open", errno: "EIO", path: "bronze/b.csv" });
    const args = ["diff", "lake", "copy", "--prefix", "bronze/", "--concurrency", "1", "--json"];
    const { code, stdout } = await cli(args, { cwd, env });
    const { failed, same } = documentOf(stdout);
    expect([code, same, failed]).toEqual([1, 2, [{ key: "bronze/b.csv", message: expect.stringContaining("EIO") }]]);
  });
});

describe("report", () => {
  it("tells gold that it cannot read, reports all other, and exits 1; a broken object counts with no row", async () => {
    const cwd = await lakeOf(["a.csv", "b.csv"]);
    const gold = join(cwd, "lake/gold");
    fs.copyFileSync(join(gold, "b.csv"), join(gold, "back\\slash.csv"));
    fs.writeFileSync(join(gold, "a.csv"), `${fs.readFileSync(join(gold, "a.csv"), "utf8")}"broken\n`);
    const before = stamps(join(cwd, "lake"));
    const { code, stdout, stderr } = await cli(["report"], { cwd });
    expect([code, stdout]).toEqual([1, "FAB-1\t1\t1\t1\t1\t1\t0\t0.0\n"]);
    expect(stderr).toMatch(
      /Cannot read "gold\/a.csv": .*\n.*backslash.*\nWithout 2 gold objects that cannot be read\.\n$/,
    );
    const json = await cli(["report", "--json"], { cwd });
    const { devices, failed } = documentOf(json.stdout);
    expect([json.code, devices.length, keys(failed)]).toEqual([1, 1, ["gold/a.csv", "gold/back\\slash.csv"]]);
    expect((await cli(["report", "--format", "csv"], { cwd })).stdout).toContain("\nFAB-1,1,1,1,1,1,0,0\n");
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });
});

describe("status and cost", () => {
  it("tell a receipt that cannot be read, and all the rest", async () => {
    const cwd = await lakeOf(["a.csv", "b.csv"]);
    const path = "receipts/vantageflow-process-iot/b.csv/";
    const env = faulty({ lake: join(cwd, "lake"), kind: "open", errno: "EACCES", path });
    const broken = [{ key: expect.stringContaining(path), message: expect.stringContaining("EACCES") }];
    const cost = await cli(["cost", "--json"], { cwd, env });
    expect([cost.code, documentOf(cost.stdout).failed]).toEqual([1, broken]);
    expect(cost.stderr).toContain("EACCES");
    const status = await cli(["status", "--json"], { cwd, env });
    const { ignored, last_24h } = documentOf(status.stdout);
    expect([status.code, ignored.count, last_24h.done]).toEqual([0, 1, 2]);
    expect(documentOf((await cli(["cost", "--json"], { cwd })).stdout).failed).toEqual([]);
  });
});
