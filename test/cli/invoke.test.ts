import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { CLI, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

const PROCESS = "vantageflow-process-iot";
const AGGREGATE = "vantageflow-silver-to-gold";

async function eventOf(cwd: string, key: string, ...flags: string[]): Promise<string> {
  return (await cli(["generate-event", "s3-put", "--key", key, ...flags], { cwd })).stdout;
}

describe("invoke", () => {
  it("gives each function its event, from stdin or a file, and ends in the very lake that run makes", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW + ODD });
    fs.cpSync(join(cwd, "lake"), join(cwd, "alone"), { recursive: true });
    await cli(["run", "alone"], { cwd });
    const split = await cli(["invoke", PROCESS, "--event", "-"], { cwd, input: await eventOf(cwd, "bronze/a.csv") });
    expect([split.code, split.stdout]).toEqual([0, expect.stringMatching(/^bronze\/a.csv\tdone\t2\t1\t1\t/)]);
    expect(split.stderr).toContain("vantageflow run");
    fs.writeFileSync(join(cwd, "event.json"), await eventOf(cwd, "silver/a.csv"));
    const gold = await cli(["invoke", "silverToGold", "--event", "event.json", "--json"], { cwd });
    const { version, function: name, attempts, batches, ignored } = JSON.parse(gold.stdout);
    expect([version, name, attempts, batches[0].outcome, ignored]).toEqual([1, AGGREGATE, 1, "done", []]);
    expect(tree(join(cwd, "lake"))).toEqual(tree(join(cwd, "alone")));
    expect((await cli(["run", "--json"], { cwd })).stdout).toContain('"batches":[]');
    const logs = fs.readdirSync(join(cwd, "lake/logs"), { recursive: true, encoding: "utf8" });
    expect(logs.filter((log) => log.includes("-invoke-"))).toHaveLength(2);
  });

  it("exits 1 for a file that is refused, which is not tried again", async () => {
    const cwd = folder({ "lake/bronze/a.csv": "junk\n" });
    const input = await eventOf(cwd, "bronze/a.csv");
    const { code, stdout } = await cli(["invoke", PROCESS, "--event", "-", "--json"], { cwd, input });
    expect([code, JSON.parse(stdout).attempts, JSON.parse(stdout).batches[0].outcome]).toEqual([1, 1, "refused"]);
  });

  it("tries what fails three times, says when it tries again, and leaves one dead letter that a redrive closes", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/silver/a.csv/x": "in the way" });
    const input = await eventOf(cwd, "bronze/a.csv");
    const args = ["invoke", PROCESS, "--event", "-", "--retry-delay", "0.05", "--json"];
    const { code, stdout, stderr } = await cli(args, { cwd, input });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { attempts: 3, batches: [{ outcome: "failed" }] }]);
    const told = [...stderr.matchAll(/^Attempt (\d) failed: .* (Next attempt in .* s|That was the last attempt)\.$/gm)];
    expect(told.map(([, attempt, next]) => [attempt, next])).toEqual([
      ["1", "Next attempt in 0.05 s"],
      ["2", "Next attempt in 0.1 s"],
      ["3", "That was the last attempt"],
    ]);
    expect((await cli(["run", "--json"], { cwd })).stdout).toContain('"batches":[]');
    const list = async () => JSON.parse((await cli(["dlq", "list", "--all", "--json"], { cwd })).stdout).dead_letters;
    expect(await list()).toMatchObject([{ source: "bronze/a.csv", code: "storage_failed", open: true }]);
    fs.rmSync(join(cwd, "lake/silver/a.csv"), { recursive: true });
    expect((await cli(["dlq", "redrive"], { cwd })).code).toBe(0);
    expect(await list()).toMatchObject([{ open: false, closed: "redriven" }]);
  });

  it("interrupted between two attempts it exits 130 and leaves the object as work", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/silver/a.csv/x": "in the way" });
    fs.writeFileSync(join(cwd, "event.json"), await eventOf(cwd, "bronze/a.csv"));
    const child = spawn(process.execPath, [CLI, "invoke", PROCESS, "--event", "event.json"], { cwd });
    const closed = new Promise((resolve) => child.on("close", resolve));
    child.stderr.once("data", () => child.kill("SIGINT"));
    expect(await closed).toBe(130);
    fs.rmSync(join(cwd, "lake/silver/a.csv"), { recursive: true });
    expect((await cli(["run", "--json"], { cwd })).stdout).toContain('"outcome":"done"');
  });

  it("ignores what is not its own, with the reason, and does what else the event names", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    const records = [];
    for (const [key, ...flags] of [["bronze/a.csv", "--bucket", "other"], ["silver/a.csv"], ["bronze/a.csv"]]) {
      records.push(...JSON.parse(await eventOf(cwd, key, ...flags)).Records);
    }
    const input = JSON.stringify({ Records: records });
    const { code, stdout } = await cli(["invoke", PROCESS, "--event", "-", "--json"], { cwd, input });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        batches: [{ key: "bronze/a.csv", outcome: "done" }],
        ignored: [{ reason: 'it is in the bucket "other", not "vantageflow-local"' }, { key: "silver/a.csv" }],
      },
    ]);
    const other = await cli(["invoke", PROCESS, "--event", "-"], {
      cwd,
      input: await eventOf(cwd, "x", "--bucket", "o"),
    });
    expect([other.code, other.stderr]).toEqual([0, 'Ignored x: it is in the bucket "o", not "vantageflow-local".\n']);
  });

  it("says where an event is no JSON, and what is missing", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "e.json": '{\n  "Records": oops\n}' });
    const wrong: [string[], number, string][] = [
      [["invoke", PROCESS, "--event", "e.json"], 1, '"e.json": line 2, column 14: this is not JSON'],
      [["invoke", PROCESS, "--event", "-"], 1, '"stdin": line 1, column 1: this is not JSON'],
      [["invoke", PROCESS, "--event", "none.json"], 1, "vantageflow generate-event s3-put"],
      [["invoke", "nope", "--event", "e.json"], 2, `There are ${PROCESS} and ${AGGREGATE}`],
      [["invoke", PROCESS], 2, "--event"],
      [["invoke", PROCESS, "--event", "e.json", "--lake", "none"], 1, "there is no such lake"],
    ];
    for (const [args, code, text] of wrong) {
      const ran = await cli(args, { cwd });
      expect([args, ran.code, ran.stderr]).toEqual([args, code, expect.stringContaining(text)]);
    }
  });
});

