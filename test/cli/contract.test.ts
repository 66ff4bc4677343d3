import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, hasScript, ROW, stamps, tree, typed } from "./run-cli.ts";

const CASES = resolve("test/contracts/cases");

/** A folder with the source of a case under a name of its own, and its contract. */
function caseFolder(name: string, file: string): string {
  const source = fs.readdirSync(join(CASES, name)).find((one) => one.startsWith("source.")) ?? "";
  return folder({
    [file]: fs.readFileSync(join(CASES, name, source)),
    "contract.json": fs.readFileSync(join(CASES, name, "contract.json")),
  });
}

/** Writes the contract's file with other words. */
function rewrite(cwd: string, changes: object, file = "contract.json"): void {
  const contract = JSON.parse(fs.readFileSync(join(cwd, "contract.json"), "utf8"));
  fs.writeFileSync(join(cwd, file), JSON.stringify({ ...contract, ...changes }));
}

const STRICTER = { threshold: [{ devices: "*", above: 0.2 }] };

async function jsonOf(cwd: string, ...args: string[]) {
  return JSON.parse((await cli([...args, "--json"], { cwd })).stdout);
}

const WAYS = [
  { name: "toa5", contract: "station", file: "north.dat", key: "bronze/station/north.dat" },
  { name: "semicolon-decimal-comma", contract: "air-quality", file: "rome.csv", key: "bronze/air-quality/rome.csv" },
];

describe.each(WAYS)("a user's whole way with $name", ({ name, contract, file, key }) => {
  it("from a file nobody reads to gold, a change, a removal and back", async () => {
    const cwd = caseFolder(name, file);
    const lake = join(cwd, "lake");
    const refused = await cli(["ingest", file], { cwd });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("vantageflow contract infer")]);
    fs.rmSync(lake, { recursive: true, force: true });

    const checked = await cli(["contract", "check", "contract.json"], { cwd });
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining(`contract.json\t${contract}\tbronze/`)]);

    const first = await cli(["ingest", "--contract", "contract.json", file], { cwd });
    expect([first.code, first.stdout.split("\t").slice(0, 2)]).toEqual([0, [key, "done"]]);
    expect(first.stderr).toContain(`Applied the contract "${contract}" of contract.json.`);
    expect(fs.readFileSync(join(lake, key))).toEqual(fs.readFileSync(join(cwd, file)));
    const made = tree(lake);
    const before = stamps(join(lake, "contracts"));
    for (const given of ["contract.json", contract]) {
      const again = await cli(["ingest", "--contract", given, file], { cwd });
      expect([again.code, again.stdout.split("\t")[1]]).toEqual([0, "already_ingested"]);
    }
    expect([stamps(join(lake, "contracts")), tree(lake)]).toEqual([before, made]);
    expect((await cli(["run"], { cwd })).stderr).toContain("Nothing to do");

    const counts = async () => (await jsonOf(cwd, "contract", "list")).contracts;
    expect(await counts()).toMatchObject([
      { name: contract, in_force: true, format: "csv", batches: 1, waiting: 0, made_otherwise: 0 },
    ]);
    const shown = await cli(["contract", "show", contract], { cwd });
    expect(shown.stdout).toBe(fs.readFileSync(join(cwd, "contract.json"), "utf8"));

    rewrite(cwd, STRICTER);
    const other = await cli(["ingest", "--contract", "contract.json", file], { cwd });
    expect([other.code, other.stdout, other.stderr]).toEqual([
      1,
      "",
      expect.stringMatching(/vantageflow plan --contract .*vantageflow contract apply/),
    ]);
    const asked = await cli(["contract", "apply", "contract.json"], { cwd });
    expect([asked.code, asked.stdout, asked.stderr]).toEqual([2, "", expect.stringContaining("Add --yes.")]);
    expect(asked.stderr).toContain(contract);
    expect(stamps(join(lake, "contracts"))).toEqual(before);
    const applied = await cli(["contract", "apply", "contract.json", "--yes"], { cwd });
    expect([applied.code, applied.stdout.split("\t").slice(0, 2)]).toEqual([0, [contract, "changed"]]);
    expect(await counts()).toMatchObject([{ batches: 1, waiting: 0, made_otherwise: 1 }]);
    expect(tree(lake)).toEqual(made);
    await cli(["run", "--reprocess", key], { cwd });
    expect(await counts()).toMatchObject([{ batches: 1, waiting: 0, made_otherwise: 0 }]);

    fs.copyFileSync(join(cwd, file), join(lake, key.replace(file, `more-${file}`)));
    const unasked = await cli(["contract", "remove", contract], { cwd });
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("Add --yes.")]);
    const removed = await cli(["contract", "remove", contract, "--yes"], { cwd });
    expect([removed.code, removed.stdout]).toEqual([0, `${contract}\tremoved\n`]);
    expect(await counts()).toMatchObject([{ in_force: false, batches: 2, waiting: 1 }]);
    const { health } = await jsonOf(cwd, "status");
    expect(health.reasons).toMatchObject([
      {
        code: "contract_removed",
        message: expect.stringContaining(`for the contract "${contract}", which was removed`),
      },
    ]);
    const idle = await cli(["run"], { cwd });
    expect(idle.stderr).toContain(`it waits for the contract "${contract}", which was removed`);
    const late = await cli(["ingest", "--contract", contract, file], { cwd });
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("was removed")]);

    const back = await cli(["contract", "apply", "contract.json", "--yes"], { cwd });
    expect([back.code, back.stdout.split("\t")[1]]).toEqual([0, "restored"]);
    const ran = await cli(["run"], { cwd });
    expect([ran.code, ran.stdout.split("\t").slice(0, 2)]).toEqual([0, [key.replace(file, `more-${file}`), "done"]]);
  });
});

