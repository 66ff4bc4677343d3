#!/usr/bin/env bash
# Package: xlsx 0.18.5 (SheetJS, npm)
# Expected: a file with semicolons and decimal commas, as spreadsheets write it in most of Europe, reads as the numbers that it holds, or as text:
#   the semicolon is found without being told, and what is no number with a point stays text elsewhere.
# Happens: a comma between two digits is taken for thousands and left out, wherever it stands. 20,4 becomes 204, -0,5 becomes -5, 12,75 becomes
#   1275, and 1.234,5 becomes 1.2345. What has no fraction, 100, is right. With `raw: true` all is text, the numbers as well.
# Matters: temperatures are ten times too high where they have one decimal and a hundred times where they have two: within one column, as many
#   loggers drop a zero at the end. Nothing is refused, and every cell is a number.
# Here: a contract says `decimalChar` and `groupChar`; a group that has not three digits is a reject.
set -euo pipefail

version="${VERSION:-0.18.5}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "xlsx@$version" >&2 || exit 2

cat > readings.csv <<'CSV'
device_id;temperature;flow
north;20,4;1.234,5
north;20,45;12,75
north;-0,5;100
CSV

cat > ask.cjs <<'JS'
const { readFile, utils } = require("xlsx");

for (const raw of [false, true]) {
  const book = readFile("readings.csv", { raw });
  const rows = utils.sheet_to_json(book.Sheets[book.SheetNames[0]]);
  console.log(JSON.stringify(rows.map((row) => [row.temperature, row.flow])));
}
JS

found="$(node ask.cjs)" || exit 2
wanted='[[204,1.2345],[2045,1275],[-5,100]]
[["20,4","1.234,5"],["20,45","12,75"],["-0,5","100"]]'
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf '%s\n' "$found"
echo "20,4 is read as 204, 20,45 as 2045 (xlsx $version)."
