import { join } from "node:path";
import { expect, it } from "vitest";
import { cli, folder, tree } from "../cli/run-cli.js";
import { REFUSED } from "./lakes.js";
const ZONES = ["UTC", "Asia/Kathmandu", "America/St_Johns"];
const LANGUAGES = ["C", "tr_TR.UTF-8", "de_DE.UTF-8"];
/** Times on both sides of a change of the clocks, without and with a zone; names that sort by language; a dotted İ. */
const READINGS = [
    "timestamp,device_id,value,unit,anomaly_score",
    "2024-03-10 02:30:00,z,1.5,°C,0.1",
    "2024-03-31T02:30:00.123,ä,1e3,C,0.9",
    "2024-11-03 01:30:00-05:30,I,0.1,C,0.2",
    "1710037800,i,0.2,C,0.5",
    "1710037800000,İ,0.3,C,0.51",
    "2024-02-30 00:00:00,a,1,C,0.1",
    '2024-03-10 02:30:00,a,"1,5",C,0.1',
    "2024-03-10 02:30:00,A,1234567.891,C,0.1",
].join("\n");
it("contract 5: the same bytes in every time zone and language", async () => {
    const trees = [];
    for (const TZ of ZONES) {
        for (const LANG of LANGUAGES) {
            const cwd = folder({ "r.csv": READINGS, "bad.csv": REFUSED });
            const { code, stdout } = await cli(["ingest", "r.csv", "bad.csv", "--json"], {
                cwd,
                env: { TZ, LANG, LC_ALL: LANG },
            });
            expect([code, JSON.parse(stdout).batches[0].silver]).toEqual([1, 4]);
            const report = await cli(["report"], { cwd, env: { TZ, LANG, LC_ALL: LANG } });
            trees.push({ ...tree(join(cwd, "lake")), report: report.stdout });
        }
    }
    for (const found of trees)
        expect(found).toEqual(trees[0]);
    console.log(`time zones and languages: ${trees.length} cases`);
    expect(trees).toHaveLength(9);
});
