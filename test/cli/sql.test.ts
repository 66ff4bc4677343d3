import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { SOURCES } from "../sql/lake.ts";
import { inProcess as cli } from "./in-process.ts";
import { cli as binary, CLI, command, folder, hasScript, onTerminal } from "./run-cli.ts";

/** `vantageflow sql` as it is typed: the built binary over a lake that it has made itself. */

async function lakeWithTable(): Promise<string> {
  const cwd = folder(SOURCES);
  await cli(["ingest", ...Object.keys(SOURCES)], { cwd });
  await cli(["tables", "sync"], { cwd });
  return cwd;
}
const made = lakeWithTable();
const DEVICES =
  "select device_id, count(*) as readings, max(value) as highest from readings group by device_id order by 1";
const CSV = "device_id,readings,highest\nFAB-HUM-001,3,51.5\nFAB-TEM-001,5,40\nFAB-VIB-001,3,0.5\n";

describe("vantageflow sql", () => {
  it("answers a pipe in CSV, from an argument, a file and stdin alike", async () => {
    const cwd = await made;
    fs.writeFileSync(join(cwd, "devices.sql"), `-- devices\n${DEVICES};\n`);
    expect(await cli(["sql", DEVICES], { cwd })).toEqual({ code: 0, stdout: CSV, stderr: "" });
    expect((await cli(["sql", "--file", "devices.sql"], { cwd })).stdout).toBe(CSV);
    expect((await cli(["sql"], { cwd, input: DEVICES })).stdout).toBe(CSV);
    expect((await cli(["sql", "-"], { cwd, input: DEVICES })).stdout).toBe(CSV);
  });

  it("answers in the other formats", async () => {
    const cwd = await made;
    const json = await cli(["sql", DEVICES, "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: 1,
      lake: "./lake",
      table_version: 1,
      columns: [
        { name: "device_id", type: "VARCHAR" },
        { name: "readings", type: "BIGINT" },
        { name: "highest", type: "DOUBLE" },
      ],
      row_count: 3,
    });
    expect((await cli(["sql", DEVICES, "--format", "json"], { cwd })).stdout).toBe(json.stdout);
    const { stdout } = await cli(["sql", DEVICES, "--format", "ndjson"], { cwd });
    expect(stdout.split("\n")[1]).toBe('{"device_id":"FAB-TEM-001","readings":5,"highest":40}');
    const table = await cli(["sql", DEVICES, "--format", "table"], { cwd });
    expect(table.stdout).toMatch(/^ ?device_id +readings +highest *\n *FAB-HUM-001 +3 +51.5 *\n/);
    expect(table.stderr).toBe("3 rows.\n");
  });

  it.runIf(hasScript)("shows a terminal a table, the count, and no control characters", async () => {
    const cwd = await made;
    const shown = onTerminal(`sql "${DEVICES}" --no-color`, cwd);
    expect(shown.replaceAll("\r", "")).toMatch(
      /device_id +readings +highest *\n[\s\S]*FAB-VIB-001 +3 +0.5 *\n3 rows\.\n$/,
    );
    // Heads are bold, and not what makes them so as text.
    expect(onTerminal(`sql "select 1 as text"`, cwd)).not.toContain("\\x1b");
    for (const format of ["table", "csv", "ndjson"]) {
      expect(onTerminal(`sql "select chr(27) || '[31m' as text" --format ${format}`, cwd)).not.toContain("\u001b[31m");
    }
  });

  it("writes a file whole or not at all, in the format of its ending", async () => {
    const cwd = await made;
    for (const name of ["out.csv", "out.ndjson", "out.json", "out.parquet"]) {
      const { code, stdout, stderr } = await cli(["sql", DEVICES, "--out", name], { cwd });
      expect([code, stdout, stderr]).toEqual([0, "", `3 rows in ${name}.\n`]);
    }
    expect(fs.readFileSync(join(cwd, "out.csv"), "utf8")).toBe(CSV);
    expect(JSON.parse(fs.readFileSync(join(cwd, "out.json"), "utf8")).row_count).toBe(3);
    expect(fs.readFileSync(join(cwd, "out.parquet")).subarray(0, 4).toString()).toBe("PAR1");
    expect(await cli(["sql", DEVICES, "--out", "out.xlsx"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Cannot answer in "out.xlsx": .xlsx is the ending of none of its formats'),
    });
    expect((await cli(["sql", DEVICES, "--out", "out.dat", "--format", "csv"], { cwd })).code).toBe(0);
    expect((await cli(["sql", DEVICES, "--out", "answer"], { cwd })).code).toBe(0);
    const failing = "select case when i < 5000 then i else cast('x' as integer) end as v from range(9000) t(i)";
    for (const name of ["out.csv", "out.parquet"]) {
      const before = fs.readFileSync(join(cwd, name));
      const { code } = await cli(["sql", failing, "--out", name], { cwd });
      expect([code, fs.readFileSync(join(cwd, name)).equals(before)]).toEqual([1, true]);
    }
    expect(fs.readdirSync(cwd).filter((name) => name.endsWith(".part"))).toEqual([]);
    // Many at once: the engine used to be closed while it was at work, and ended one process in five.
    const nowhere = await Promise.all(
      Array.from({ length: 8 }, () => binary(["sql", DEVICES, "--out", "none/out.csv"], { cwd })),
    );
    for (const { code, stderr } of nowhere) expect([code, stderr]).toEqual([1, expect.stringContaining("Check --out")]);
  });

  it("takes no folder of a lake for a lake", async () => {
    const cwd = await made;
    for (const folder of ["bronze", "tables"]) {
      expect(await cli(["sql", DEVICES, "--lake", `lake/${folder}`], { cwd })).toMatchObject({
        code: 1,
        stderr: `vantageflow: Cannot query "lake/${folder}": it is a folder of the lake "lake", and no lake. Name that: --lake lake\n`,
      });
    }
  });

  it("says what waits to come into the table, unless it is told to be quiet or asked of another version", async () => {
    const cwd = await lakeWithTable();
    fs.writeFileSync(join(cwd, "more.csv"), SOURCES["day-1.csv"]);
    await cli(["ingest", "more.csv"], { cwd });
    const { code, stdout, stderr } = await cli(["sql", DEVICES], { cwd });
    expect([code, stdout, stderr]).toEqual([0, CSV, "1 batch is not in readings yet: vantageflow tables sync\n"]);
    expect((await cli(["sql", DEVICES, "--quiet"], { cwd })).stderr).toBe("");
    expect((await cli(["sql", DEVICES, "--at", "1"], { cwd })).stderr).toBe("");
    expect((await cli(["sql", "select count(*) from gold"], { cwd })).stderr).toBe("");
    await cli(["detect"], { cwd });
    await cli(["tables", "sync"], { cwd });
    const found = await cli(["sql", "select count(*) as n from detections"], { cwd });
    expect(found).toEqual({
      ...{ code: 0, stdout: "n\n0\n" },
      stderr: "detections are of version 1 of readings, which has 2: vantageflow detect\n",
    });
    expect((await cli(["sql", DEVICES, "--at", "1"], { cwd })).stdout).toBe(CSV);
    expect((await cli(["sql", "select count(*) as n from readings"], { cwd })).stdout).toBe("n\n16\n");
  });

  it("exits 2 for what cannot be asked, and 1 for what failed, with a word on what to do", async () => {
    const cwd = await made;
    const calls: [string[], number, string][] = [
      [["select nothing from readings"], 2, "line 1, column 8: "],
      [["drop table readings"], 2, "only queries are answered"],
      [[DEVICES, "--format", "xml"], 2, "the formats are"],
      [[DEVICES, "--format", "parquet"], 2, "--out"],
      [[DEVICES, "--at", "yesterday"], 2, "--at"],
      [[DEVICES, "--memory", "lots"], 2, "--memory 2GB"],
      [[DEVICES, "--file", "x.sql"], 2, "Give one"],
      [["--file", "x.sql"], 1, "Check the path"],
      [[DEVICES, "--at", "99"], 1, "vantageflow tables history"],
      [[DEVICES, "--lake", "none"], 1, "no such lake"],
    ];
    for (const [args, expected, word] of calls) {
      const { code, stdout, stderr } = await cli(["sql", ...args], { cwd });
      expect([args, code, stdout, stderr]).toEqual([args, expected, "", expect.stringContaining(word)]);
    }
    const { stdout } = await cli(["sql", "select nothing from gold", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: "sql_invalid" } });
  });

  it("tells of a lake without a table how to make it", async () => {
    const cwd = folder({ "a.csv": SOURCES["day-1.csv"] });
    await cli(["ingest", "a.csv", "--lake", "my lake"], { cwd });
    const { code, stderr } = await cli(["sql", DEVICES, "--lake", "my lake"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("vantageflow tables sync --lake 'my lake'")]);
  });

  it("exits 1 when a part of the lake could not be read, with the rest of the answer", async () => {
    const cwd = await lakeWithTable();
    fs.writeFileSync(join(cwd, "lake/gold/odd.csv"), "what,is,this\n");
    const { code, stdout, stderr } = await cli(["sql", "select count(*) as n from gold"], { cwd });
    expect([code, stdout]).toEqual([1, "n\n6\n"]);
    expect(stderr).toContain('Left out "gold/odd.csv"');
  });

  it("ends at Ctrl-C with 130, and leaves nothing", async () => {
    const cwd = await made;
    const temporary = folder();
    const endless = "select count(*) from range(1000000000000) t(i) where i % 7 = 3";
    const child = spawn(process.execPath, [CLI, "sql", endless], { cwd, env: { ...process.env, TMPDIR: temporary } });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // It has a folder of its own as soon as it has the engine.
    while (fs.readdirSync(temporary).length === 0) await new Promise((next) => setTimeout(next, 20));
    await new Promise((next) => setTimeout(next, 1000));
    child.kill("SIGINT");
    const code = await new Promise((done) => child.on("close", done));
    expect([code, stderr, fs.readdirSync(temporary)]).toEqual([130, "", []]);
  });

  it("needs no engine for other commands, and names it where it is not installed", async () => {
    const cwd = folder(SOURCES);
    fs.cpSync(resolve("dist"), join(cwd, "installed/dist"), { recursive: true });
    fs.writeFileSync(join(cwd, "installed/package.json"), '{ "type": "module" }');
    const run = (...args: string[]) =>
      command(process.execPath, [join(cwd, "installed/dist/cli.js"), ...args], { cwd });
    expect((await run("ingest", "day-1.csv")).code).toBe(0);
    const { code, stderr } = await run("sql", "select 1");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/DuckDB.*not installed.*npm install @duckdb\/node-api@\d/),
    ]);
  });
});

