import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import list from "../../src/cost/prices.us-east-1.json" with { type: "json" };
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { inProcess as cli } from "./in-process.ts";
import { emptyLake, folder, HEADER, hasScript, ODD, onTerminal, ROW, stamps } from "./run-cli.ts";

const ROWS = 1000;

async function lake(): Promise<string> {
  const cwd = folder({ "a.csv": HEADER + ROW.repeat(ROWS) + ODD, "bad.csv": "" });
  await cli(["ingest", "a.csv"], { cwd });
  await cli(["ingest", "bad.csv"], { cwd });
  return cwd;
}

type Item = { name: string; quantity: number; unit: string; price: number; month: number };

const itemsOf = (document: { estimate: { services: { items: Item[] }[] } }) =>
  new Map(document.estimate.services.flatMap(({ items }) => items).map((item) => [item.name, item]));

describe("vantageflow cost", () => {
  it("estimates a month from the lake's listings and receipts, and writes nothing", async () => {
    const cwd = await lake();
    const before = stamps(join(cwd, "lake"));
    const { code, stdout, stderr } = await cli(["cost", "--json"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
    const document = JSON.parse(stdout);
    // The lake is minutes old: its pace is that of an hour.
    expect(document).toMatchObject({ version: 1, lake: "./lake", measured_hours: 1, estimate: { kind: "estimate" } });
    const items = itemsOf(document);
    const bytes = fs.statSync(join(cwd, "lake/silver/a.csv")).size;
    expect(items.get("silver/ in Standard")?.quantity).toBe(bytes / 2 ** 30);
    // Two functions for a.csv, one for bad.csv, four sweeps, and twelve looks each for what the tables of readings and of
    // detections have not.
    expect(items.get("invocations")?.quantity).toBeCloseTo((31 * 730) / 1e6, 12);
    const months = [...items.values()].reduce((sum, { month }) => sum + month, 0);
    expect(document.estimate.month).toBeCloseTo(months, 4);
    expect(document.estimate.month_free_tier).toBeLessThan(document.estimate.month);
  });

  it("prints services and items, the totals, and that it is an estimate of which prices", async () => {
    const cwd = await lake();
    const { code, stdout, stderr } = await cli(["cost", "lake"], { cwd });
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.every((row) => row.length === 6)).toBe(true);
    expect(new Set(rows.map(([service]) => service))).toEqual(
      new Set(["S3", "Lambda", "CloudWatch", "Data transfer", "estimate"]),
    );
    for (const [service, , quantity, , price, month] of rows.filter(([name]) => name !== "estimate")) {
      expect([service, Number(quantity) * Number(price)]).toEqual([service, expect.closeTo(Number(month), 2)]);
    }
    expect(rows.slice(-3).map((row) => row.slice(0, 2))).toEqual([
      ["estimate", ""],
      ["estimate", "with the free tier"],
      ["estimate", "for CostExceeded, per whole day"],
    ]);
    const { alarms } = JSON.parse((await cli(["status", "lake", "--json"], { cwd })).stdout);
    const { value } = alarms.find(({ name }: { name: string }) => name === "CostExceeded");
    // The lake has just been made.
    expect([rows.at(-1)?.[5], value]).toEqual(["none yet", null]);
    expect(stderr).toBe(
      `ESTIMATE, not a bill; prices of ${list.date}, us-east-1. A month at the pace of 1 h, for the lake is young.\n`,
    );
  });

  it("projects months one by one, cheaper with the free tier, and stored bytes never shrink", async () => {
    const cwd = await lake();
    const { projection } = JSON.parse((await cli(["cost", "--months", "14", "--json"], { cwd })).stdout);
    expect(projection.map(({ month }: { month: number }) => month)).toEqual(
      Array.from({ length: 14 }, (_, i) => i + 1),
    );
    for (const [i, { stored_bytes, cost, cost_free_tier }] of projection.entries()) {
      expect(cost_free_tier).toBeLessThan(cost);
      expect(stored_bytes).toBeGreaterThanOrEqual(i === 0 ? 1 : projection[i - 1].stored_bytes);
    }
    const { stdout } = await cli(["cost", "--months", "3"], { cwd });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t").length),
    ).toEqual([4, 4, 4]);
  });

  it("says of a new lake what it would cost to have it", async () => {
    const cwd = emptyLake();
    const empty = JSON.parse((await cli(["cost", "--json"], { cwd })).stdout);
    expect(itemsOf(empty).get("compute, arm64")?.quantity).toBe(0);
  });

  it.each(["0", "-1", "1.5", "121", "x", ""])("refuses --months %j", async (months) => {
    const { code, stderr } = await cli(["cost", `--months=${months}`], { cwd: folder() });
    expect([code, stderr]).toEqual([2, expect.stringContaining("Try --months 12.")]);
  });

  it("counts no file that only looks like a receipt", async () => {
    const cwd = await lake();
    const before = itemsOf(JSON.parse((await cli(["cost", "--json"], { cwd })).stdout));
    const receipts = join(cwd, "lake/receipts/vantageflow-process-iot");
    fs.mkdirSync(join(receipts, "odd.csv"));
    fs.writeFileSync(join(receipts, "odd.csv/t.json"), "no JSON");
    fs.writeFileSync(join(receipts, "odd.csv/u.json"), "{}");
    const { code, stdout } = await cli(["cost", "--json"], { cwd });
    const after = itemsOf(JSON.parse(stdout));
    expect([code, after.get("invocations")]).toEqual([0, before.get("invocations")]);
  });

  it("says the same of the same lake in a bucket, and only lists and reads there", async () => {
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const server = await startS3Server(credentials);
    afterAll(() => server.close());
    const client = connect({ ...credentials, endpoint: server.endpoint });
    const url = `s3://${await makeBucket(client)}`;
    client.destroy();
    const env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
    const cwd = await lake();
    await cli(["ingest", "a.csv", "--lake", url], { cwd, env });
    await cli(["ingest", "bad.csv", "--lake", url], { cwd, env });
    const before = server.requests.length;
    const bucket = itemsOf(JSON.parse((await cli(["cost", url, "--json"], { cwd, env })).stdout));
    const asked = server.requests.slice(before);
    expect(asked.filter((request) => !/^GET (\?|receipts\/)/.test(request))).toEqual([]);
    const directory = itemsOf(JSON.parse((await cli(["cost", "--json"], { cwd })).stdout));
    for (const name of ["silver/ in Standard", "PUT and LIST requests", "GET and HEAD requests", "invocations"]) {
      expect([name, bucket.get(name)]).toEqual([name, directory.get(name)]);
    }
  });

  it.runIf(hasScript)("is a table on a terminal", async () => {
    const shown = onTerminal("cost --no-color", await lake());
    expect(shown).toMatch(/service +item +quantity +unit +\$ per unit +\$ a month/);
    expect(shown).toContain("ESTIMATE, not a bill");
  });
});