describe("generate-event", () => {
  it("prints AWS's event, the same every time, with the key form-encoded and every field that S3 sends", async () => {
    const cwd = folder();
    const flags =
      "--bucket my-bucket --size 7 --etag e1 --version-id v1 --region eu-central-1 --time 2026-01-31T12:00:00Z";
    const once = await eventOf(cwd, "bronze/a b+c&ü.csv", ...flags.split(" "));
    expect(await eventOf(cwd, "bronze/a b+c&ü.csv", ...flags.split(" "))).toBe(once);
    const [record] = JSON.parse(once).Records;
    expect(record).toMatchObject({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "eu-central-1",
      eventTime: "2026-01-31T12:00:00.000Z",
      eventName: "ObjectCreated:Put",
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "bronze-trigger",
        bucket: { name: "my-bucket", arn: "arn:aws:s3:::my-bucket" },
        object: { key: "bronze/a+b%2Bc%26%C3%BC.csv", size: 7, eTag: "e1", versionId: "v1" },
      },
    });
    for (const field of ["userIdentity", "requestParameters", "responseElements"]) expect(record).toHaveProperty(field);
    expect(record.s3.object.sequencer).toMatch(/^[0-9A-F]{16}$/);
  });

  it("takes size and version from the lake where it holds the object, and never makes one", async () => {
    const cwd = folder();
    const [absent] = JSON.parse(await eventOf(cwd, "bronze/a.csv")).Records;
    expect(absent).toMatchObject({ eventTime: "1970-01-01T00:00:00.000Z", s3: { object: { size: 1024 } } });
    expect(absent.s3.object).not.toHaveProperty("versionId");
    expect(fs.readdirSync(cwd)).toEqual([]);
    fs.mkdirSync(join(cwd, "lake/bronze"), { recursive: true });
    fs.writeFileSync(join(cwd, "lake/bronze/a.csv"), HEADER);
    const [present] = JSON.parse(await eventOf(cwd, "bronze/a.csv")).Records;
    expect(present.s3.object).toMatchObject({ size: HEADER.length, eTag: expect.stringMatching(/^[0-9a-f]{24}$/) });
  });

  it("prints the event that S3 sends to try a notification, and knows no other", async () => {
    const cwd = folder({ "lake/x": "" });
    const test = await cli(["generate-event", "s3-test", "--bucket", "b"], { cwd });
    expect(JSON.parse(test.stdout)).toMatchObject({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "b" });
    const ran = await cli(["invoke", PROCESS, "--event", "-"], { cwd, input: test.stdout });
    expect([ran.code, ran.stderr]).toEqual([0, "The event names no object.\n"]);
    for (const args of [["s3-delete"], ["s3-put", "--size", "x"], ["s3-put", "--time", "x"], []]) {
      expect([args, (await cli(["generate-event", ...args], { cwd })).code]).toEqual([args, 2]);
    }
  });
});
