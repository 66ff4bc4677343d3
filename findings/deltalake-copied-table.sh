#!/usr/bin/env bash
# Package: deltalake 1.6.6 (PyPI), delta-rs
# Expected: asked for a table as it was at an instant, it reads the version that was the newest then. Each commit says when it was made
#   (`commitInfo.timestamp` in `_delta_log/`), so that a copy of the table answers as the table itself does; before the first, it is an error.
# Happens: it goes by the time at which the log's files were last changed. Of a copy, which has no times but its own, every instant from
#   before the copying is answered with version 0, and no error: the oldest rows there are.
# Matters: readings restored from a backup, or synced to another disk or bucket, are asked for yesterday's state, and half of them are missing.
#   Trino goes by `commitInfo.timestamp`, so two engines under one table give two answers.
# Here: tables are written by code of the project's own, whose commits' times rise with the versions; a table is copied with its times (`cp -a`).
set -euo pipefail

version="${VERSION:-1.6.6}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env >&2 || exit 2
env/bin/pip install --quiet --disable-pip-version-check "deltalake==$version" "pyarrow==26.0.0" >&2 || exit 2

cat > ask.py <<'PY'
import json, pathlib, shutil, time
from datetime import datetime, timezone
import pyarrow
from deltalake import DeltaTable, write_deltalake


def rows_at(table, instant):
    opened = DeltaTable(table)
    opened.load_as_version(instant)
    return opened.version(), opened.to_pyarrow_table().num_rows


for day in range(2):
    write_deltalake("table", pyarrow.table({"value": [20.4 + day, 21.7, 19.8]}), mode="append")
    time.sleep(1.2)
# Behind both commits, and before anything is copied.
instant = datetime.now(timezone.utc)
time.sleep(1.2)
shutil.copytree("table", "copy", copy_function=shutil.copyfile)

said = [line for line in pathlib.Path("copy/_delta_log/00000000000000000001.json").read_text().splitlines() if "commitInfo" in line]
committed = json.loads(said[0])["commitInfo"]["timestamp"]
print("the newest commit is older than the instant:", committed < instant.timestamp() * 1000)
print("the table: version %d, %d rows" % rows_at("table", instant))
print("its copy: version %d, %d rows" % rows_at("copy", instant))
PY

found="$(env/bin/python ask.py)" || exit 2
wanted='the newest commit is older than the instant: True
the table: version 1, 6 rows
its copy: version 0, 3 rows'
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf 'As described (deltalake %s):\n%s\n' "$version" "$found"
