import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { BAD, cli as binary, CLI, command, folder, HEADER, ODD, ROW, stamps, tree } from "./run-cli.ts";

const GOLD = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";

describe("ingest", () => {
  it("takes a file to gold and says where every row went", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW + ODD + BAD });
    const { code, stdout } = await cli(["ingest", "b.csv", "--json"], { cwd });
    expect(code).toBe(0);
    const { batches, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ version: 1, lake: "./lake" });
    expect(batches).toEqual([
      {
        key: "bronze/b.csv",
        outcome: "done",
        rows_in: 3,
        silver: 1,
        anomalies: 1,
        rejects: 1,
        blank: 0,
        devices: 1,
        duration_ms: expect.any(Number),
        outputs: ["silver/b.csv", "anomalies/b.csv", "anomalies/b.rejects.csv", "gold/b.csv"],
        error: null,
      },
    ]);
    const files = tree(join(cwd, "lake"));
    expect(files["bronze/b.csv"]).toBe(HEADER + ROW + ODD + BAD);
    expect(files["silver/b.csv"]).toBe(HEADER + ROW);
    expect(files["anomalies/b.csv"]).toBe(HEADER + ODD);
    expect(files["gold/b.csv"]).toBe(`${GOLD}FAB-1,2,32.25,20.5,44.0,1,50.0\n`);
    expect(files["anomalies/b.rejects.csv"]).toMatch(/\n4,\d+,value,value_invalid,.*1_0/);
  });

  it("leaves a receipt of each function, of the shape that others build on", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv"], { cwd });
    const dir = join(cwd, "lake/receipts/vantageflow-process-iot/b.csv");
    const [name] = fs.readdirSync(dir);
    const receipt = JSON.parse(fs.readFileSync(join(dir, name), "utf8"));
    expect(Object.keys(receipt)).toEqual(
      "version,function,source,outcome,code,attempts,started,duration_ms,outputs,error,split".split(","),
    );
    expect(receipt).toMatchObject({
      version: 2,
      function: "vantageflow-process-iot",
      source: { key: "bronze/b.csv", token: name.replace(".json", ""), size: HEADER.length + ROW.length },
    });
    const rows = { in: 1, silver: 1, anomalies: 0, rejects: 0, blank: 0 };
    expect(receipt.split).toEqual({ anomaly_threshold: 0.5, rows, devices: 1 });
    const gold = join(cwd, "lake/receipts/vantageflow-silver-to-gold/b.csv");
    const [aggregated, ...more] = fs.readdirSync(gold);
    const { aggregate, split } = JSON.parse(fs.readFileSync(join(gold, aggregated), "utf8"));
    const sibling = receipt.outputs.find((output: { key: string }) => output.key === "anomalies/b.csv");
    expect([more, split, aggregate]).toEqual([[], undefined, { anomaly_threshold: 0.5, rows, devices: 1, sibling }]);
  });

  it("does nothing for the same name and content, and says so", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    await cli(["ingest", "b.csv"], { cwd });
    const before = stamps(join(cwd, "lake"));
    const { code, stdout } = await cli(["ingest", "b.csv", "--json"], { cwd });
    expect([code, JSON.parse(stdout).batches[0].outcome]).toEqual([0, "already_ingested"]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("refuses other content under a name that is taken, unless told to overwrite", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW + BAD, "other/b.csv": HEADER + ODD });
    await cli(["ingest", "b.csv"], { cwd });
    const before = stamps(join(cwd, "lake"));
    const refused = await cli(["ingest", "other/b.csv", "--json"], { cwd });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).batches[0]).toMatchObject({ outcome: "refused", error: { code: "exists" } });
    expect(refused.stderr).toContain("--overwrite");
    expect(stamps(join(cwd, "lake"))).toEqual(before);

    expect((await cli(["ingest", "other/b.csv", "--overwrite"], { cwd })).code).toBe(0);
    const files = tree(join(cwd, "lake"));
    expect([files["silver/b.csv"], files["anomalies/b.csv"]]).toEqual([HEADER, HEADER + ODD]);
    expect(files["anomalies/b.rejects.csv"]).toBeUndefined();
    expect(fs.readdirSync(join(cwd, "lake/receipts/vantageflow-process-iot/b.csv"))).toHaveLength(1);
  });

  it("refuses a bad file with line and reason, once, while the others go on", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW, "bad.csv": "timestamp,value\n", "c.csv": HEADER + ROW });
    const first = await cli(["ingest", "a.csv", "bad.csv", "c.csv", "--json"], { cwd });
    expect(first.code).toBe(1);
    const { batches } = JSON.parse(first.stdout);
    expect(batches.map(({ outcome }: { outcome: string }) => outcome)).toEqual(["done", "refused", "done"]);
    expect(batches[1].error).toMatchObject({ code: "columns_missing", line: 1, column: "device_id" });
    expect(first.stderr).toMatch(/Cannot read "bronze\/bad.csv": line 1: columns "device_id"/);

    const again = await cli(["ingest", "bad.csv", "--json"], { cwd });
    expect([again.code, JSON.parse(again.stdout).batches[0].outcome]).toEqual([1, "refused"]);
    expect((await cli(["run"], { cwd })).code).toBe(0);
    const letters = await cli(["dlq", "list", "--json"], { cwd });
    const { dead_letters } = JSON.parse(letters.stdout);
    expect(dead_letters).toHaveLength(1);
    expect(dead_letters[0]).toMatchObject({ source: "bronze/bad.csv", code: "columns_missing" });
    const shown = await cli(["dlq", "show", dead_letters[0].id], { cwd });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      version: "1.0",
      requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 1 },
      requestPayload: { Records: [{ s3: { object: { key: "bronze/bad.csv" } } }] },
      responsePayload: { errorType: "columns_missing" },
    });
  });

  it("reads stdin under a name", async () => {
    const cwd = folder();
    const { code } = await cli(["ingest", "-", "--name", "year=2025/b.csv"], { cwd, input: HEADER + ROW });
    expect([code, tree(join(cwd, "lake"))["silver/year=2025/b.csv"]]).toEqual([0, HEADER + ROW]);
    const nameless = await cli(["ingest", "-"], { cwd, input: HEADER });
    expect([nameless.code, nameless.stderr]).toEqual([2, expect.stringContaining("--name")]);
  });

  it("converts JSON arrays and NDJSON, from files and from stdin", async () => {
    const reading = {
      timestamp: "2025-01-01T00:00:00Z",
      device_id: "FAB-1",
      value: 20.5,
      unit: "C",
      anomaly_score: 0.1,
    };
    const cwd = folder({ "a.json": JSON.stringify([reading]), "b.ndjson": `${JSON.stringify(reading)}\n` });
    expect((await cli(["ingest", "a.json", "b.ndjson"], { cwd })).code).toBe(0);
    const input = JSON.stringify([reading]);
    expect((await cli(["ingest", "-", "--name", "c.json"], { cwd, input })).code).toBe(0);
    const files = tree(join(cwd, "lake"), ["silver"]);
    expect(files).toEqual({ "silver/a.csv": HEADER + ROW, "silver/b.csv": HEADER + ROW, "silver/c.csv": HEADER + ROW });
    const broken = await cli(["ingest", "-", "--name", "d.json", "--json"], { cwd, input: "[\n{]" });
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout).batches[0].error).toMatchObject({ code: "input_invalid", line: 2 });
  });

  it("names usage errors with exit code 2", async () => {
    const cwd = folder({ "a/b.csv": HEADER, "c/b.csv": HEADER });
    for (const args of [
      ["a/b.csv", "c/b.csv"],
      ["a/b.csv", "--name", "b.xml"],
      ["a/b.csv", "c/b.csv", "--name", "x.csv"],
      [],
    ]) {
      expect([args, (await cli(["ingest", ...args], { cwd })).code]).toEqual([args, 2]);
    }
    expect(fs.existsSync(join(cwd, "lake"))).toBe(false);
  });

  it("says what is wrong with a path that is no file", async () => {
    const cwd = folder({ "dir.csv/x": "" });
    const { code, stderr } = await cli(["ingest", "missing.csv", "dir.csv", "s3://plant/b/two words.csv"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `"s3://plant/b/two words.csv": it is in a bucket. Bring it: aws s3 cp 's3://plant/b/two words.csv' - | vantageflow ingest - --name 'two words.csv'`,
    );
    expect(stderr).toMatch(/"missing.csv": there is no such file/);
    expect(stderr).toMatch(/"dir.csv": it is a folder/);
  });

  it("refuses a file whose name cannot be landed, says what to do, and ingests the others", async () => {
    const odd = { "U.Csv": HEADER + ROW, "x.csv.gz": "\u001f", "dir/a.csv": HEADER, "two words.txt": HEADER + ROW };
    const cwd = folder({ "g.csv": HEADER + ROW, ...odd });
    const files = ["U.Csv", "g.csv", "dir/", "x.csv.gz", "two words.txt", "none"];
    const { code, stdout, stderr } = await cli(["ingest", ...files, "--json"], { cwd });
    expect([code, JSON.parse(stdout).batches.map(({ outcome }: { outcome: string }) => outcome)]).toEqual([
      1,
      ["refused", "done", "refused", "refused", "refused", "refused"],
    ]);
    for (const line of [
      /"U.Csv": its name does not end in .*: vantageflow ingest U.Csv --name U.csv$/m,
      /"dir\/": it is a folder. Name its files: vantageflow ingest dir\/\*.csv$/m,
      /"x.csv.gz": it is compressed, .* Unpack it first, or propose one: vantageflow contract infer x.csv.gz$/m,
      /"two words.txt": no contract .*: vantageflow contract infer 'two words.txt'$/m,
      /"none": there is no such file/,
    ]) {
      expect(stderr).toMatch(line);
    }
    expect(stderr).not.toContain("dlq list");
    expect((await cli(["ingest", "U.Csv", "--name", "U.csv"], { cwd })).code).toBe(0);
  });

  it("refuses names that would confuse the lake before anything is written", async () => {
    const cwd = folder({ "x.rejects.csv": HEADER + ROW, "back\\slash.csv": HEADER + ROW });
    const { code, stdout } = await cli(["ingest", "x.rejects.csv", "back\\slash.csv", "--json"], { cwd });
    const errors = JSON.parse(stdout).batches.map(({ error }: { error: { code: string } }) => error.code);
    expect([code, errors, fs.existsSync(join(cwd, "lake"))]).toEqual([1, ["key_invalid", "key_invalid"], false]);
  });

  it("hints at another separator when the header is one long name", async () => {
    const cwd = folder({ "b.csv": HEADER.replaceAll(",", ";") });
    const { stderr } = await cli(["ingest", "b.csv"], { cwd });
    expect(stderr).toContain("its columns are separated by semicolons. Export it as UTF-8, with commas");
  });

  it("makes rejected rows a failure only when asked to", async () => {
    const cwd = folder({ "b.csv": HEADER + BAD });
    expect((await cli(["ingest", "b.csv", "--fail-on-rejects"], { cwd })).code).toBe(1);
    expect((await cli(["ingest", "b.csv"], { cwd })).code).toBe(0);
  });

  it("goes on where a killed ingest left a landed file", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW, "lake/bronze/b.csv": HEADER + ROW });
    const { stdout } = await cli(["ingest", "b.csv", "--json"], { cwd });
    expect(JSON.parse(stdout).batches[0].outcome).toBe("done");
  });

  it("takes many files at once and answers in the order they were given", async () => {
    const names = Array.from({ length: 25 }, (_, i) => `m${(i * 7) % 25}.csv`);
    const cwd = folder(Object.fromEntries(names.map((name) => [name, HEADER + ROW])));
    const { code, stdout } = await cli(["ingest", ...names, "--json", "--concurrency", "8"], { cwd });
    const batches: { key: string; outcome: string }[] = JSON.parse(stdout).batches;
    expect(code).toBe(0);
    expect(batches.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual(names.map((n) => `bronze/${n} done`));
    expect(Object.keys(tree(join(cwd, "lake"), ["gold"]))).toHaveLength(25);
  });

  it("gives a refused file a result of the same shape, a refused receipt, and no silver or gold", async () => {
    const cwd = folder({ "bad.csv": "timestamp,device_id,unit,anomaly_score\nx,y,z,0\n" });
    const { stdout } = await cli(["ingest", "bad.csv", "--json"], { cwd });
    expect(JSON.parse(stdout).batches).toEqual([
      {
        key: "bronze/bad.csv",
        outcome: "refused",
        rows_in: 0,
        silver: 0,
        anomalies: 0,
        rejects: 0,
        blank: 0,
        devices: 0,
        duration_ms: expect.any(Number),
        outputs: [],
        error: {
          code: "columns_missing",
          message: expect.stringContaining('"value"'),
          line: 1,
          column: "value",
        },
      },
    ]);
    const dir = join(cwd, "lake/receipts/vantageflow-process-iot/bad.csv");
    const receipts = fs.readdirSync(dir).map((name) => JSON.parse(fs.readFileSync(join(dir, name), "utf8")));
    expect(receipts).toEqual([
      expect.objectContaining({ outcome: "refused", error: expect.objectContaining({ code: "columns_missing" }) }),
    ]);
    expect(Object.keys(tree(join(cwd, "lake")))).toEqual(["bronze/bad.csv"]);
  });

  it("names every output again when the batch is there already", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW + BAD });
    const outputs = async () =>
      JSON.parse((await cli(["ingest", "b.csv", "--json"], { cwd })).stdout).batches[0].outputs;
    expect(await outputs()).toEqual(["silver/b.csv", "anomalies/b.csv", "anomalies/b.rejects.csv", "gold/b.csv"]);
    expect(await outputs()).toEqual(["silver/b.csv", "anomalies/b.csv", "anomalies/b.rejects.csv", "gold/b.csv"]);
  });

  it("rewrites nothing when --overwrite brings the same content, and rejects still fail when asked to", async () => {
    const cwd = folder({ "b.csv": HEADER + BAD });
    await cli(["ingest", "b.csv"], { cwd });
    const before = stamps(join(cwd, "lake"));
    const { code, stdout } = await cli(["ingest", "b.csv", "--overwrite", "--fail-on-rejects", "--json"], { cwd });
    expect([code, JSON.parse(stdout).batches[0].outcome]).toEqual([1, "already_ingested"]);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("keeps one name for one batch, whatever the extensions", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW, "b.json": "[]", "B.NDJSON": "" });
    const { code, stderr } = await cli(["ingest", "b.csv", "b.json"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('"bronze/b.csv"')]);
    expect((await cli(["ingest", "-", "b.csv", "--name", "x.csv"], { cwd, input: "" })).code).toBe(2);
    expect(fs.existsSync(join(cwd, "lake"))).toBe(false);
  });

  it("lets no name lead out of the lake", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    for (const name of ["../../out.csv", "../silver/b.csv", "/b.csv", "a//b.csv", "./b.csv"]) {
      const { code, stdout } = await cli(["ingest", "b.csv", "--name", name, "--json"], { cwd });
      expect([name, code, JSON.parse(stdout).batches[0].error.code]).toEqual([name, 1, "key_invalid"]);
    }
    expect(fs.readdirSync(cwd)).toEqual(["b.csv"]);
  });

  it("reads what has no size: a named pipe", async () => {
    const cwd = folder();
    const script = `mkfifo p.csv; (sleep 0.1; printf '%s' "$DATA" > p.csv) & "$0" "$1" ingest p.csv --json`;
    const { stdout } = await command("bash", ["-c", script, process.execPath, CLI], {
      cwd,
      env: { DATA: HEADER + ROW },
    });
    expect(JSON.parse(stdout).batches[0]).toMatchObject({ outcome: "done", silver: 1 });
  });

  it("two at once with other content under one name: one lands, the other is told, nothing is mixed", async () => {
    const cwd = folder({ "one/b.csv": HEADER + ROW, "two/b.csv": HEADER + ODD });
    const both = await Promise.all(
      ["one/b.csv", "two/b.csv"].map((file) => binary(["ingest", file, "--json"], { cwd })),
    );
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const loser = JSON.parse(both.find(({ code }) => code === 1)?.stdout ?? "").batches[0];
    expect(["exists", "conflict"]).toContain(loser.error.code);
    const { "bronze/b.csv": bronze, ...rest } = tree(join(cwd, "lake"));
    expect(rest["silver/b.csv"]).toBe(bronze === HEADER + ROW ? HEADER + ROW : HEADER);
    expect(rest["anomalies/b.csv"]).toBe(bronze === HEADER + ODD ? HEADER + ODD : HEADER);
  });

  it("two at once with the same file both succeed", async () => {
    const cwd = folder({ "b.csv": HEADER + ROW });
    for (let round = 0; round < 4; round++) {
      fs.rmSync(join(cwd, "lake"), { recursive: true, force: true });
      const both = await Promise.all([1, 2].map(() => binary(["ingest", "b.csv", "--json"], { cwd })));
      expect(both.map(({ code, stderr }) => [code, stderr])).toEqual(
        [1, 2].map(() => [0, "Next: vantageflow report\n"]),
      );
    }
  });

  it("SIGINT between files exits 130, and the same command does the rest", async () => {
    const cwd = folder();
    for (let i = 0; i < 6; i++) {
      await cli(["generate", "--rows", "40000", "--seed", String(i), "--out", `g${i}.csv`], { cwd });
    }
    const files = Array.from({ length: 6 }, (_, i) => `g${i}.csv`);
    const child = spawn(process.execPath, [CLI, "ingest", ...files, "--concurrency", "1"], { cwd });
    const closed = new Promise((resolve) => child.on("close", resolve));
    while (!fs.existsSync(join(cwd, "lake/gold/g0.csv"))) await new Promise((wait) => setTimeout(wait, 2));
    child.kill("SIGINT");
    expect(await closed).toBe(130);
    expect(fs.readdirSync(join(cwd, "lake/gold")).length).toBeLessThan(6);
    const { stdout } = await cli(["ingest", ...files, "--json"], { cwd });
    const outcomes = JSON.parse(stdout).batches.map(({ outcome }: { outcome: string }) => outcome);
    expect([outcomes[0], outcomes[5], fs.readdirSync(join(cwd, "lake/gold")).length]).toEqual([
      "already_ingested",
      "done",
      6,
    ]);
  });
});
