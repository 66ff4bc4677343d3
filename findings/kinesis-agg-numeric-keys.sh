#!/usr/bin/env bash
# Package: aws-kinesis-agg 4.2.8 (AWS's own, for the Kinesis Producer Library's format)
# Expected: records are packed and unpacked again, and each has the partition key that it was given.
# Happens: the table of keys is an object's keys, which JavaScript lists as numbers first and in ascending order, while the records
#   count in the order of arrival. Whole-number keys come out exchanged; keys such as "device-3" do not.
# Matters: where the partition key is the device's number, device 1007's readings are device 3's from then on. No error, and the
#   counts are right.
# Here: nothing takes a device from a partition key; it is in the reading.
set -euo pipefail

version="${VERSION:-4.2.8}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "aws-kinesis-agg@$version" >&2 || exit 2

cat > pack.cjs <<'JS'
const { aggregate, deaggregateSync } = require("aws-kinesis-agg");

/** The key under which each record comes out, by the key that it was given. */
function roundTrip(keys) {
  const records = keys.map((key) => ({ partitionKey: key, data: Buffer.from(key) }));
  return new Promise((done, fail) => {
    aggregate(
      records,
      (packed) => {
        const data = Buffer.from(packed.data ?? packed.Data).toString("base64");
        deaggregateSync({ partitionKey: "packed", data }, true, (error, found) => {
          if (error) return fail(error);
          done(found.map((one) => [Buffer.from(one.data, "base64").toString(), one.partitionKey]));
        });
      },
      () => {},
      fail,
    );
  });
}

(async () => {
  const exchanged = [];
  for (const keys of [["device-1007", "device-3"], ["1007", "3"]]) {
    const found = await roundTrip(keys);
    if (found.length !== keys.length) process.exit(2);
    for (const [given, key] of found) console.log(`given ${given}, comes out as ${key}`);
    exchanged.push(found.some(([given, key]) => given !== key));
  }
  if (exchanged[0]) process.exit(2);
  process.exit(exchanged[1] ? 0 : 1);
})().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
node pack.cjs
