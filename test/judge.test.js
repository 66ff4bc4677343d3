import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
/** The numbers of real series, judged by DuckDB, which shares no code with vantageflow. */
const cases = readdirSync("fixtures").filter((name) => name.startsWith("nab-"));
async function judge(file) {
    const connection = await (await DuckDBInstance.create()).connect();
    try {
        const result = await connection.runAndReadAll(`
      SELECT device_id, count(*)::INT AS total, fsum(value) / count(*) AS average, min(value) AS minimum,
             max(value) AS maximum, count(*) FILTER (anomaly_score > 0.5)::INT AS anomalies
      FROM read_csv('${file}', types = {'value': 'DOUBLE', 'anomaly_score': 'DOUBLE'}) GROUP BY device_id`);
        return result.getRowObjects();
    }
    finally {
        connection.closeSync();
    }
}
describe("real series go to gold with the numbers that DuckDB finds", () => {
    it("covers all three series", () => {
        expect(cases).toEqual(["nab-ec2-cpu", "nab-machine-temperature", "nab-rds-cpu"]);
    });
    for (const name of cases) {
        it(name, async () => {
            const [file] = readdirSync(join("fixtures", name, "bronze"));
            const [row] = await judge(join("fixtures", name, "bronze", file));
            const [, line] = readFileSync(join("fixtures", name, "gold", file), "utf8").split("\n");
            const [id, total, average, minimum, maximum, anomalies, percentage] = line.split(",");
            expect(id).toBe(row.device_id);
            expect(Number(total)).toBe(row.total);
            expect(Number(minimum)).toBe(row.minimum);
            expect(Number(maximum)).toBe(row.maximum);
            expect(Number(anomalies)).toBe(row.anomalies);
            expect(percentage).toBe(((100 * Number(row.anomalies)) / Number(row.total)).toFixed(1));
            // Both sums are compensated; only the last rounding may differ.
            expect(Math.abs(Number(average) - Number(row.average))).toBeLessThanOrEqual(Number(average) * 2 ** -51);
        });
    }
});
