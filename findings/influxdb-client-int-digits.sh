#!/usr/bin/env bash
# Package: @influxdata/influxdb-client 1.35.0 (InfluxData's own, for JavaScript)
# Expected: an integer field that is given as a BigInt or as its digits is written with these digits: InfluxDB's integers have 64 bits,
#   the method takes any type, and uintField writes the digits that it is given.
# Happens: intField reads what it is given with parseInt, as a double. Beyond 2^53 the last digits are others, and behind digits
#   anything may stand ("12abc" is 12). No error.
# Matters: counters of energy or bytes, and ids that are numbers, arrive as their neighbours: two of them become one.
# Here: listen keeps the digits that come. Whoever writes integers beyond 2^53 with this client takes uintField, or a line of their own.
set -euo pipefail

version="${VERSION:-1.35.0}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@influxdata/influxdb-client@$version" >&2 || exit 2

cat > digits.cjs <<'JS'
const { Point } = require("@influxdata/influxdb-client");

/** What is written of a field, without its name and type. */
function written(method, given) {
  const line = new Point("m")[method]("f", given).timestamp("1").toLineProtocol();
  return /f=([^ ]*)[iu] /.exec(line)[1];
}

let isRounded = false;
for (const given of ["9007199254740993", 9007199254740993n, "12abc"]) {
  const [unsigned, signed] = ["uintField", "intField"].map((method) => {
    try {
      return written(method, given);
    } catch (error) {
      return `refused (${error.message})`;
    }
  });
  console.log(`${typeof given} ${given}: uintField ${unsigned}, intField ${signed}`);
  isRounded ||= unsigned === "9007199254740993" && signed === "9007199254740992";
}
process.exit(isRounded ? 0 : 1);
JS
node digits.cjs
