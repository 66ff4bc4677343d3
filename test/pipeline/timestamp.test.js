import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTimestamp } from "../../src/pipeline/timestamp.js";
/** As in a row: something that is no digit follows. */
function valid(text) {
    const bytes = Buffer.from(`${text},`);
    return isTimestamp(bytes, 0, bytes.length - 1);
}
const pad = (n, width = 2) => String(n).padStart(width, "0");
describe("timestamps", () => {
    it("accept the shapes of the contract", () => {
        const shapes = [
            ...["2024-01-01T10:00:00Z", "2024-01-01 10:00:00", "2024-01-01 10:00:00.000", "2024-01-01T10:00:00.123456789Z"],
            ...["2024-01-01T10:00Z", "2024-01-01T10:00", "2024-01-01T23:59:59+02:00", "2024-01-01T10:00:00-0530"],
            ...["2024-01-01T10:00:00+02", "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1704067200", "1704067200000"],
        ];
        expect(shapes.filter((text) => !valid(text))).toEqual([]);
    });
    it("refuse everything near them", () => {
        const shapes = [
            ...["", "1", "foo 1", "2024-01-01", "2024-01-01T", "2024-01-01T10", "2024-01-01T10:0", "20240101T100000Z"],
            ...["2024-01-01T24:00:00Z", "2024-01-01T23:60:00Z", "2024-01-01T23:59:60Z", "2024-13-01T00:00:00Z"],
            ...["2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z"],
            ...["1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-01-01t10:00:00z", "2024-01-01  10:00:00"],
            ...["2024-01-01T10:00:00.", "2024-01-01T10:00:00.Z", "2024-01-01T10:00:00,5Z", "2024-01-01T10:00:00 Z"],
            ...["2024-01-01T10:00:00ZZ", "2024-01-01T10:00:00+", "2024-01-01T10:00:00+2", "2024-01-01T10:00:00+02:"],
            ...[
                "2024-01-01T10:00:00+02:0",
                "2024-01-01T10:00:00+24:00",
                "2024-01-01T10:00:00+02:60",
                "2024-01-01T10:00:00+020",
            ],
            ...["2024/01/01 10:00:00", "01.01.2024 10:00:00", "+2024-01-01T10:00:00Z", "-1704067200", "1704067200.5"],
            ...["\u0662024-01-01T10:00:00Z", "2024-01-01T10:00:00\u00a0Z"],
        ];
        expect(shapes.filter(valid)).toEqual([]);
    });
    it("accept exactly the days that the calendar has", () => {
        for (const year of [1, 1900, 2000, 2023, 2024, 9999]) {
            for (let month = 0; month <= 13; month++) {
                for (let day = 0; day <= 32; day++) {
                    const date = new Date(0);
                    date.setUTCFullYear(year, month - 1, day);
                    const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
                    expect(valid(`${pad(year, 4)}-${pad(month)}-${pad(day)}T00:00:00Z`), `${year}-${month}-${day}`).toBe(real);
                }
            }
        }
    });
    it("accept whatever Date prints", () => {
        const years = { min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true };
        fc.assert(fc.property(fc.date(years), (date) => {
            expect(valid(date.toISOString())).toBe(true);
        }));
    });
});
