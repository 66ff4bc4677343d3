import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { rowsOfLayers, rowsOfTable } from "../tables/table.ts";
import { inProcess as cli } from "./in-process.ts";
import { emptyLake, folder, HEADER, ODD, ROW } from "./run-cli.ts";

/** The table of readings from the built command line. */

const LOG = "lake/tables/readings/_delta_log";

async function lakeOf(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = folder(Object.fromEntries(Object.entries(files).map(([name, text]) => [`lake/bronze/${name}`, text])));
  await cli(["run"], { cwd });
  return cwd;
}

/** The rows of the table and of the layers of a lake. */
async function bothOf(cwd: string): Promise<[string[], string[]]> {
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  const both: [string[], string[]] = [await rowsOfTable(storage), await rowsOfLayers(storage)];
  await storage.close();
  return both;
}

describe("vantageflow tables", () => {
  it("sync makes the table, says what came, and that there is nothing to do", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW + ODD, "b.csv": HEADER + ROW });
    const first = await cli(["tables", "sync"], { cwd });
    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toBe("3 rows of 2 batches came in, 0 went. 1 file written; the table is at version 1.\n");
    const again = await cli(["tables", "sync"], { cwd });
    expect(again.stderr).toBe(
      "Nothing to do in ./lake: tables/readings/ has all of silver and anomalies (version 1).\n",
    );
    const [table, layers] = await bothOf(cwd);
    expect([table.length, table]).toEqual([3, layers]);
    expect(fs.readdirSync(join(cwd, LOG)).toSorted()).toEqual(
      [0, 1].map((version) => `${String(version).padStart(20, "0")}.json`),
    );
    expect(fs.readdirSync(join(cwd, "lake/tables/readings")).toSorted()).toEqual(["_delta_log", "date=2025-01-01"]);
  });

  it("sync, list and history say it in JSON", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW + ODD });
    const synced = JSON.parse((await cli(["tables", "sync", "--json"], { cwd })).stdout);
    expect(synced).toMatchObject({
      version: 1,
      lake: "./lake",
      table: "readings",
      table_version: 1,
      batches: 1,
      rows: 2,
    });
    fs.writeFileSync(join(cwd, "lake/silver/hand.csv"), HEADER + ROW.replace("2025-01-01", "2025-02-01"));
    const { tables } = JSON.parse((await cli(["tables", "list", "--json"], { cwd })).stdout);
    expect(tables).toEqual([
      {
        ...{ name: "readings", id: expect.any(String), version: 1, rows: 2, files: 1, bytes: expect.any(Number) },
        days: ["2025-01-01", "2025-01-01"],
        columns: ["date", "timestamp", "nanos", "device_id", "value", "unit", "anomaly_score", "anomaly", "batch"],
        waiting: 1,
      },
    ]);
    await cli(["tables", "sync"], { cwd });
    const { commits } = JSON.parse((await cli(["tables", "history", "--json"], { cwd })).stdout);
    expect(
      commits.map((one: Record<string, unknown>) => [one.version, one.operation, one.batches, one.rows_added]),
    ).toEqual([
      [2, "WRITE", 1, 1],
      [1, "WRITE", 1, 2],
      [0, "CREATE TABLE", null, 0],
    ]);
    const { stdout } = await cli(["tables", "history", "--limit", "1"], { cwd });
    expect(stdout).toMatch(/^2\t.*\tWRITE\t1\t1\t0\t1\t0\tvantageflow\/\d+\.\d+\.\d+\n$/);
  });

  it("list shows that of detections, where there is one, and how many versions of readings wait for it", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW });
    for (const args of [["tables", "sync"], ["detect"]]) await cli(args, { cwd });
    const listed = async () => await cli(["tables", "list"], { cwd });
    expect(await listed()).toMatchObject({
      stdout: expect.stringMatching(
        /^readings\t1\t1\t1\t\d+\t2025-01-01\t2025-01-01\t0\ndetections\t0\t0\t0\t0\t\t\t0\n$/,
      ),
      stderr: "",
    });
    fs.writeFileSync(join(cwd, "lake/silver/hand.csv"), HEADER + ROW);
    await cli(["tables", "sync"], { cwd });
    const { stdout, stderr } = await listed();
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/\t0\ndetections\t.*\t1\n$/),
      "Next: vantageflow detect\n",
    ]);
    const { tables } = JSON.parse((await cli(["tables", "list", "--json"], { cwd })).stdout);
    expect(tables[1]).toMatchObject({ name: "detections", rows: 0, waiting: 1, days: null });
  });

  it("of a lake without a table say how to make it, and without a lake what every command says", async () => {
    const cwd = emptyLake();
    const next = "Make it: vantageflow tables sync";
    expect((await cli(["tables", "list"], { cwd })).stderr).toContain(`No table in ./lake yet. ${next}`);
    expect((await cli(["tables", "history"], { cwd })).stderr).toContain(`No table in ./lake yet. ${next}`);
    expect(await cli(["tables", "sync", "--lake", "nowhere"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot sync the tables of "nowhere": there is no such lake.'),
    });
  });

  it("sync refuses silver with an invalid row, and exits 1", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW });
    fs.writeFileSync(join(cwd, "lake/silver/hand.csv"), `${HEADER}${ROW}x,y,z\n`);
    const { code, stderr } = await cli(["tables", "sync"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("vantageflow: not in the table: ")]);
    expect(stderr).toContain("1 row of 1 batch came in");
  });

  it("sync --rebuild makes a table that is damaged anew, after asking, and says what silver does not have any more", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW, "b.csv": HEADER + ODD });
    await cli(["tables", "sync"], { cwd });
    fs.rmSync(join(cwd, LOG, `${"0".repeat(20)}.json`));
    const damaged = await cli(["tables", "sync", "--json"], { cwd });
    expect([damaged.code, JSON.parse(damaged.stdout).error.code]).toEqual([1, "table_damaged"]);
    expect(damaged.stderr).toContain("make it anew: vantageflow tables sync --rebuild");
    expect(await cli(["tables", "sync", "--rebuild"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Add --yes."),
    });
    for (const layer of ["bronze", "silver", "anomalies", "gold"]) fs.rmSync(join(cwd, `lake/${layer}/b.csv`));
    const { code, stderr } = await cli(["tables", "sync", "--rebuild", "--yes"], { cwd });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("1 batch had been in the table that silver does not have any more: b.csv."),
    ]);
    const [table, layers] = await bothOf(cwd);
    expect([table.length, table]).toEqual([1, layers]);
  });

  it("goes with the lake: a copy needs no rows written again, and a backup is a whole table", async () => {
    const cwd = await lakeOf({ "a.csv": HEADER + ROW, "b.csv": HEADER + ODD });
    await cli(["tables", "sync"], { cwd });
    fs.cpSync(join(cwd, "lake"), join(cwd, "copy"), { recursive: true });
    const copied = await cli(["tables", "sync", "--lake", "copy", "--json"], { cwd });
    expect(JSON.parse(copied.stdout)).toMatchObject({ commits: 0, batches: 0, renewed: 2 });
    await cli(["backup", "./backup"], { cwd });
    const { tables } = JSON.parse((await cli(["tables", "list", "--lake", "backup", "--json"], { cwd })).stdout);
    expect(tables).toMatchObject([{ version: 1, rows: 2 }]);
    const there = await cli(["tables", "sync", "--lake", "backup", "--json"], { cwd });
    expect(JSON.parse(there.stdout)).toMatchObject({ commits: 0, batches: 0 });
  });

  it("keeps the table of a bucket", async () => {
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const server = await startS3Server(credentials);
    const target = { name: "S3 test server", endpoint: server.endpoint, ...credentials };
    const client = connect(target);
    const lake = `s3://${await makeBucket(client)}/p`;
    const cwd = folder({ "a.csv": HEADER + ROW + ODD, "b.csv": HEADER + ROW });
    const call = { cwd, env: environmentOf(target) };
    await cli(["ingest", "a.csv", "b.csv", "--lake", lake], call);
    const synced = await cli(["tables", "sync", "--lake", lake, "--json"], call);
    expect(JSON.parse(synced.stdout)).toMatchObject({ commits: 1, batches: 2, rows: 3 });
    fs.writeFileSync(join(cwd, "a.csv"), HEADER + ROW);
    await cli(["ingest", "a.csv", "--overwrite", "--lake", lake], call);
    const again = await cli(["tables", "sync", "--lake", lake, "--json"], call);
    expect(JSON.parse(again.stdout)).toMatchObject({ batches: 1, replaced: 1, table_version: 2 });
    const { tables } = JSON.parse((await cli(["tables", "list", "--lake", lake, "--json"], call)).stdout);
    expect(tables).toMatchObject([{ version: 2, rows: 2, waiting: 0 }]);
    client.destroy();
    await server.close();
  });
});