describe("vantageflow sql over a bucket", () => {
  const credentials = { accessKeyId: "vantageflow", secretAccessKey: "secret" };
  const started = startS3Server(credentials);
  afterAll(async () => (await started).close());

  it("gives the same answers, and keeps what it has fetched", async () => {
    const server = await started;
    const place = { name: "own", endpoint: server.endpoint, ...credentials };
    const client = connect(place);
    const lake = `s3://${await makeBucket(client, true)}/a/lake`;
    client.destroy();
    const cwd = folder(SOURCES);
    const env = { ...environmentOf(place), XDG_CACHE_HOME: join(cwd, "cache") };
    await cli(["ingest", ...Object.keys(SOURCES), "--lake", lake], { cwd, env });
    await cli(["tables", "sync", "--lake", lake], { cwd, env });
    const ask = () => cli(["sql", DEVICES, "--lake", lake], { cwd, env });
    expect(await ask()).toEqual({ code: 0, stdout: CSV, stderr: "" });
    let fetched = 0;
    server.interfere = (method, key) => {
      if (method === "GET" && key.endsWith(".parquet")) fetched++;
      return "none";
    };
    expect([(await ask()).stdout, fetched]).toEqual([CSV, 0]);
    const gold = await cli(["sql", "select count(*) as n from gold", "--lake", lake], { cwd, env });
    expect(gold.stdout).toBe("n\n6\n");
  });
});
