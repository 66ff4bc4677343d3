import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { BAD, cli as binary, folder, HEADER, ODD, ROW, stamps } from "./run-cli.ts";

async function textOf(cwd: string, key: string): Promise<string> {
  const { code, stdout, stderr } = await cli(["explain", key], { cwd });
  expect([key, code, stderr]).toEqual([key, 0, ""]);
  return stdout;
}

async function jsonOf(cwd: string, key: string) {
  return JSON.parse((await cli(["explain", key, "--json"], { cwd })).stdout);
}

/** A word of contracts, of which no object is awaited. */
const TODO = "then";
const next = (text: string) => /^ {2}next +(.*)$/m.exec(text)?.[1];

describe("explain", () => {
  it("takes the path of a file in the lake, as a shell completes it, as versions and restore do", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW, "two/a.csv": HEADER + ODD });
    await cli(["ingest", "a.csv", "--lake", "lake"], { cwd });
    await cli(["ingest", "two/a.csv", "--overwrite", "--lake", "lake"], { cwd });
    for (const path of ["lake/bronze/a.csv", "./lake/bronze/a.csv", join(cwd, "lake/bronze/a.csv")]) {
      expect([path, (await jsonOf(cwd, path)).key]).toEqual([path, "bronze/a.csv"]);
      const listed = JSON.parse((await cli(["versions", path, "--json"], { cwd })).stdout);
      expect([listed.key, listed.versions.length]).toEqual(["bronze/a.csv", 2]);
    }
    const near = await cli(["explain", "a.csv", "--json", "--lake", ".."], { cwd: join(cwd, "lake/silver") });
    expect(JSON.parse(near.stdout).key).toBe("silver/a.csv");
    const restored = await cli(["restore", "lake/bronze/a.csv", "--at", "0m"], { cwd });
    expect([restored.code, restored.stdout.split("\t")[0]]).toEqual([0, "bronze/a.csv"]);
  });

  it("tells of a batch, by any of its keys or its path, what was done and what is there, and writes nothing", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW + ODD + BAD });
    await cli(["ingest", "a.csv"], { cwd });
    const before = stamps(join(cwd, "lake"));
    const keys = ["bronze/a.csv", "silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv", "gold/a.csv", "a.csv"];
    for (const key of keys) {
      const { functions, outputs, next } = await jsonOf(cwd, key);
      expect(functions).toMatchObject([
        {
          function: "vantageflow-process-iot",
          source: "bronze/a.csv",
          object: { unfinished: false },
          receipt: { outcome: "done", current: true, split: { rows: { in: 3 } }, code: expect.any(String) },
        },
        { function: "vantageflow-silver-to-gold", source: "silver/a.csv", receipt: { outcome: "done", current: true } },
      ]);
      expect(outputs.map((one: { key: string }) => one.key)).toEqual([
        "silver/a.csv",
        "anomalies/a.csv",
        "anomalies/a.rejects.csv",
        "gold/a.csv",
      ]);
      expect(next).toEqual({ does: "nothing", function: null });
    }
    const text = await textOf(cwd, "a.csv");
    expect(text).toContain("bronze-trigger (bronze/**.csv) starts vantageflow-process-iot\n");
    expect(text).toMatch(/receipt +vantageflow-process-iot: done at .* threshold 0.5. 3 rows: 1 silver, 1 anomalies/);
    expect(next(text)).toBe("nothing: all is done");
    expect(stamps(join(cwd, "lake"))).toEqual(before);
  });

  it("says what is work, and for which function", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/silver/hand.csv": HEADER + ROW });
    expect(next(await textOf(cwd, "a.csv"))).toBe("bronze/a.csv is work for vantageflow-process-iot: vantageflow run");
    expect(next(await textOf(cwd, "hand.csv"))).toBe(
      "silver/hand.csv is work for vantageflow-silver-to-gold: vantageflow run",
    );
    await cli(["run"], { cwd });
    fs.appendFileSync(join(cwd, "lake/bronze/a.csv"), ODD);
    const text = await textOf(cwd, "a.csv");
    expect(text).toContain("vantageflow-process-iot: done an older version");
    expect(next(text)).toContain("bronze/a.csv is work");
  });

  it("says what is still being written", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW });
    const fd = fs.openSync(join(cwd, "lake/bronze/a.csv"), "a");
    const { stdout: waiting } = await binary(["explain", "a.csv"], { cwd });
    fs.closeSync(fd);
    expect(waiting).toContain("it is still being written");
    expect(next(waiting)).toContain("once its upload is complete");
  });

  it("says what is missing and how to make it again", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    await cli(["ingest", "a.csv"], { cwd });
    fs.rmSync(join(cwd, "lake/gold/a.csv"));
    const text = await textOf(cwd, "a.csv");
    expect(text).toContain("gold/a.csv: missing");
    expect(next(text)).toContain("vantageflow run --reprocess a.csv");
  });

  it("names what helps where silver and anomalies are not of one split: no run and no redrive would", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW + ODD });
    await cli(["ingest", "a.csv"], { cwd });
    const anomalies = join(cwd, "lake/anomalies/a.csv");
    const tear = () => {
      fs.appendFileSync(anomalies, ODD);
      fs.utimesSync(join(cwd, "lake/silver/a.csv"), 1, 1);
    };
    tear();
    expect(next(await textOf(cwd, "a.csv"))).toMatch(/of two splits: vantageflow run --reprocess a.csv$/);
    expect(next(await textOf(cwd, "anomalies/a.rejects.csv"))).toMatch(/vantageflow run --reprocess a.csv$/);
    expect((await cli(["run"], { cwd })).stderr).toContain("vantageflow run --reprocess");
    expect((await cli(["run", "--reprocess", "a.csv"], { cwd })).code).toBe(0);
    expect(next(await textOf(cwd, "a.csv"))).toBe("nothing: all is done");

    // Lambda's three attempts end in a dead letter of the silver: its redrive would end as they did.
    tear();
    const event = await cli(["generate-event", "s3-put", "--key", "silver/a.csv"], { cwd });
    const invoked = ["invoke", "vantageflow-silver-to-gold", "--event", "-", "--retry-delay", "0"];
    await cli(invoked, { cwd, input: event.stdout });
    expect((await cli(["dlq", "list"], { cwd })).stdout).toContain("sibling_pending");
    expect(next(await textOf(cwd, "silver/a.csv"))).toMatch(/of two splits: vantageflow run --reprocess a.csv$/);
    expect((await cli(["run", "--reprocess", "a.csv"], { cwd })).code).toBe(0);
    expect((await cli(["dlq", "list"], { cwd })).stdout).toBe("");

    tear();
    fs.rmSync(join(cwd, "lake/bronze/a.csv"));
    const lost = next(await textOf(cwd, "silver/a.csv"));
    expect(lost).toContain("its bronze is gone. Bring bronze back");
    expect(lost).toContain("vantageflow versions bronze/a.csv");
    fs.copyFileSync(join(cwd, "a.csv"), join(cwd, "lake/bronze/a.csv"));
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect(next(await textOf(cwd, "a.csv"))).toBe("nothing: all is done");
  });

  it("shows a refusal, its dead letter, open and closed, and the redrive that helps", async () => {
    const cwd = folder({ "b.csv": "junk\n", "good.csv": HEADER + ROW });
    await cli(["ingest", "b.csv"], { cwd });
    const text = await textOf(cwd, "b.csv");
    expect(text).toMatch(/receipt +vantageflow-process-iot: refused .* Cannot read "bronze\/b.csv": line 1/);
    const [, id] = /dead letter +(\w{8}): columns_missing of .*, open$/m.exec(text) ?? [];
    expect(next(text)).toContain(`vantageflow dlq redrive ${id}`);
    await cli(["ingest", "good.csv", "--name", "b.csv", "--overwrite"], { cwd });
    expect(await textOf(cwd, "b.csv")).toMatch(/dead letter +\w{8}: columns_missing of .*, replaced$/m);
  });

  it("takes a path for one whose folder is named as a layer, where there is no object of that key", async () => {
    const [bad, good] = [HEADER.replace("value", "val") + ROW, HEADER + ROW];
    const cwd = folder({
      "a.csv": good,
      "lake/state/b.csv": "1",
      "lake/contracts/c.json": '{"name":"c","prefix":"bronze/c/"}',
    });
    await cli(["ingest", "a.csv", "--name", "state/a.csv"], { cwd });
    await cli(["ingest", "a.csv", "--name", "state/b.csv"], { cwd });
    fs.writeFileSync(join(cwd, "lake/bronze/state/bad.csv"), bad);
    await cli(["run"], { cwd });
    const keyOf = async (given: string) => (await jsonOf(cwd, given)).key;
    expect(await Promise.all(["state/a.csv", "state/b.csv", "contracts/c.json"].map(keyOf))).toEqual([
      ...["bronze/state/a.csv", "state/b.csv", "contracts/c.json"],
    ]);
    const told = await cli(["dlq", "show", "state/bad.csv"], { cwd });
    expect([told.code, told.stdout]).toEqual([0, expect.stringContaining("columns_missing")]);
  });

  it("says why no function starts: the name, the layer, a link, a key that is none", async () => {
    const cwd = folder({
      "real.csv": HEADER + ROW,
      "lake/bronze/a.json": "[]",
      "lake/bronze/x.rejects.csv": HEADER,
      "lake/bronze/back\\slash.csv": HEADER,
      "lake/logs/x": "",
    });
    fs.symlinkSync(join(cwd, "real.csv"), join(cwd, "lake/bronze/link.csv"));
    for (const [key, why] of [
      [
        "bronze/a.json",
        'but: no contract claims it, and without one only names ending in ".csv" or ".CSV" are processed',
      ],
      ["logs/x", "none: only objects under bronze/ and silver/ start a function"],
      ["link.csv", "but: it is not a regular file, and links are not followed"],
      ["x.rejects.csv", "but: Cannot process"],
      ["back\\slash.csv", "it has a backslash"],
    ]) {
      expect([key, await textOf(cwd, key)]).toEqual([key, expect.stringContaining(why)]);
    }
  });

  it("exits 1 where there is neither object nor trace, and 0 where there is only a trace", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    await cli(["ingest", "a.csv"], { cwd });
    for (const key of ["none.csv", "gold/none.csv", "../a.csv", "bronze/a.csv/x"]) {
      const { code, stderr } = await cli(["explain", key], { cwd });
      expect([key, code, stderr]).toEqual([key, 1, expect.stringContaining("no trace of one")]);
    }
    for (const layer of ["bronze", "silver", "anomalies", "gold"]) {
      fs.rmSync(join(cwd, "lake", layer), { recursive: true });
    }
    expect(await textOf(cwd, "gold/a.csv")).toContain("vantageflow-process-iot: done");
  });

  it("keeps hostile keys off the terminal", async () => {
    const cwd = folder({ "lake/bronze/\u202egpj.csv": HEADER });
    expect(await textOf(cwd, "\u202egpj.csv")).toContain("bronze/\\u202egpj.csv\n");
  });

  const contract = (over: object = {}) =>
    JSON.stringify({
      ...{ version: 1, name: "station", prefix: "bronze/station/", suffixes: [".dat"] },
      format: { type: "csv", delimiter: ";", missingValues: ["", "NAN"] },
      reading: {
        timestamp: { column: "t" },
        ...{ device_id: { template: "S.{measure}" }, value: { pattern: "*" }, unit: { constant: "C" } },
      },
      rules: [{ name: "sensor range", max: 50, [TODO]: "reject" }],
      ...over,
    });
  const SOURCE = "t;in;out\n2025-01-01T00:00:00Z;20;99\n2025-01-01T00:10:00Z;NAN;21\n";
  const contracts = (text: string) => [...text.matchAll(/^ {2}contract +(.*)$/gm)].map(([, said]) => said);

  it("says which contract has read a batch, what it was, and whether it has changed since", async () => {
    const cwd = folder({ "lake/contracts/station.json": contract(), "lake/bronze/station/x.dat": SOURCE });
    const [made] = JSON.parse((await cli(["run", "--json"], { cwd })).stdout).batches;
    expect(made.contract).toEqual({ name: "station", records: 2, absent: 1 });
    const before = await textOf(cwd, "station/x.dat");
    expect(contracts(before)).toEqual([
      expect.stringMatching(
        /^station \([0-9a-f]{12}\): 2 records, 1 cell without a value; readings by rule: sensor range 1$/,
      ),
    ]);
    expect(before).toContain("4 readings: 2 silver, 0 anomalies, 1 rejects, 1 blank");
    expect(next(before)).toBe("nothing: all is done");
    fs.writeFileSync(join(cwd, "lake/contracts/station.json"), contract({ rules: [] }));
    const after = await textOf(cwd, "silver/station/x.dat.csv");
    expect(contracts(after)[1]).toMatch(
      /^it has changed since, to station \([0-9a-f]{12}\); what was made stays valid until .*: vantageflow run --reprocess station\/x.dat$/,
    );
    const { contract: told } = await jsonOf(cwd, "station/x.dat");
    expect(told).toMatchObject({ read_by: { name: "station" }, nobody: null, changed: true, older_time_zones: false });
    expect(told.made_by).toMatchObject({ name: "station", records: 2, absent: 1, rules: { "sensor range": 1 } });
    const status = await cli(["status"], { cwd });
    const again = "vantageflow run --reprocess bronze/station/";
    expect(status.stdout).toContain(`contract\tstation\tin_force\t0\t1\t0\t${again}\n`);
    expect((await cli(again.split(" ").slice(1), { cwd })).code).toBe(0);
    expect(contracts(await textOf(cwd, "station/x.dat"))).toHaveLength(1);
  });

  it("says how many records were left out on purpose", async () => {
    const reading = { ...JSON.parse(contract()).reading, keep: { column: "quality", in: ["ok"] } };
    const source = "t;quality;in\n2025-01-01T00:00:00Z;ok;20\n2025-01-01T00:10:00Z;test;21\n";
    reading.value = { column: "in" };
    reading.device_id = { constant: "S" };
    const cwd = folder({ "lake/contracts/station.json": contract({ reading }), "lake/bronze/station/x.dat": source });
    await cli(["run"], { cwd });
    expect(contracts(await textOf(cwd, "station/x.dat"))).toEqual([
      expect.stringMatching(
        /^station \([0-9a-f]{12}\): 2 records, 1 left out by "keep", 1 cell without a value or left out;/,
      ),
    ]);
  });

  it("says why a batch waits that nobody reads, and what to type; what was made before is done", async () => {
    const cwd = folder({ "lake/contracts/station.json": contract(), "lake/bronze/station/x.dat": SOURCE });
    await cli(["run"], { cwd });
    fs.mkdirSync(join(cwd, "lake/contracts/claims"));
    fs.renameSync(join(cwd, "lake/contracts/station.json"), join(cwd, "lake/contracts/claims/station.json"));
    fs.writeFileSync(join(cwd, "lake/bronze/station/y.dat"), SOURCE);
    fs.writeFileSync(join(cwd, "lake/bronze/z.dat"), SOURCE);
    const why = 'it waits for the contract "station", which was removed. Apply it again: vantageflow contract apply';
    const waiting = await textOf(cwd, "station/y.dat");
    expect(waiting).toContain(`starts vantageflow-process-iot, but: ${why}`);
    expect(next(waiting)).toContain(`nothing by itself: ${why}`);
    expect((await jsonOf(cwd, "station/y.dat")).next).toEqual({
      does: "contract",
      function: "vantageflow-process-iot",
    });
    expect(next(await textOf(cwd, "z.dat"))).toContain("nothing by itself: no contract claims it");
    expect(next(await textOf(cwd, "station/x.dat"))).toBe("nothing: all is done");
    fs.rmSync(join(cwd, "lake/gold/station/x.dat.csv"));
    expect(next(await textOf(cwd, "station/x.dat"))).toContain(`nothing by itself: ${why}`);
    const { stderr, stdout } = await cli(["run"], { cwd });
    expect([stdout, stderr.split("\n").map((line) => line.slice(0, 33))]).toEqual([
      "",
      [
        "Ignored bronze/station/y.dat: it ",
        "Ignored bronze/z.dat: no contract",
        "Nothing to do in ./lake but what ",
        "",
      ],
    ]);
  });
});
