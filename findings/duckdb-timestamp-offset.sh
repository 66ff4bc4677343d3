#!/usr/bin/env bash
# Package: @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6)
# Expected: a time written with its offset, read into a TIMESTAMP column, is refused, or becomes the UTC time of that instant: DuckDB's
#   TIMESTAMPTZ reads the same text so, and a column of mixed offsets keeps the order of its instants.
# Happens: the offset is read and dropped. 10:00+02:00 and 10:00+00:00, two hours apart, become one time, without an error, in a cast and in
#   read_csv with the column's type given. Without seconds (10:00+02:00, ISO 8601) both types refuse it.
# Matters: loggers that changed their zone, or sites in several, are two hours off against each other, and counts are right. Whoever types the
#   column by hand, so that it is not sniffed, meets it; sniffed, it is TIMESTAMPTZ.
# Here: pipeline/timestamp.ts reads instants; its judge in test/pipeline/instant.test.ts casts to TIMESTAMPTZ.
set -euo pipefail

version="${VERSION:-1.5.6-r.1}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@duckdb/node-api@$version" >&2 || exit 2

cat > readings.csv <<'CSV'
timestamp,device_id,value
2025-06-01T10:00:00+02:00,north,1
2025-06-01T10:00:00+00:00,south,2
CSV

cat > ask.cjs <<'JS'
const { DuckDBInstance } = require("@duckdb/node-api");

(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("SET TimeZone = 'UTC'");
  const ask = async (sql) => {
    try {
      return (await connection.runAndReadAll(sql)).getRows().map((row) => row.join(" ")).join(", ");
    } catch {
      return "refused";
    }
  };
  const cast = (text, type) => ask(`SELECT CAST(CAST('${text}' AS ${type}) AS VARCHAR)`);
  const read = (types) => ask(`SELECT device_id, CAST(timestamp AS VARCHAR) FROM read_csv('readings.csv'${types})`);
  console.log(await cast("2025-06-01T10:00:00+02:00", "TIMESTAMP"));
  console.log(await cast("2025-06-01T10:00:00+02:00", "TIMESTAMPTZ"));
  console.log(await cast("2025-06-01T10:00+02:00", "TIMESTAMPTZ"));
  console.log(await read(", types = {'timestamp': 'TIMESTAMP'}"));
  console.log(await read(""));
})();
JS

found="$(node ask.cjs)"
wanted="2025-06-01 10:00:00
2025-06-01 08:00:00+00
refused
north 2025-06-01 10:00:00, south 2025-06-01 10:00:00
north 2025-06-01 08:00:00+00, south 2025-06-01 10:00:00+00"
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
echo "A TIMESTAMP drops the offset that it read: two hours apart, one time (DuckDB node api $version)."
