"""The job as a Lambda in Python is usually written: rows as dicts, datetime and float to check them."""

import csv
import math
import os
import re
import sys
from datetime import datetime

DECIMAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII).fullmatch
GOLD = ["device_id", "total_readings", "avg_value", "min_value", "max_value", "anomaly_count", "anomaly_percentage"]


def decimal(text):
    if not DECIMAL(text):
        raise ValueError(text)
    return float(text)


def check(row):
    """Returns value and score, or raises ValueError."""
    if None in row or None in row.values():
        raise ValueError("field count")
    datetime.fromisoformat(row["timestamp"])
    if not row["device_id"]:
        raise ValueError("device_id")
    value = decimal(row["value"])
    score = decimal(row["anomaly_score"])
    if not math.isfinite(value) or not 0 <= score <= 1:
        raise ValueError("range")
    return value, score


def main():
    path, out = sys.argv[1:]
    devices = {}
    with open(path, newline="", encoding="utf-8") as source:
        rows = csv.DictReader(source)
        outputs = {}
        for name in ("silver", "anomalies", "rejects"):
            file = open(os.path.join(out, f"{name}.csv"), "w", newline="", encoding="utf-8")
            outputs[name] = csv.DictWriter(file, rows.fieldnames, extrasaction="ignore", lineterminator="\n")
            outputs[name].writeheader()
        for row in rows:
            try:
                value, score = check(row)
            except ValueError:
                outputs["rejects"].writerow(row)
                continue
            outputs["anomalies" if score > 0.5 else "silver"].writerow(row)
            device = devices.setdefault(
                row["device_id"], {"count": 0, "sum": 0.0, "min": math.inf, "max": -math.inf, "anomalies": 0}
            )
            device["count"] += 1
            device["sum"] += value
            device["min"] = min(device["min"], value)
            device["max"] = max(device["max"], value)
            device["anomalies"] += score > 0.5
    with open(os.path.join(out, "gold.csv"), "w", newline="", encoding="utf-8") as file:
        gold = csv.writer(file, lineterminator="\n")
        gold.writerow(GOLD)
        for name, d in devices.items():
            percentage = (2000 * d["anomalies"] + d["count"]) // (2 * d["count"]) / 10
            gold.writerow([name, d["count"], d["sum"] / d["count"], d["min"], d["max"], d["anomalies"], percentage])


main()