describe("contract check", () => {
  it("says all that is wrong at once, each as a line, and of all files", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { name: "Odd Name", prefix: "silver/x/", colour: 1 }, "odd.json");
    const { code, stdout } = await cli(["contract", "check", "odd.json"], { cwd });
    const lines = stdout.trimEnd().split("\n");
    expect([code, lines.length]).toEqual([1, 3]);
    for (const line of lines) expect(line).toMatch(/^\$\.(name|prefix|colour) .*\. Allowed: .*\.$/);
    const both = await cli(["contract", "check", "odd.json", "contract.json"], { cwd });
    expect([both.code, both.stdout.split("\n").filter((line) => line.startsWith("odd.json: $"))]).toEqual([
      1,
      lines.map((line) => `odd.json: ${line}`),
    ]);
    expect(both.stdout).toContain("contract.json\tstation\tbronze/station/*.dat\t");
    const { contracts } = await jsonOf(cwd, "contract", "check", "odd.json", "contract.json");
    expect(contracts).toMatchObject([
      { file: "odd.json", digest: null, problems: [{}, {}, {}] },
      { name: "station", claims: ["bronze/station/*.dat"], problems: [] },
    ]);
  });

  it("says what cannot be in one lake: with one another, and with --lake what is there", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { name: "twin" }, "twin.json");
    const both = await cli(["contract", "check", "contract.json", "twin.json"], { cwd });
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('both claim "bronze/station/*.dat"')]);
    await cli(["contract", "apply", "contract.json"], { cwd });
    expect((await cli(["contract", "check", "twin.json"], { cwd })).code).toBe(0);
    const there = await cli(["contract", "check", "twin.json", "--lake", "lake"], { cwd });
    expect([there.code, there.stderr]).toEqual([1, expect.stringContaining('"station" is there')]);
    expect((await cli(["contract", "check", "contract.json", "--lake", "lake"], { cwd })).code).toBe(0);
  });

  it("names a file that is none", async () => {
    const cwd = folder({ "dir/x": "" });
    for (const file of ["none.json", "dir"]) {
      const { code, stderr } = await cli(["contract", "check", file], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot read the contract "${file}": `)]);
    }
  });
});

describe("contract apply and remove", () => {
  it("ask for nothing where no batch is concerned, and refuse what another claims", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    const { code, stdout } = await cli(["contract", "apply", "contract.json"], { cwd });
    expect([code, stdout.split("\t").slice(0, 2)]).toEqual([0, ["station", "new"]]);
    expect((await cli(["contract", "apply", "contract.json"], { cwd })).stdout).toContain("station\tunchanged");
    rewrite(cwd, { name: "twin" }, "twin.json");
    const twin = await cli(["contract", "apply", "twin.json", "--yes"], { cwd });
    expect([twin.code, twin.stderr]).toEqual([1, expect.stringContaining("vantageflow contract remove station")]);
  });

  it("ask where a new contract takes batches over that another reads", async () => {
    const cwd = folder({
      "a.csv": HEADER + ROW,
      "contract.json": fs.readFileSync(join(CASES, "grafana/contract.json")),
    });
    rewrite(cwd, { prefix: "bronze/" });
    await cli(["ingest", "a.csv"], { cwd });
    const { code, stderr } = await cli(["contract", "apply", "contract.json"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("1 batch passes from the built-in contract")]);
    expect(fs.existsSync(join(cwd, "lake/contracts"))).toBe(false);
  });

  it("--release lets the batches go", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { suffixes: [".csv"], prefix: "bronze/" });
    await cli(["contract", "apply", "contract.json"], { cwd });
    await cli(["contract", "remove", "station", "--yes"], { cwd });
    fs.mkdirSync(join(cwd, "lake/bronze"), { recursive: true });
    fs.writeFileSync(join(cwd, "lake/bronze/plain.csv"), HEADER + ROW);
    expect((await cli(["run"], { cwd })).stdout).toBe("");
    const { code, stdout } = await cli(["contract", "remove", "station", "--release", "--yes"], { cwd });
    expect([code, stdout]).toEqual([0, "station\treleased\n"]);
    expect((await cli(["run"], { cwd })).stdout).toContain("bronze/plain.csv\tdone");
    const none = await cli(["contract", "remove", "station", "--yes"], { cwd });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("the lake has no such contract")]);
  });

  it("leave what it claims waiting where its file is taken away by hand, and say how to bring it back", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { suffixes: [".csv"] });
    await cli(["contract", "apply", "contract.json"], { cwd });
    fs.rmSync(join(cwd, "lake/contracts/station.json"));
    fs.mkdirSync(join(cwd, "lake/bronze/station"), { recursive: true });
    fs.writeFileSync(join(cwd, "lake/bronze/station/plain.csv"), HEADER + ROW);
    const ran = await cli(["run"], { cwd });
    expect([ran.stdout, ran.stderr]).toEqual(["", expect.stringContaining('it waits for the contract "station"')]);
    const list = await cli(["contract", "list"], { cwd });
    expect(list.stdout).toMatch(/^station\tremoved\t.*\t1\t1\t0\n$/);
    const back = await cli(["contract", "apply", "contract.json", "--yes"], { cwd });
    expect(back.stdout).toContain("station\trestored");
  });

  it("say of one that is broken what to type, list the others beside it, and never advise to take it away", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { name: "other", prefix: "bronze/other/" }, "other.json");
    await cli(["contract", "apply", "contract.json", "other.json"], { cwd });
    const file = join(cwd, "lake/contracts/station.json");
    fs.writeFileSync(file, "{ not json");
    const see = "vantageflow contract check ./lake/contracts/station.json";
    const ran = await cli(["run"], { cwd });
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(see)]);
    expect(ran.stderr).toMatch(/contract apply FILE\. Taken away instead, what a contract claims waits/);
    const list = await cli(["contract", "list"], { cwd });
    expect([list.code, list.stderr]).toEqual([0, expect.stringContaining(see)]);
    expect(list.stderr).toContain("contracts/station.json: $ ");
    expect(list.stderr).not.toContain("vantageflow run");
    expect(list.stdout).toMatch(/^other\tin force\tbronze\/other\/.*\nstation\tbroken\t/);
    const { contracts } = await jsonOf(cwd, "contract", "list");
    expect(contracts).toMatchObject([
      { name: "other", problems: [] },
      { name: "station", key: "contracts/station.json", prefix: "bronze/station/", problems: [{ path: "$" }] },
    ]);
    const { health } = await jsonOf(cwd, "status");
    expect(health.reasons[0]).toMatchObject({ code: "contract_invalid", next: "vantageflow contract list" });
    const [, command] = /vantageflow (contract check \S+);/.exec(list.stderr) ?? [];
    expect((await cli(command.split(" "), { cwd })).code).toBe(1);
    const removed = await cli(["contract", "remove", "station", "--yes"], { cwd });
    expect([removed.code, removed.stderr]).toEqual([0, expect.stringContaining("What it claims waits")]);
    expect((await jsonOf(cwd, "contract", "list")).contracts).toMatchObject([{}, { name: "station", in_force: false }]);
  });

  it("tell of two that were put there for one key, and of what becomes of their batches once one is removed", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    await cli(["ingest", "--contract", "contract.json", "a.dat"], { cwd });
    rewrite(cwd, { name: "zzz", ...STRICTER }, "lake/contracts/zzz.json");
    fs.copyFileSync(join(cwd, "a.dat"), join(cwd, "lake/bronze/station/b.dat"));
    const why = '1 batch waits: the contracts "station" and "zzz" both claim it';
    const { health } = await jsonOf(cwd, "status");
    expect(health.reasons).toMatchObject([
      { code: "contracts_conflict", message: why, next: "vantageflow contract remove NAME" },
    ]);
    const list = await cli(["contract", "list"], { cwd });
    expect(list.stderr).toBe(`${why}. Remove one: vantageflow contract remove NAME\n`);
    const removed = await cli(["contract", "remove", "zzz", "--yes"], { cwd });
    expect(removed.stderr).toContain(
      'What it claims is read by "station" now: vantageflow run. Let its claim go, too:',
    );
    expect(removed.stderr).not.toContain("waits");
    expect((await cli(["run"], { cwd })).stdout).toContain("bronze/station/b.dat\tdone");
  });

  it("mend and take away what lies there and is no contract", async () => {
    for (const text of ["{", "{}"]) {
      const cwd = caseFolder("toa5", "a.dat");
      fs.mkdirSync(join(cwd, "lake/contracts"), { recursive: true });
      fs.writeFileSync(join(cwd, "lake/contracts/station.json"), text);
      expect((await cli(["ingest", "a.dat"], { cwd })).code).toBe(1);
      const removed = await cli(["contract", "remove", "station", "--yes"], { cwd });
      expect([removed.code, removed.stderr]).toEqual([1, expect.stringContaining("contract remove station --release")]);
      const shown = await cli(["contract", "show", "station"], { cwd });
      expect([shown.stdout, shown.stderr]).toEqual([text, expect.stringContaining("not in order")]);
      const applied = await cli(["contract", "apply", "contract.json", "--yes"], { cwd });
      expect([applied.code, applied.stdout.split("\t")[1]]).toEqual([0, "changed"]);
      fs.writeFileSync(join(cwd, "lake/contracts/station.json"), text);
      expect((await cli(["contract", "remove", "station", "--release", "--yes"], { cwd })).code).toBe(0);
      expect((await cli(["contract", "list"], { cwd })).stderr).toContain("No contracts");
    }
  });

  it.runIf(hasScript)("ask on a terminal", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    await cli(["ingest", "--contract", "contract.json", "a.dat"], { cwd });
    rewrite(cwd, STRICTER);
    const before = tree(join(cwd, "lake"), ["contracts"]);
    for (const line of ["contract apply contract.json", "contract remove station"]) {
      const { code, output } = await typed(line, cwd, "n\n");
      expect([line, code, output]).toEqual([line, 1, expect.stringContaining("1 batch")]);
    }
    expect(tree(join(cwd, "lake"), ["contracts"])).toEqual(before);
    expect((await typed("contract apply contract.json", cwd, "y\n")).code).toBe(0);
    expect(tree(join(cwd, "lake"), ["contracts"])).not.toEqual(before);
  });
});

describe("ingest --contract", () => {
  it("refuses names that the contract does not read, and lands with --name", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    fs.copyFileSync(join(cwd, "a.dat"), join(cwd, "a.log"));
    const call = ["ingest", "--contract", "contract.json"];
    const { code, stderr } = await cli([...call, "a.log", "a.dat"], { cwd });
    expect([code, fs.readdirSync(join(cwd, "lake/bronze/station"))]).toEqual([1, ["a.dat"]]);
    const [, advice] = /Give it such a name: vantageflow (.*)$/m.exec(stderr) ?? [];
    expect((await cli(advice.split(" "), { cwd })).code).toBe(0);
    const named = await cli([...call, "a.log", "--name", "2025/b.dat"], { cwd });
    expect([named.code, named.stdout.split("\t")[0]]).toEqual([0, "bronze/station/2025/b.dat"]);
  });

  it("lands JSON as it is; without a contract, JSON is converted as ever", async () => {
    const cwd = caseFolder("lorawan-uplinks", "up.ndjson");
    const { stdout } = await cli(["ingest", "--contract", "contract.json", "up.ndjson"], { cwd });
    const [key] = stdout.split("\t");
    expect(key).toMatch(/^bronze\/.*\/up\.ndjson$/);
    expect(fs.readFileSync(join(cwd, "lake", key))).toEqual(fs.readFileSync(join(cwd, "up.ndjson")));
    await cli(["ingest", "up.ndjson"], { cwd });
    expect(fs.existsSync(join(cwd, "lake/bronze/up.csv"))).toBe(true);
  });

  it("says where the name leads to another contract, and that a contract is none of the lake's", async () => {
    const cwd = caseFolder("toa5", "a.dat");
    rewrite(cwd, { name: "inner", prefix: "bronze/station/inner/" }, "inner.json");
    await cli(["contract", "apply", "contract.json", "inner.json"], { cwd });
    const other = await cli(["ingest", "--contract", "station", "a.dat", "--name", "inner/a.dat"], { cwd });
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('it is read by the contract "inner"')]);
    const none = await cli(["ingest", "--contract", "statoin", "a.dat"], { cwd });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("vantageflow contract list")]);
    expect(fs.existsSync(join(cwd, "lake/bronze"))).toBe(false);
  });
});

describe("contract infer and schema", () => {
  it("proposes what check accepts and ingest takes, and overwrites nothing unasked", async () => {
    const cwd = caseFolder("toa5", "north.dat");
    const printed = await cli(["contract", "infer", "north.dat"], { cwd });
    expect([printed.code, printed.stderr]).toEqual([0, expect.stringMatching(/^Unsure: .*\nNext: .*contract check/s)]);
    const written = await cli(["contract", "infer", "north.dat", "--out", "n.json"], { cwd });
    expect([written.code, written.stdout, fs.readFileSync(join(cwd, "n.json"), "utf8")]).toEqual([
      0,
      "",
      printed.stdout,
    ]);
    const again = await cli(["contract", "infer", "north.dat", "--out", "n.json"], { cwd });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--overwrite")]);
    expect((await cli(["contract", "infer", "north.dat", "--out", "n.json", "--overwrite"], { cwd })).code).toBe(0);
    expect(fs.readdirSync(cwd).toSorted()).toEqual(["contract.json", "n.json", "north.dat"]);
    const [, check, ingest] =
      /^Next: edit .* n\.json, then vantageflow (.*); then vantageflow (.*)\n/m.exec(written.stderr) ?? [];
    for (const line of [check, ingest]) expect((await cli(line.split(" "), { cwd })).code).toBe(0);
    const stdin = fs.readFileSync(join(cwd, "north.dat"));
    const piped = await cli(["contract", "infer", "-", "--name", "north.dat"], { cwd, input: stdin });
    expect(piped.stdout).toBe(printed.stdout);
    expect((await cli(["contract", "infer", "-"], { cwd })).code).toBe(2);
    const { contract, unsure } = await jsonOf(cwd, "contract", "infer", "north.dat");
    expect([contract, unsure.length > 0]).toEqual([JSON.parse(printed.stdout), true]);
  });

  it("prints the schema that the package has", async () => {
    const { stdout } = await cli(["contract", "schema"], { cwd: folder() });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(fs.readFileSync("dist/contract.schema.json", "utf8")));
  });
});

describe("contracts of a bucket", () => {
  const credentials = { accessKeyId: "vantageflow", secretAccessKey: "secret" };
  const started = startS3Server(credentials);
  afterAll(async () => (await started).close());

  it("are applied, changed, removed and let go as those of a directory", async () => {
    const place = { name: "own", endpoint: (await started).endpoint, ...credentials };
    const client = connect(place);
    const lake = `s3://${await makeBucket(client, true)}`;
    client.destroy();
    const cwd = caseFolder("toa5", "a.dat");
    const call = (...args: string[]) => cli([...args, "--lake", lake], { cwd, env: environmentOf(place) });
    const ended = [await call("ingest", "--contract", "contract.json", "a.dat")];
    rewrite(cwd, STRICTER);
    for (const args of ["apply contract.json", "remove station", "apply contract.json", "remove station --release"]) {
      ended.push(await call("contract", ...args.split(" "), "--yes"));
    }
    expect(ended.map(({ code, stdout }) => [code, stdout.split(/[\t\n]/)[1]])).toEqual(
      ["done", "changed", "removed", "restored", "released"].map((outcome) => [0, outcome]),
    );
    expect((await call("contract", "list")).stdout).toBe("");
  });
});
