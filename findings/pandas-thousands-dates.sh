#!/usr/bin/env bash
# Package: pandas 3.1.1 (PyPI)
# Expected: `decimal=","` and `thousands="."`, the settings for a German logger's file, hold for numbers; a date such as 1.11.2026 is none and
#   stays text.
# Happens: the points are taken out of a cell, no matter how many digits stand between them, and what is left is an integer. 1 November 2026 and
#   11 January 2026 are both 1112026, so the date cannot be had back. A date and time in one cell stays text, and 01.07.2026 is 1072026.
# Matters: daily values of two days become those of one; `to_datetime` then takes the integer for nanoseconds, and all are of 1 January 1970.
#   No error anywhere. Whoever names the column in `parse_dates` is spared.
# Here: points are taken from a column of values only, in groups of three.
set -euo pipefail

version="${VERSION:-3.1.1}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check "pandas==$version"; } >&2 || exit 2

cat > readings.csv <<'CSV'
date;litres
1.11.2026;1.234,5
11.1.2026;20,4
CSV

cat > ask.py <<'PY'
import pandas as pd

german = {"sep": ";", "decimal": ",", "thousands": "."}
read = pd.read_csv("readings.csv", **german)
print(*read["date"], *read["litres"])
print(*[str(day.date()) for day in pd.to_datetime(read["date"])])
read = pd.read_csv("readings.csv", **german, parse_dates=["date"], date_format="%d.%m.%Y")
print(*[str(day.date()) for day in read["date"]], *read["litres"])
PY

found="$(venv/bin/python ask.py)" || exit 2
wanted="1112026 1112026 1234.5 20.4
1970-01-01 1970-01-01
2026-11-01 2026-01-11 1234.5 20.4"
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf '%s\n' "$found"
echo "1 November and 11 January are one number (pandas $version)."
