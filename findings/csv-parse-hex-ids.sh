#!/usr/bin/env bash
# Package: csv-parse 7.0.3 (npm)
# Expected: `cast: true` makes numbers of what is written as a number. An id such as 0x00158d0001a2b3c4, a Zigbee address as Zigbee2MQTT writes
#   it, stays text, or becomes the number that it stands for.
# Happens: it becomes 0, and so does every other one, quoted or not. Whether it is a number is asked of JavaScript's arithmetic, which knows 0x;
#   which number is asked of parseFloat, which stops at the x. An id with other letters in front stays text.
# Matters: a whole house of sensors becomes one device named 0. No error, and the number of readings is right.
# Here: csv-parse is used in tests and benchmarks only, without cast; an id is text from the file to the table.
set -euo pipefail

version="${VERSION:-7.0.3}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "csv-parse@$version" >&2 || exit 2

cat > readings.csv <<'CSV'
device_id,value
0x00158d0001a2b3c4,20.4
0x00158d0001a2b3c5,21.7
"0x54ef4410003a77b1",55.1
ieee-0x00158d0001a2b3c4,19.8
CSV

cat > ask.cjs <<'JS'
const { readFileSync } = require("node:fs");
const { parse } = require("csv-parse/sync");

for (const cast of [false, true]) {
  const rows = parse(readFileSync("readings.csv"), { columns: true, cast });
  console.log(rows.map((row) => JSON.stringify(row.device_id)).join(" "));
}
JS

found="$(node ask.cjs)" || exit 2
wanted='"0x00158d0001a2b3c4" "0x00158d0001a2b3c5" "0x54ef4410003a77b1" "ieee-0x00158d0001a2b3c4"
0 0 0 "ieee-0x00158d0001a2b3c4"'
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf '%s\n' "$found"
echo "With cast, three devices' ids are 0 (csv-parse $version)."
