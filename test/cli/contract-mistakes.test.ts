import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, hasScript, onTerminal, typed } from "./run-cli.ts";

/** What newcomers type with a file of their own, and what they read then. */

const TESTO = [
  '"Testo 175 H1","SN: 40312345"',
  "",
  "Id,Date/Time,Temperature [°C],Rel. humidity [%rF]",
  ...Array.from({ length: 20 }, (_, i) => `${i + 1},${13 + (i >> 2)}.11.2025 0${(i % 4) * 2}:00:00,${20 + i / 10},45`),
];
const EXCEL = [
  "Zeitpunkt;Messstelle;Temperatur °C;Durchfluss m³/h",
  ...Array.from(
    { length: 20 },
    (_, i) => `${13 + (i >> 2)}.03.2025 0${(i % 4) * 2}:00;Zulauf;18,${i % 10};1.2${10 + i},5`,
  ),
];

// biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
const HOT = [{ name: "hot", units: ["°C"], max: 21.8, then: "anomaly" }];

const testo = () => folder({ "testo.csv": TESTO.join("\r\n") });

async function ingested(): Promise<string> {
  const cwd = testo();
  await cli(["contract", "infer", "testo.csv", "--out", "testo.json"], { cwd });
  await cli(["ingest", "--contract", "testo.json", "testo.csv"], { cwd });
  return cwd;
}

function rewrite(cwd: string, changes: object): void {
  const contract = JSON.parse(fs.readFileSync(join(cwd, "testo.json"), "utf8"));
  fs.writeFileSync(join(cwd, "testo.json"), JSON.stringify({ ...contract, ...changes }));
}

