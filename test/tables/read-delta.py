# Reads Delta tables with delta-rs, and each once more with polars: a JSON line for each table whose path is an argument, with
# its version and its rows in the form of table.ts.
import json
import sys

import deltalake
import polars


def rows(frame, carried):
    fixed = ["date", "timestamp", "nanos", "device_id", "value", "unit", "anomaly_score", "anomaly", "batch"]
    for row in frame.with_columns(polars.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")).to_dicts():
        more = sorted([source, row[name]] for name, source in carried if row[name] is not None)
        date = None if row["date"] is None else row["date"].isoformat()
        yield [date, *(row[name] for name in fixed[1:]), more]


for path in sys.argv[1:]:
    table = deltalake.DeltaTable(path)
    carried = [
        (field.name, field.metadata["vantageflow.column"])
        for field in table.schema().fields
        if "vantageflow.column" in field.metadata
    ]
    by_arrow = list(rows(polars.from_arrow(table.to_pyarrow_table()), carried))
    by_polars = list(rows(polars.read_delta(path), carried))
    counted = polars.scan_delta(path).select(polars.len()).collect().item()
    print(json.dumps({"version": table.version(), "rows": by_arrow, "polars": by_polars, "count": counted}))
