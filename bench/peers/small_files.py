"""What a user would write instead for many small files: read, check, split, aggregate, three outputs each, made durable and
moved into place. No digests, no ledger, no versions, no second writer."""

import csv
import math
import os
import re
import sys

DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?"
TIMESTAMP = re.compile(f"{DATE}[T ]{TIME}", re.ASCII).fullmatch
DECIMAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII).fullmatch
GOLD = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage".split(",")


def split(path):
    """The header, the rows of silver and of anomalies, and [count, sum, min, max, anomalies] by device."""
    with open(path, newline="", encoding="utf-8") as source:
        rows = csv.reader(source)
        header = next(rows)
        time, device, reading, rating = map(header.index, ("timestamp", "device_id", "value", "anomaly_score"))
        silver, anomalies, devices = [], [], {}
        for row in rows:
            if not (
                len(row) == len(header)
                and TIMESTAMP(row[time])
                and row[device]
                and DECIMAL(row[reading])
                and DECIMAL(row[rating])
                and math.isfinite(value := float(row[reading]))
                and 0 <= (score := float(row[rating])) <= 1
            ):
                continue
            (anomalies if score > 0.5 else silver).append(row)
            one = devices.setdefault(row[device], [0, 0.0, value, value, 0])
            one[0] += 1
            one[1] += value
            one[2] = min(one[2], value)
            one[3] = max(one[3], value)
            one[4] += score > 0.5
    return header, silver, anomalies, devices


def publish(path, header, rows):
    draft = f"{path}.tmp"
    with open(draft, "w", newline="", encoding="utf-8") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(header)
        write.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, path)


def main():
    lake = sys.argv[1]
    for layer in ("silver", "anomalies", "gold"):
        os.makedirs(os.path.join(lake, layer), exist_ok=True)
    for name in sorted(os.listdir(os.path.join(lake, "bronze"))):
        header, silver, anomalies, devices = split(os.path.join(lake, "bronze", name))
        publish(os.path.join(lake, "anomalies", name), header, anomalies)
        publish(os.path.join(lake, "silver", name), header, silver)
        gold = (
            [device, count, total / count, low, high, bad, (2000 * bad + count) // (2 * count) / 10]
            for device, (count, total, low, high, bad) in devices.items()
        )
        publish(os.path.join(lake, "gold", name), GOLD, gold)


main()
