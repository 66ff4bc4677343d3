// Writes test/streams/kinesis/aggregated.json: records as AWS's own packers make them of readings. For developers:
//   node scripts/record-aggregated.mjs
// It installs the packages below into a temporary folder; none of them is a dependency. Needs Python 3 with venv, and npm.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NPM = "aws-kinesis-agg@4.2.8";
const PYPI = "aws-kinesis-agg==1.2.3";
/** It imports this without saying so. */
const SIX = "six==1.17.0";
const OUTPUT = "test/streams/kinesis/aggregated.json";

const reading = (device, value, more = {}) => JSON.stringify({ device_id: device, value, ...more });
/** Partition key, perhaps an explicit hash key, and the data. */
const CASES = {
  "one reading": [["a", null, reading("A", 21.5)]],
  "whole numbers as keys": [1007, 3, 20].map((id) => [String(id), null, reading(`device-${id}`, id)]),
  "keys and hash keys, some twice": [
    ["a", "0", reading("A", 1)],
    ["b", "340282366920938463463374607431768211455", reading("B", 2)],
    ["a", "0", reading("A", 3)],
    ["c", null, reading("C", 4)],
  ],
  "values that are easily lost": [
    ["k", null, '{"device_id": "zero", "value": 0}'],
    ["k", null, '{"device_id": "minus", "value": -3, "unit": ""}'],
    ["k", null, '{"device_id": "large", "value": 9007199254740993}'],
    ["k", null, '{"device_id": "ns", "value": 1.0, "timestamp": "2026-01-01T00:00:00.123456789Z"}'],
    ["k", null, '{"device_id": "Größe", "value": 1, "unit": "°C"}'],
  ],
  "what is no reading among them": [
    ["k", null, reading("A", 1)],
    ["k", null, "not JSON"],
    ["k", null, `[${reading("B", 2)}, ${reading("C", 3)}]`],
    ["k", null, reading("D", "much")],
  ],
  "many, with lengths of two bytes and more": Array.from({ length: 150 }, (_, i) => [
    `key-${i % 140}`,
    null,
    reading(`device-${i}`, i, { unit: "x".repeat(i % 64) }),
  ]),
};

const PYTHON = `
import base64, json, sys
from aws_kinesis_agg.aggregator import RecordAggregator
done = {}
for name, records in json.load(sys.stdin).items():
    packer = RecordAggregator()
    for key, hash_key, data in records:
        packer.add_user_record(key, data.encode("utf-8"), hash_key)
    done[name] = base64.b64encode(packer.clear_and_get().get_contents()[2]).decode()
json.dump(done, sys.stdout)
`;

const folder = mkdtempSync(join(tmpdir(), "record-aggregated-"));
try {
  execFileSync("npm", ["install", "--silent", "--prefix", folder, NPM], { stdio: "inherit" });
  execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "inherit" });
  execFileSync(join(folder, "venv/bin/pip"), ["install", "--quiet", PYPI, SIX], { stdio: "inherit" });
  const { aggregate } = createRequire(join(folder, "package.json"))("aws-kinesis-agg");
  const byPython = JSON.parse(
    execFileSync(join(folder, "venv/bin/python"), ["-c", PYTHON], { input: JSON.stringify(CASES), encoding: "utf8" }),
  );
  const cases = [];
  for (const [name, records] of Object.entries(CASES)) {
    const data = records.map(([, , text]) => text);
    cases.push({ packer: `npm ${NPM}`, name, data, packed: await byNode(aggregate, records) });
    cases.push({ packer: `PyPI ${PYPI}`, name, data, packed: byPython[name] });
  }
  writeFileSync(OUTPUT, `${JSON.stringify({ by: "scripts/record-aggregated.mjs", cases }, null, 1)}\n`);
  execFileSync("npx", ["biome", "format", "--write", OUTPUT], { stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function byNode(aggregate, records) {
  const given = records.map(([partitionKey, explicitHashKey, text]) => ({
    partitionKey,
    data: Buffer.from(text),
    ...(explicitHashKey === null ? {} : { explicitHashKey }),
  }));
  const packed = [];
  return new Promise((resolve, reject) => {
    const take = (record, next) => {
      packed.push(record.data.toString("base64"));
      next();
    };
    const done = () => (packed.length === 1 ? resolve(packed[0]) : reject(new Error(`${packed.length} records`)));
    aggregate(given, take, done, reject);
  });
}
