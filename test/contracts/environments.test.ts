import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { CLI, command, folder, tree } from "../cli/run-cli.ts";
import { contractOf } from "./made.ts";
import { SOURCES } from "./random-sources.ts";

/** Where nothing that depends on the machine may show: a process has these, a test does not. */
const ENVIRONMENTS = [
  { TZ: "UTC", LANG: "C" },
  { TZ: "America/St_Johns", LANG: "tr_TR.UTF-8" },
  { TZ: "Europe/Berlin", LANG: "de_DE.UTF-8" },
  { TZ: "Pacific/Apia", LANG: "ar_EG.UTF-8" },
];

/** Local times on both sides of changes, of a zone whose rules differ by version of Node; months by name; a dotted I. */
const LOCAL = {
  contract: {
    format: { type: "csv", encoding: "windows-1252", decimalChar: ",", delimiter: ";" },
    reading: {
      timestamp: { column: "t", format: "d MMM yyyy HH:mm", zone: "America/Vancouver" },
      ...{ device_id: { column: "id" }, value: { column: "v" }, unit: { constant: "°C" } },
    },
  },
  text: [
    "t;id;v",
    ...["9 Mar 2025 02:30;I;1,5", "2 Nov 2025 01:30;i;2", "2 Nov 2025 01:30;i;3", "2 Nov 2025 01:10;i;3"],
    ...["1 Jan 2027 12:00;\u0080;4", "1 Jul 2027 12:00;\u00dd;5,", "31 Dec 1969 23:59;z;6", ""],
  ].join("\n"),
};

/** The Node that runs this, and those that `npx -p node@…` has left on this machine. */
function nodes(): string[] {
  const cache = join(homedir(), ".npm/_npx");
  const names = fs.existsSync(cache) ? fs.readdirSync(cache) : [];
  const others = names
    .map((name) => join(cache, name, "node_modules/node/bin/node"))
    .filter((file) => fs.existsSync(file));
  return [process.execPath, ...others];
}

let files: Record<string, string | Uint8Array> = {};
let names: string[] = [];

beforeAll(() => {
  const all = Object.entries(SOURCES).flatMap(([format, source]) =>
    fc.sample(source, { numRuns: 2, seed: 7 }).map((one, i) => {
      const { contract, records, front, between, behind } = one;
      const text = `${front}${records.map((record) => record.text).join(between)}${behind}`;
      return { name: `${format}${i}`, contract, bytes: Buffer.from(text) };
    }),
  );
  all.push({ name: "local", contract: LOCAL.contract, bytes: Buffer.from(LOCAL.text, "latin1") });
  for (const { name, contract, bytes } of all) {
    const text = contractOf({ ...contract, name, prefix: `bronze/${name}/`, suffixes: [".dat"] });
    files = { ...files, [`${name}.json`]: text, [`${name}.dat`]: bytes };
  }
  names = all.map(({ name }) => name);
});

/** All that lies in a lake into which these sources came. */
async function laidBy(node: string, env: Record<string, string>) {
  const cwd = folder(files);
  for (const name of names) {
    const args = [CLI, "ingest", "--contract", `${name}.json`, `${name}.dat`, "--json"];
    const { code, stdout, stderr } = await command(node, args, { cwd, env: { ...env, LC_ALL: env.LANG } });
    expect([name, stderr, code === 0 || JSON.parse(stdout).batches[0].outcome === "refused"]).toEqual([
      name,
      stderr,
      true,
    ]);
  }
  return tree(join(cwd, "lake"));
}

it("contract 5: sources of contracts become the same bytes in every time zone, language and version of Node", async () => {
  const first = await laidBy(process.execPath, ENVIRONMENTS[0]);
  for (const env of ENVIRONMENTS.slice(1)) expect(await laidBy(process.execPath, env)).toEqual(first);
  for (const node of nodes().slice(1)) expect(await laidBy(node, ENVIRONMENTS[1])).toEqual(first);
  const versions = nodes().map((node) => execFileSync(node, ["--version"], { encoding: "utf8" }).trim());
  console.log(`environments: ${ENVIRONMENTS.length} and Node ${versions.join(", ")}`);
  const silver = first["silver/local/local.dat.csv"];
  expect(silver).toContain("2027-01-01T19:00:00Z,€".replace("€", Buffer.from("€").toString("latin1")));
  expect(first["anomalies/local/local.dat.rejects.csv"]).toContain("timestamp_nonexistent");
});
