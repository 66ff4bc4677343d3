#!/usr/bin/env bash
# Package: frictionless 5.21.0 (PyPI)
# Expected: a file with semicolons and decimal commas: the semicolon is found, and the readings become numbers, or text where the comma is not
#   known for a decimal one.
# Happens: they become places on the earth. 20,4 fits Table Schema's `geopoint`, "longitude, latitude", which is tried before text: `describe`
#   writes it into the schema, and the rows hold [20, 4]. The digits behind the comma become a whole number, so 20,5 and 20,05 are the same.
#   `validate` has no complaint. With a pressure of 1013,2, no longitude, the column is text: it hangs on the quantity measured.
# Matters: the schema that one lets it propose, and keeps, is wrong without a word, and the readings cannot be had back from the rows.
#   A field of type number with `decimalChar` reads them rightly.
# Here: `infer` proposes `decimalChar`, and says where a comma could be either.
set -euo pipefail

version="${VERSION:-5.21.0}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check "frictionless==$version"; } >&2 || exit 2

cat > readings.csv <<'CSV'
device_id;temperature;pressure
north;20,5;1013,2
north;20,05;1013,4
north;21,4;1013,1
CSV

cat > ask.py <<'PY'
from frictionless import Resource, Schema, describe, fields, validate

described = describe("readings.csv")
print(described.dialect.to_descriptor(), [field.type for field in described.schema.fields])
print(*[row["temperature"] for row in described.read_rows()])
print("valid" if validate(described).valid else "not valid")
comma = [fields.NumberField(name=name, decimal_char=",") for name in ("temperature", "pressure")]
told = Schema(fields=[fields.StringField(name="device_id"), *comma])
print(*[row["temperature"] for row in Resource("readings.csv", schema=told).read_rows()])
PY

found="$(venv/bin/python ask.py)" || exit 2
wanted="{'csv': {'delimiter': ';'}} ['string', 'geopoint', 'string']
[20.0, 5.0] [20.0, 5.0] [21.0, 4.0]
valid
20.5 20.05 21.4"
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf '%s\n' "$found"
echo "Temperatures with a decimal comma are places, and 20,5 is 20,05 (frictionless $version)."
