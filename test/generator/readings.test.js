import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasCode } from "../../src/errors.js";
import { generateReadings } from "../../src/generator/readings.js";
function textOf(options) {
    return Buffer.concat([...generateReadings(options)]).toString("utf8");
}
/** The rows without the header, as fields. */
function rowsOf(options) {
    const lines = textOf(options).split("\n");
    expect(lines.pop()).toBe("");
    return lines.slice(1).map((line) => line.split(","));
}
function shareOf(rows, is) {
    return rows.filter(is).length / rows.length;
}
const VALID = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,FAB-[A-Z]{3}-\d{3,},\d+\.\d{1,3},[^,"]+,[01]\.\d{4}$/;
const VALID_WIDE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3},FAB-[A-Z]{3}-\d{3,},[a-z]+,FAB1-BAY\d\d,\d+\.\d{1,3},[^,"]+,(OK|ALERT),[01]\.\d{4}$/;
describe("generateReadings", () => {
    it("writes the same bytes as when this test was written", () => {
        const digest = (options) => createHash("sha256").update(textOf(options)).digest("hex");
        expect(digest({ rows: 20_000, devices: 50, seed: 7, invalid: 0.01 })).toMatchInlineSnapshot(`"a464a855ae69516a26146bf319c566a6e015391ef03f825a9ef202f59805db1d"`);
        expect(digest({ rows: 20_000, devices: 50, seed: 7, wide: true })).toMatchInlineSnapshot(`"5b6c4fea662ad66baf273f39ac40bf987a7c3d100414437bbda405fcb9cf3e15"`);
    });
    it("writes valid rows in order of time, five columns by default", () => {
        const text = textOf({ rows: 10_000, devices: 40 });
        const [header, ...lines] = text.trimEnd().split("\n");
        expect(header).toBe("timestamp,device_id,value,unit,anomaly_score");
        expect(lines).toHaveLength(10_000);
        expect(lines.filter((line) => !VALID.test(line))).toEqual([]);
        const times = lines.map((line) => line.slice(0, 24));
        expect(times).toEqual([...times].sort());
        expect(times[0]).toBe("2024-01-01T00:00:00.000Z");
        expect(times.map((time) => new Date(time).toISOString())).toEqual(times);
    });
    it("writes eight columns when wide", () => {
        const [header, ...lines] = textOf({ rows: 5000, wide: true }).trimEnd().split("\n");
        expect(header).toBe("timestamp,device_id,device_type,location,value,unit,status,anomaly_score");
        expect(lines.filter((line) => !VALID_WIDE.test(line))).toEqual([]);
        expect(lines.every((line) => line.includes(",ALERT,") === Number(line.split(",").at(-1)) > 0.5)).toBe(true);
    });
    it("names each of 100,000 devices once in the first 100,000 rows, unsorted", () => {
        const ids = rowsOf({ rows: 100_000, devices: 100_000 }).map((row) => row[1]);
        expect(new Set(ids).size).toBe(100_000);
        expect(ids).not.toEqual([...ids].sort());
    });
    it("keeps the rates of anomalies and of invalid rows", () => {
        const score = (row) => Number(row[4]) > 0.5;
        expect(shareOf(rowsOf({ rows: 50_000 }), score)).toBeCloseTo(0.05, 2);
        expect(shareOf(rowsOf({ rows: 50_000, anomalies: 0.3 }), score)).toBeCloseTo(0.3, 1);
        expect(shareOf(rowsOf({ rows: 5000, anomalies: 0 }), score)).toBe(0);
        expect(shareOf(rowsOf({ rows: 5000, anomalies: 1 }), score)).toBe(1);
        const invalid = (row) => !VALID.test(row.join(",")) || Number.isNaN(Date.parse(row[0])) || Number(row[4]) > 1;
        expect(shareOf(rowsOf({ rows: 50_000, invalid: 0.1 }), invalid)).toBeCloseTo(0.1, 1);
        expect(shareOf(rowsOf({ rows: 5000, invalid: 1 }), invalid)).toBe(1);
    });
    it("breaks invalid rows in every way a row can be rejected", () => {
        const rows = rowsOf({ rows: 200, invalid: 1 });
        const has = (is) => expect(rows.some(is)).toBe(true);
        has((row) => row.length === 5 && Number.isNaN(Date.parse(row[0])));
        has((row) => row[1] === "");
        has((row) => row[2] === "n/a");
        has((row) => row[4] === "high");
        has((row) => Number(row[4]) > 1);
        has((row) => row.length === 4);
        has((row) => row.length === 6);
        has((row) => /^[^"]+"[^"]+$/.test(row[1]));
    });
    it("gives failing devices many anomalies", () => {
        const rows = rowsOf({ rows: 20_000, devices: 20, failing: ["FAB-TEM-003", "FAB-HUM-001"] });
        const rate = (id) => shareOf(rows.filter((row) => row[1] === id), (row) => Number(row[4]) > 0.5);
        expect(rate("FAB-TEM-003")).toBeGreaterThan(0.35);
        expect(rate("FAB-HUM-001")).toBeGreaterThan(0.35);
        expect(rate("FAB-TEM-001")).toBeLessThan(0.1);
    });
    it("starts where it is told and carries into the next day and year", () => {
        const rows = rowsOf({ rows: 3, devices: 1, start: new Date("2023-12-31T23:59:30.250Z") });
        expect(rows.map((row) => row[0])).toEqual([
            "2023-12-31T23:59:30.250Z",
            "2024-01-01T00:00:30.250Z",
            "2024-01-01T00:01:30.250Z",
        ]);
    });
    it("can be read more than once and yields chunks of its own", () => {
        const readings = generateReadings({ rows: 20_000 });
        const first = [...readings];
        expect(first.length).toBeGreaterThan(3);
        expect(first.every((chunk) => chunk.length <= 256 * 1024)).toBe(true);
        expect(Buffer.concat([...readings]).equals(Buffer.concat(first))).toBe(true);
    });
    it("writes the same bytes for the same options, and as many rows as asked for", () => {
        const options = fc.record({
            rows: fc.nat(3000),
            devices: fc.integer({ min: 1, max: 500 }),
            seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
            wide: fc.boolean(),
            anomalies: fc.double({ min: 0, max: 1, noNaN: true }),
            invalid: fc.double({ min: 0, max: 1, noNaN: true }),
        });
        fc.assert(fc.property(options, (options) => {
            const text = textOf(options);
            expect(textOf({ ...options })).toBe(text);
            expect(text.split("\n")).toHaveLength(options.rows + 2);
        }));
    });
    it("differs from seed to seed", () => {
        expect(textOf({ rows: 10, seed: 1 })).not.toBe(textOf({ rows: 10, seed: 2 }));
    });
    it.each([
        ["negative rows", { rows: -1 }],
        ["half a row", { rows: 1.5 }],
        ["no device", { rows: 1, devices: 0 }],
        ["a seed too large", { rows: 1, seed: 2 ** 32 }],
        ["a rate above 1", { rows: 1, anomalies: 1.1 }],
        ["a rate that is no number", { rows: 1, invalid: Number.NaN }],
        ["a start that is no time", { rows: 1, start: new Date(Number.NaN) }],
        ["a time beyond 9999", { rows: 2, devices: 1, start: new Date("9999-12-31T23:59:30Z") }],
        ["an unknown failing device", { rows: 1, devices: 1, failing: ["FAB-HUM-001"] }],
    ])("refuses %s at once", (_, options) => {
        let error;
        try {
            generateReadings(options);
        }
        catch (thrown) {
            error = thrown;
        }
        expect(hasCode(error, "usage")).toBe(true);
    });
});
