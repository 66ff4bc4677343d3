#!/usr/bin/env bash
# Package: @aws-lambda-powertools/metrics 2.36.0
# Expected: a function adds a dimension, then one value for each of 250 records, then publishes. CloudWatch takes 100 values
#   of a metric at once (user guide, "Embedded metric format specification"), so there are three lines; all have the dimension.
# Happens: the 101st value prints the first hundred and clears the dimensions with them. Only the first line has the dimension.
# Matters: what CloudWatch is sent without it is another metric. Alarms and dashboards on the dimension see 100 of 250, always the
#   first hundred, and nothing says so. It begins with the first event of more than 100 records.
# Here: src/lambda prints one line for each object, with one value for each metric; test/lambda/functions.test.ts sends 250.
set -euo pipefail

version="${VERSION:-2.36.0}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@aws-lambda-powertools/metrics@$version" >&2 || exit 2

cat > records.mjs <<'JS'
import { Metrics } from "@aws-lambda-powertools/metrics";
const metrics = new Metrics({ namespace: "plant", serviceName: "readings" });
metrics.addDimension("line", "3");
for (let record = 0; record < 250; record++) metrics.addMetric("Rows", "Count", 1);
metrics.publishStoredMetrics();
JS
cat > judge.mjs <<'JS'
import { readFileSync } from "node:fs";
const lines = readFileSync("emf.jsonl", "utf8").trim().split("\n").map((line) => JSON.parse(line));
let [all, withDimension] = [0, 0];
for (const line of lines) {
  const [{ Dimensions }] = line._aws.CloudWatchMetrics;
  const values = [line.Rows].flat().length;
  console.log(`${values} values, dimensions ${Dimensions[0].join(", ")}`);
  all += values;
  if (Dimensions[0].includes("line")) withDimension += values;
}
if (all !== 250) process.exit(2);
console.log(`${withDimension} of ${all} values have the dimension that was added before all of them.`);
process.exit(withDimension < all ? 0 : 1);
JS
node records.mjs > emf.jsonl || exit 2
node judge.mjs