describe("a newcomer", () => {
  it("who has the data checked is told to have a contract proposed", async () => {
    const cwd = testo();
    fs.writeFileSync(join(cwd, "data.json"), '{"temperature":[{"ts":1,"value":"2"}]}');
    for (const file of ["testo.csv", "data.json"]) {
      const { code, stderr } = await cli(["contract", "check", file], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`vantageflow contract infer ${file}`)]);
    }
  });

  it("who forgets a comma in a contract is told where, and not that it is data", async () => {
    const cwd = await ingested();
    const text = fs.readFileSync(join(cwd, "testo.json"), "utf8");
    fs.writeFileSync(join(cwd, "testo.json"), text.replace('"version": 1,', '"version": 1'));
    const { code, stdout, stderr } = await cli(["contract", "check", "testo.json"], { cwd });
    expect([code, stdout, stderr]).toEqual([1, expect.stringContaining("is no JSON: at line"), ""]);
  });

  it("reads one refusal once, however many files it is of", async () => {
    const cwd = await ingested();
    for (const name of ["b.csv", "c.csv"])
      await cli(["ingest", "--contract", "testo", "testo.csv", "--name", name], { cwd });
    const { reading } = JSON.parse(fs.readFileSync(join(cwd, "testo.json"), "utf8"));
    rewrite(cwd, { reading: { ...reading, timestamp: { ...reading.timestamp, column: "Date" } } });
    const { stderr } = await cli(["contract", "apply", "testo.json", "--yes"], { cwd });
    expect(stderr.match(/"Date" is missing/g)).toHaveLength(1);
    expect(stderr).toContain("bronze/testo/b.csv (and 2 more files): read, then refused: columns_missing\n");
  });

  it("who hands in what is no contract reads all that is wrong, a line each", async () => {
    const cwd = await ingested();
    rewrite(cwd, { name: "Testo 175", colour: "a\nb" });
    const { code, stderr } = await cli(["plan", "--contract", "testo.json"], { cwd });
    expect(code).toBe(1);
    expect(stderr.split("\n").map((line) => line.replace(/ .*/, ""))).toEqual(["vantageflow:", "", "", ""]);
    expect(stderr).toMatch(/^ {2}\$\.name .*\n {2}\$\.colour /m);
  });

  it("who saves a proposal is told to edit what is unsure in it", async () => {
    const cwd = testo();
    const { stderr } = await cli(["contract", "infer", "testo.csv"], { cwd });
    expect(stderr).toMatch(
      /^Next: save it as contract.json \(--out\), then edit what is unsure in contract.json, then /m,
    );
  });

  it.each([
    ["a.xlog", "testo.csv", "a.txt"],
    ["logger", "testo.csv", "logger.csv"],
  ])("who has a file called %s finds in the line for ingest how it has to be called", async (name, file, other) => {
    const cwd = testo();
    fs.renameSync(join(cwd, file), join(cwd, name));
    const { stderr } = await cli(["contract", "infer", name, "--out", "p.json"], { cwd });
    const [, ingest] = /^Next: .*; then vantageflow (.*)\n/m.exec(stderr) ?? [];
    expect(ingest).toBe(`ingest --contract p.json ${name} --name ${other}`);
    expect(await cli(ingest.split(" "), { cwd })).toMatchObject({ code: 0 });
    const piped = await cli(["contract", "infer", "-", "--name", name], {
      cwd,
      input: fs.readFileSync(join(cwd, name)),
    });
    expect(piped.stderr).toContain(`ingest --contract contract.json - --name ${other}\n`);
  });

  it("who leaves units of a proposal as they are is told which, by check and by the first ingest", async () => {
    const cwd = folder({ "a.csv": "time,speed,flow\n2025-03-01T00:00:00Z,1.5,2.5\n" });
    await cli(["contract", "infer", "a.csv", "--out", "a.json"], { cwd });
    const told = 'Still unknown in a.json: the unit is "?" for "speed", "flow". State it there.';
    const checked = await cli(["contract", "check", "a.json"], { cwd });
    expect([checked.code, checked.stderr]).toEqual([
      0,
      expect.stringMatching(/^Still unknown .*\nNothing is wrong\./s),
    ]);
    expect(checked.stderr).toContain(told);
    expect((await cli(["contract", "check", "a.json", "--quiet"], { cwd })).stderr).toBe("");
    const ingest = ["ingest", "--contract", "a.json", "a.csv"];
    const first = await cli(ingest, { cwd });
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining(told)]);
    expect((await cli(ingest, { cwd })).stderr).not.toContain("Still unknown");
    fs.writeFileSync(join(cwd, "a.json"), fs.readFileSync(join(cwd, "a.json"), "utf8").replaceAll('"?"', '"m/s"'));
    expect((await cli(["contract", "check", "a.json"], { cwd })).stderr).not.toContain("Still unknown");
  });

  it("who mistypes the unit of a rule is told by check, apply and after each batch, and by explain", async () => {
    const cwd = await ingested();
    const { reading } = JSON.parse(fs.readFileSync(join(cwd, "testo.json"), "utf8"));
    const value = { measures: { "Temperature [°C]": { as: "temp", unit: "°C" } } };
    rewrite(cwd, { reading: { ...reading, value, unit: undefined }, rules: [{ ...HOT[0], units: ["C"] }] });
    const known = 'In testo.json, the rule "hot" is for "C", which no reading has; "°C" is.\n';
    for (const args of [
      ["check", "testo.json"],
      ["apply", "testo.json", "--yes"],
    ]) {
      const { code, stderr } = await cli(["contract", ...args], { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining(known)]);
    }
    const said =
      'The rule "hot" spoke of no reading of bronze/testo/testo.csv: look at its units, devices and measures';
    expect((await cli(["run", "--reprocess"], { cwd })).stderr).toContain(`${said}\n`);
    expect((await cli(["explain", "bronze/testo/testo.csv"], { cwd })).stdout).toContain(` ${said}\n`);
  });

  it("finds the unit of a column in the unit, and not in the id as well", async () => {
    const cwd = folder({ "excel.csv": Buffer.from(EXCEL.join("\r\n"), "latin1") });
    const { contract } = JSON.parse((await cli(["contract", "infer", "excel.csv", "--json"], { cwd })).stdout);
    expect(contract.reading.value.measures).toEqual({
      "Temperatur °C": { as: "Temperatur", unit: "°C" },
      "Durchfluss m³/h": { as: "Durchfluss", unit: "m³/h" },
    });
  });

  it.each([
    ["senml-gateway", "source.json", /Give every reading the same fields\. Or have it read as it is: vantageflow/],
    ["lorawan-uplinks", "source.ndjson", /Or have it read as it is: vantageflow/],
  ])(
    "who ingests the JSON of %s is led to a proposal for the file as it came, which is taken",
    async (name, file, why) => {
      const cwd = folder({ [file]: fs.readFileSync(`test/contracts/cases/${name}/${file}`) });
      const { code, stderr } = await cli(["ingest", file], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
      const [, infer] = /: vantageflow (contract infer [^ ]+)\.\n/.exec(stderr) ?? [];
      expect(infer).toBe(`contract infer ${file}`);
      expect((await cli([...infer.split(" "), "--out", "p.json"], { cwd })).code).toBe(0);
      const taken = await cli(["ingest", "--contract", "p.json", file], { cwd });
      expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining("\tdone\t")]);
      // From a pipe it is led to what it was called.
      const input = fs.readFileSync(join(cwd, file));
      const piped = await cli(["ingest", "-", "--name", `b-${file}`], { cwd, input });
      expect(piped.stderr).toContain(`: vantageflow contract infer - --name b-${file}.\n`);
    },
  );

  it("who ingests what is no JSON is not led to a proposal, which there is none for", async () => {
    const cwd = folder({ "a.json": '[{"a": 1' });
    expect((await cli(["ingest", "a.json"], { cwd })).stderr).not.toContain("contract infer");
  });

  it("whose contract has refused a file hands it in again once the contract is mended, and it is taken", async () => {
    const cwd = testo();
    await cli(["contract", "infer", "testo.csv", "--out", "testo.json"], { cwd });
    const { reading } = JSON.parse(fs.readFileSync(join(cwd, "testo.json"), "utf8"));
    rewrite(cwd, { reading: { ...reading, timestamp: { ...reading.timestamp, column: "Date" } } });
    const ingest = ["ingest", "--contract", "testo.json", "testo.csv"];
    expect((await cli(ingest, { cwd })).stderr).toContain('"Date"');
    // Nothing is different, so it is refused as before, and without being read again.
    expect((await cli(ingest, { cwd })).stderr).toContain('"Date"');
    rewrite(cwd, { reading });
    const applied = await cli(["contract", "apply", "testo.json", "--yes"], { cwd });
    expect(applied.stderr).toContain('1 batch stays with the contract "testo"; it was refused.\n');
    expect(applied.stderr).toMatch(/What was refused stays so until: vantageflow run --reprocess bronze\/testo\/\n/);
    const explained = await cli(["explain", "bronze/testo/testo.csv"], { cwd });
    expect(explained.stdout).toMatch(
      /contract +testo \(.*\) reads it now.*vantageflow run --reprocess testo\/testo.csv/,
    );
    const again = await cli(ingest, { cwd });
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("\tdone\t")]);
    expect((await cli(["dlq", "list"], { cwd })).stdout).toBe("");
  });

  it("who has read a refused file by a contract is told how to close what stays open of it", async () => {
    const cwd = testo();
    await cli(["ingest", "testo.csv"], { cwd });
    const explained = await cli(["explain", "bronze/testo.csv"], { cwd });
    const [, id] = /vantageflow dlq dismiss ([0-9a-f]{8})\n/.exec(explained.stdout) ?? [];
    expect((await cli(["dlq", "list"], { cwd })).stderr).toContain("vantageflow dlq dismiss ID\n");
    await cli(["contract", "infer", "testo.csv", "--out", "testo.json"], { cwd });
    await cli(["ingest", "--contract", "testo.json", "testo.csv"], { cwd });
    expect((await cli(["dlq", "dismiss", id], { cwd })).code).toBe(0);
    expect((await cli(["status"], { cwd })).stdout).toContain("dead_letters\t0\n");
  });

  it("who has midnights as 24:00 is told which cells are no times", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${1 + (i >> 2)}.03.2025 ${6 * (1 + (i % 4))}:00,A,${i}`);
    const cwd = folder({ "days.csv": ["time,device,flow", ...rows].join("\n") });
    const { code, stderr } = await cli(["contract", "infer", "days.csv"], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/"time" 7\d% are times by "d.MM.yyyy H:mm", and "1.03.2025 24:00"/),
    ]);
  });

  it("reads in a plan which rule moves a reading, and which one moves it back", async () => {
    const cwd = await ingested();
    rewrite(cwd, { rules: HOT });
    const why = async () => {
      const { stdout } = await cli(["plan", "--contract", "testo.json", "--json"], { cwd });
      return JSON.parse(stdout).samples.map((one: { why: string }) => one.why);
    };
    expect(await why()).toEqual(['outside of the rule "hot": at most 21.8']);
    const applied = await cli(["contract", "apply", "testo.json", "--yes"], { cwd });
    expect(applied.stderr).toContain("\nNext: vantageflow run --reprocess bronze/testo/\n");
    await cli(["run", "--reprocess", "bronze/testo/"], { cwd });
    rewrite(cwd, { rules: [] });
    expect(await why()).toEqual(['no longer outside of the rule "hot": at most 21.8']);
  });

  it("reads in a plan why a file would be refused, and that nothing would change", async () => {
    const cwd = await ingested();
    const { reading } = JSON.parse(fs.readFileSync(join(cwd, "testo.json"), "utf8"));
    rewrite(cwd, { reading: { ...reading, value: { measures: { "Temperatur [°C]": {} } } } });
    const { stdout } = await cli(["plan", "--contract", "testo.json"], { cwd });
    expect(stdout).toMatch(/^file\t.*\tread\trefused: columns_missing\t.*"Temperatur \[°C\]".*"Temperature \[°C\]"/m);
    rewrite(cwd, { reading, description: "of the cellar" });
    const applied = await cli(["contract", "apply", "testo.json", "--yes"], { cwd });
    expect(applied.stderr).toContain("\nNo batch would change.\n");
  });

  it("is told what makes a plan come true, in which lake", async () => {
    const cwd = await ingested();
    rewrite(cwd, { threshold: [{ devices: "*", above: 0 }], reading: undefined, format: { type: "csv" } });
    const { stderr } = await cli(["plan", "--contract", "testo.json", "--lake", "./lake/"], { cwd });
    expect(stderr).toMatch(
      /^To do it: vantageflow contract apply testo\.json.*; then vantageflow run --reprocess bronze\/testo\//m,
    );
    const other = await cli(["plan", "--anomaly-threshold", "0.9"], { cwd });
    expect(other.stderr).toContain("Nothing would change.");
    const none = await cli(["plan", "--anomaly-threshold", "0.9", "--prefix", "bronze/tseto/"], { cwd });
    expect([none.code, none.stderr]).toEqual([
      0,
      expect.stringContaining("No batch with the prefix bronze/tseto/ is in bronze of ./lake: nothing was compared."),
    ]);
  });

  it.runIf(hasScript)("sees on a terminal what device ids say, and no escapes of our own", async () => {
    const cwd = folder({ "a.csv": `${HEADER}2025-01-01T00:00:00Z,\u001b[31mred,1,C,0.4\n` });
    await cli(["ingest", "a.csv"], { cwd });
    const plan = onTerminal("plan --anomaly-threshold 0.1", cwd);
    expect(plan).toMatch(/^Become critical: \\x1b\[31mred\r?$/m);
    expect(plan).toContain("To do it: vantageflow run --reprocess --anomaly-threshold 0.1");
    expect(plan).toContain('keep the threshold in vantageflow.config.json: {"anomalyThreshold":0.1}');
    const of = await ingested();
    rewrite(of, { description: "of the cellar", threshold: [{ devices: "*.Temp*", above: 0.4 }], rules: HOT });
    expect((await typed("contract apply testo.json", of, "n\n")).output).not.toContain("\\x1b");
  });
});
