import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseString } from "fast-csv";
import { describe, expect, it } from "vitest";
import { process } from "./lake.js";
/** The corpus csv-spectrum (BSD-2-Clause): its columns ride along as extra columns of readings. */
const CORPUS = "node_modules/csv-spectrum";
const names = readdirSync(join(CORPUS, "csvs")).map((file) => file.replace(/\.csv$/, ""));
function parse(text) {
    return new Promise((resolve, reject) => {
        const rows = [];
        parseString(text, { headers: true })
            .on("error", reject)
            .on("data", (row) => rows.push(row))
            .on("end", () => resolve(rows));
    });
}
/** Puts the required columns in front of every record: a new record starts where no quote is open. */
function asReadings(text) {
    let open = false;
    let record = 0;
    return text.replace(/"|(^|\r\n|\n)(?=[\s\S])/g, (match) => {
        if (match === '"')
            open = !open;
        if (match === '"' || open)
            return match;
        return `${match}${record++ === 0 ? "timestamp,device_id,value,unit,anomaly_score," : "2025-01-01T00:00:00Z,FAB-1,1,C,0.1,"}`;
    });
}
describe("the csv-spectrum corpus", () => {
    it("is all there", () => expect(names.length).toBe(12));
    it("location_coordinates: quotes amid unquoted fields reject the row, which is kept whole", async () => {
        const text = readFileSync(join(CORPUS, "csvs", "location_coordinates.csv"), "utf8");
        const outcome = await process(asReadings(text));
        expect(outcome.result.rows).toMatchObject({ in: 1, rejects: 1 });
        const [row] = await parse(outcome.rejects ?? "");
        expect(row.reason).toBe("stray_quote");
        expect(row.row).toContain(text.split("\n")[1]);
    });
    for (const name of names.filter((one) => one !== "location_coordinates")) {
        it(`${name}: every extra column comes through as its author meant it`, async () => {
            const text = readFileSync(join(CORPUS, "csvs", `${name}.csv`), "utf8");
            const expected = JSON.parse(readFileSync(join(CORPUS, "json", `${name}.json`), "utf8"));
            const outcome = await process(asReadings(text));
            expect(outcome.result.rows).toMatchObject({ silver: expected.length, rejects: 0 });
            const rows = await parse(outcome.silver ?? "");
            // Line breaks inside quotes stay as they were.
            const found = rows.map(({ timestamp, device_id, value, unit, anomaly_score, ...extra }) => extra);
            expect(found).toEqual(expected);
        });
    }
});
