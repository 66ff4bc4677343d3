# The ten questions of docs/sql.md, asked of a Delta table (the argument) by polars' own expressions: a JSON document of rows for
# each, in the order of the page.
import datetime
import json
import sys

import polars
from polars import col

readings = polars.read_delta(sys.argv[1])
day = polars.date
count = polars.len
anomalies = col("anomaly").sum()
newest = ["timestamp", "nanos", "batch"]
before = col("timestamp").shift(1).over("device_id", order_by=["timestamp", "nanos"])
gap = (col("timestamp") - col("before")).dt.total_milliseconds()
hour = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
local_day = col("timestamp").dt.convert_time_zone("Europe/Berlin").dt.date()

answers = [
    readings.select(
        count(),
        col("device_id").n_unique(),
        col("batch").n_unique(),
        col("timestamp").min().alias("first"),
        col("timestamp").max().alias("last"),
    ),
    readings.filter(col("date") >= day(2025, 1, 1))
    .group_by("device_id")
    .agg(count(), anomalies, (anomalies / count()).alias("share"))
    .sort(["share", "device_id"], descending=[True, False])
    .head(20),
    readings.filter(col("date").is_between(day(2025, 1, 1), day(2025, 1, 31)))
    .group_by("date")
    .agg(count(), anomalies, col("device_id").n_unique()),
    readings.group_by("device_id", "unit").agg(
        count(),
        col("value").min().alias("lowest"),
        col("value").mean().alias("average"),
        col("value").max().alias("highest"),
    ),
    readings.sort(newest, descending=True)
    .group_by("device_id", "unit", maintain_order=True)
    .first()
    .select("device_id", "unit", "timestamp", "value", "anomaly"),
    readings.group_by("device_id")
    .agg(col("timestamp").max(), count())
    .filter(col("timestamp") < datetime.datetime(2025, 1, 3, tzinfo=datetime.timezone.utc)),
    readings.with_columns(before.alias("before"))
    .filter(gap >= 36_000_000)
    .select("device_id", "before", "timestamp", gap.alias("gap")),
    readings.filter(
        col("device_id") == "FAB-TEM-001",
        col("timestamp") >= hour,
        col("timestamp") < hour + datetime.timedelta(hours=1),
    ).select("timestamp", "value", "unit", "anomaly_score", "anomaly"),
    readings.group_by(local_day.alias("local_day"), "device_id").agg(count(), col("value").mean()),
    readings.group_by("device_id", "timestamp", "nanos", "unit")
    .agg(count(), col("value").n_unique(), col("batch").min())
    .filter(col("len") > 1),
]

for answer in answers:
    times = [name for name, kind in answer.schema.items() if kind == polars.Datetime("us", "UTC")]
    shown = answer.with_columns(col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ") for name in times)
    print(json.dumps([list(row) for row in shown.rows()], default=str))
