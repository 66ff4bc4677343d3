#!/usr/bin/env bash
# Package: @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6)
# Expected: a query that fails at its three-millionth row throws when the rows before it have been read, as it does where the whole answer is
#   asked for at once.
# Happens: with `stream`, fetchChunk gives an empty chunk, which is how every answer ends; `for await` and yieldRows end, too. Some 2.7 of 3
#   million rows have come, and nothing says that more were to. The client does not hand on the result's error. That it broke off shows in the
#   transaction only: where one was begun, the next statement is refused.
# Matters: an export of readings that meets one bad cast, a damaged file or the end of the memory is shorter, and looks complete.
# Here: sql/query.ts asks for the transaction behind the last row, and runs what broke off once more under `explain analyze` for its error.
set -euo pipefail

version="${VERSION:-1.5.6-r.1}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@duckdb/node-api@$version" >&2 || exit 2

cat > ask.cjs <<'JS'
const { DuckDBInstance } = require("@duckdb/node-api");

const SQL = `select cast(case when i >= 3000000 then 'n/a' else '1' end as integer) as value from range(4000000) t(i)`;

(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  const outcome = (promise) => promise.then(() => "came to its end", () => "threw");
  const count = async (sql) => {
    let rows = 0;
    for await (const chunk of await connection.stream(sql)) rows += chunk.rowCount;
    return rows;
  };
  console.log(`at once: ${await outcome(connection.run(SQL))}`);
  let rows = 0;
  console.log(`streamed: ${await outcome(count(SQL).then((all) => { rows = all; }))}`);
  console.log(`of 3,000,000 rows before the bad one ${rows > 0 && rows < 3000000 ? "some" : rows}`);
  await connection.run("begin transaction");
  await count(SQL);
  console.log(`the next statement of the transaction: ${await outcome(connection.run("select 1"))}`);
})();
JS

found="$(node ask.cjs)"
wanted="at once: threw
streamed: came to its end
of 3,000,000 rows before the bad one some
the next statement of the transaction: threw"
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
echo "A streamed answer that broke off ends like one that is whole (DuckDB node api $version)."
