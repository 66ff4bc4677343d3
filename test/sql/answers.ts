/** What the ten questions of docs/sql.md come to over the lake of `lake.ts`, names first: reckoned by hand. */
export const ANSWERS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  "What is there?": [
    ["readings", "devices", "batches", "first_reading", "last_reading"],
    [11, 3, 3, "2025-01-01T00:00:00Z", "2025-01-03T12:00:00Z"],
  ],
  "Which devices have the most anomalies?": [
    ["device_id", "readings", "anomalies", "share"],
    ["FAB-VIB-001", 3, 2, 2 / 3],
    ["FAB-TEM-001", 5, 1, 0.2],
    ["FAB-HUM-001", 3, 0, 0],
  ],
  "How many readings came on each day?": [
    ["date", "readings", "anomalies", "devices"],
    ["2025-01-01", 5, 1, 2],
    ["2025-01-02", 4, 2, 2],
    ["2025-01-03", 2, 0, 2],
  ],
  "Between which values does each device read?": [
    ["device_id", "unit", "readings", "lowest", "average", "highest"],
    ["FAB-HUM-001", "%", 3, 49, 151 / 3, 51.5],
    ["FAB-TEM-001", "C", 5, 20, 25.2, 40],
    ["FAB-VIB-001", "", 1, 0.5, 0.5, 0.5],
    ["FAB-VIB-001", "mm/s", 2, 0.25, 0.25, 0.25],
  ],
  "What did each device read last?": [
    ["device_id", "unit", "timestamp", "value", "anomaly"],
    ["FAB-HUM-001", "%", "2025-01-03T12:00:00Z", 49, false],
    ["FAB-TEM-001", "C", "2025-01-02T06:00:00Z", 23, false],
    ["FAB-VIB-001", "", "2025-01-03T12:00:00Z", 0.5, false],
    ["FAB-VIB-001", "mm/s", "2025-01-02T00:00:00Z", 0.25, true],
  ],
  "Which devices are silent?": [
    ["device_id", "last_reading", "readings"],
    ["FAB-TEM-001", "2025-01-02T06:00:00Z", 5],
  ],
  "Where are the gaps?": [
    ["device_id", "from_time", "to_time", "milliseconds"],
    ["FAB-HUM-001", "2025-01-01T00:10:00Z", "2025-01-01T23:30:00Z", 84_000_000],
    ["FAB-HUM-001", "2025-01-01T23:30:00Z", "2025-01-03T12:00:00Z", 131_400_000],
    ["FAB-TEM-001", "2025-01-01T01:00:00.250Z", "2025-01-02T00:00:00Z", 82_799_750],
    ["FAB-VIB-001", "2025-01-02T00:00:00Z", "2025-01-03T12:00:00Z", 129_600_000],
  ],
  "What did one device read in one hour?": [
    ["timestamp", "value", "unit", "anomaly_score", "anomaly"],
    ["2025-01-01T00:00:00Z", 20, "C", 0.1, false],
    ["2025-01-01T00:30:00Z", 21, "C", 0.1, false],
  ],
  "What is the average of each day, by the clock on the wall?": [
    ["local_day", "device_id", "readings", "average"],
    ["2025-01-01", "FAB-HUM-001", 1, 50.5],
    ["2025-01-01", "FAB-TEM-001", 3, 27],
    ["2025-01-02", "FAB-HUM-001", 1, 51.5],
    ["2025-01-02", "FAB-TEM-001", 2, 22.5],
    ["2025-01-02", "FAB-VIB-001", 2, 0.25],
    ["2025-01-03", "FAB-HUM-001", 1, 49],
    ["2025-01-03", "FAB-VIB-001", 1, 0.5],
  ],
  "Which readings came twice?": [
    ["device_id", "timestamp", "nanos", "unit", "times", "different_values", "first_batch"],
    ["FAB-VIB-001", "2025-01-02T00:00:00Z", 0, "mm/s", 2, 1, "day-2.csv"],
  ],
};
