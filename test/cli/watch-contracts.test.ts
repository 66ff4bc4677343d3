import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { folder } from "./run-cli.ts";

const CASE = "test/contracts/cases/toa5";
const CONTRACT = fs.readFileSync(`${CASE}/contract.json`, "utf8");
const SOURCE = fs.readFileSync(`${CASE}/source.dat`);
/** So long that what is seen within a test was seen by events. */
const BY_EVENTS = ["--interval", "3600"];
const BATCH = "bronze/station/day.dat";

/** Puts a contract there as a whole, as `contract apply` does. */
function apply(cwd: string, text: string): void {
  fs.mkdirSync(join(cwd, "lake/contracts"), { recursive: true });
  fs.writeFileSync(join(cwd, "station.json"), text);
  fs.renameSync(join(cwd, "station.json"), join(cwd, "lake/contracts/station.json"));
}

const gold = (cwd: string, name = "day") => fs.readFileSync(join(cwd, `lake/gold/station/${name}.dat.csv`), "utf8");

describe("vantageflow watch, in a directory with contracts", () => {
  it("takes in a logger's file by the contract that was applied before", async () => {
    const cwd = folder({ "lake/contracts/station.json": CONTRACT, [`lake/${BATCH}`]: SOURCE });
    const watch = await startWatch(cwd, BY_EVENTS);
    await watch.until(() => watch.batches(BATCH).length > 0, "the batch that was there");
    fs.writeFileSync(join(cwd, "lake/bronze/station/next.dat"), SOURCE);
    await watch.until(() => watch.batches("bronze/station/next.dat").length > 0, "the batch that came");
    await watch.end();
    expect(gold(cwd, "next")).toBe(gold(cwd));
    expect(watch.batches(BATCH)).toMatchObject([{ outcome: "done" }]);
  });

  it.each([
    ["events", BY_EVENTS],
    ["listing it", ["--poll"]],
  ])("by %s: a batch that waits is taken up when its contract appears, in a lake that had none", async (_, flags) => {
    const cwd = folder({ [`lake/${BATCH}`]: SOURCE });
    const watch = await startWatch(cwd, flags);
    const ignored = () => watch.lines.filter(({ type, key }) => type === "ignored" && key === BATCH);
    await watch.until(() => ignored().length > 0, "why the batch waits");
    apply(cwd, CONTRACT);
    await watch.until(() => watch.batches(BATCH).length > 0, "the batch");
    await watch.end();
    expect(ignored()).toHaveLength(1);
    expect(gold(cwd)).toContain("Station7.RH,");
    expect(watch.lines.filter(({ type }) => type === "retry" || type === "trouble")).toEqual([]);
  });

  it("gives no batch up for a contract that cannot be understood, and takes it once that is mended", async () => {
    const cwd = folder({ "lake/contracts/station.json": CONTRACT.replace('"headerRows"', '"headrRows"') });
    const watch = await startWatch(cwd, BY_EVENTS);
    fs.mkdirSync(join(cwd, "lake/bronze/station"));
    fs.writeFileSync(join(cwd, "lake", BATCH), SOURCE);
    const waits = () => watch.lines.filter(({ type }) => type === "waiting" || type === "retry");
    const why = { type: "waiting", key: BATCH, reason: expect.stringContaining("headrRows") };
    await watch.until(() => waits().some(({ reason }) => reason?.includes("headrRows")), "why it waits");
    expect(waits().at(-1)).toMatchObject(why);
    apply(cwd, CONTRACT);
    await watch.until(() => watch.batches(BATCH).length > 0, "the batch");
    await watch.end();
    expect(watch.batches(BATCH)).toMatchObject([{ outcome: "done" }]);
    expect(fs.existsSync(join(cwd, "lake/dead-letter"))).toBe(false);
  });
});
